import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Change, ChangeSource, ResourceDefinition } from 'faultline/apiserver';
import type { KubernetesObject } from 'faultline/crds';

/** `kubectl get ships`, in a group of its own. */
export interface Ship extends KubernetesObject {
  readonly spec: { readonly berth: string };
}

const fields = ({ spec }: Ship): Record<string, string> => ({ 'spec.berth': spec.berth });

/**
 * Ships in the memory of this process, with every change since it began. Numbers have to grow over restarts too: here they
 * begin with the time, and a new identity says that nobody can resume from before. Over a database both would be its own.
 */
export class ShipLog implements ChangeSource<Ship> {
  readonly #ships = new Map<string, Ship>();
  readonly #changes: Change<Ship>[] = [];
  readonly #identity = randomUUID();
  readonly #floor: number;
  #last: number;

  constructor(now: () => number = Date.now) {
    this.#floor = now();
    this.#last = this.#floor;
  }

  arrive(namespace: string, name: string, berth: string): void {
    const before = this.#ships.get(`${namespace}/${name}`);
    const { uid = randomUUID(), creationTimestamp = new Date().toISOString() } = before?.metadata ?? {};
    const metadata = { namespace, name, uid, creationTimestamp, resourceVersion: String(++this.#last) };
    const object: Ship = { apiVersion: 'harbour.example.dev/v1', kind: 'Ship', metadata, spec: { berth } };
    this.#ships.set(`${namespace}/${name}`, object);
    this.#changes.push({ resourceVersion: this.#last, type: before ? 'MODIFIED' : 'ADDED', object, ...was(before) });
  }

  leave(namespace: string, name: string): void {
    const before = this.#ships.get(`${namespace}/${name}`);
    if (!before) return;
    this.#ships.delete(`${namespace}/${name}`);
    const metadata = { ...before.metadata, resourceVersion: String(++this.#last) };
    const object = { ...before, metadata };
    this.#changes.push({ resourceVersion: this.#last, type: 'DELETED', object, ...was(before) });
  }

  async snapshot() {
    return { resourceVersion: this.#last, floor: this.#floor, objects: [...this.#ships.values()] };
  }

  async since(after: number, limit: number) {
    const changes = this.#changes.filter(({ resourceVersion }) => resourceVersion > after).slice(0, limit);
    const upTo = changes.length === limit ? (changes.at(-1)?.resourceVersion ?? after) : this.#last;
    return { changes, upTo, floor: this.#floor };
  }

  async latest() {
    return this.#last;
  }

  async *wakeUps(signal: AbortSignal) {
    for (; !signal.aborted; await sleep(100, undefined, { signal }).catch(() => undefined)) yield;
  }

  async identity() {
    return this.#identity;
  }
}

/** What a watch with a selector needs of the version before. */
function was(before: Ship | undefined) {
  return before && { previous: { labels: before.metadata.labels ?? {}, fields: fields(before) } };
}

export function ships(source: ChangeSource<Ship>): ResourceDefinition<Ship> {
  return {
    ...{ group: 'harbour.example.dev', version: 'v1', kind: 'Ship', listKind: 'ShipList' },
    ...{ plural: 'ships', singular: 'ship', shortNames: [], categories: [], namespaced: true },
    description: 'A ship in the harbour.',
    schema: {
      spec: {
        type: 'object',
        description: 'Where it is.',
        properties: { berth: { type: 'string', description: 'Its berth.' } },
      },
    },
    columns: [
      { name: 'Name', type: 'string', format: 'name', description: 'Its name.', cell: ({ metadata }) => metadata.name },
      { name: 'Berth', type: 'string', description: 'Its berth.', cell: ({ spec }) => spec.berth },
    ],
    selectableFields: ['spec.berth'],
    fields,
    source,
    readOnlyMessage: 'ships come and go by themselves',
  };
}
