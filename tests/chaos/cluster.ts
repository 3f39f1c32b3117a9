import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import { type Change, KINDS, type Kind, type Place } from './plan.ts';

const GROUP = '/apis/chaos.example.com/v1';
/** How many write at once; the changes of one object are one writer's. */
const WRITERS = 12;

export interface Task {
  readonly line: string;
  readonly completedAt?: number;
  readonly failed?: boolean;
  readonly text?: string;
  readonly isDeleted?: boolean;
}

export interface Thing extends Place {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly owner?: string | undefined;
}

/** Custom resource definitions of the kinds, without a status subresource: one write says everything. */
export function chaosCrds(): object[] {
  return KINDS.map((kind) => {
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
    const plural = pluralOf(kind);
    return {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.chaos.example.com` },
      spec: {
        group: 'chaos.example.com',
        scope: 'Namespaced',
        names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    };
  });
}

export function pluralOf(kind: Kind): string {
  return kind === 'Assembly' ? 'assemblies' : `${kind.toLowerCase()}s`;
}

/**
 * The objects of a seed: writes them to the real API server, whatever happens to it meanwhile, and remembers what it
 * wrote: the model is made from that.
 */
export class ChaosCluster implements AsyncDisposable {
  /** Widgets, Gauges, Assemblies and Parts that exist: what they say, by `kind/namespace/name`. */
  readonly objects = new Map<string, Thing>();
  /** Every task that there ever was. */
  readonly tasks = new Map<string, Place & Task>();
  written = 0;
  readonly #plane: ControlPlane;
  readonly #agent: Agent;
  readonly #uids = new Map<string, string>();
  readonly #completions = new Set<string>();
  #namespacesMadeAt = 0;

  constructor(plane: ControlPlane) {
    this.#plane = plane;
    const { caPem: ca, admin } = plane;
    this.#agent = new Agent({
      connections: WRITERS,
      connect: { ca, cert: admin.certificatePem, key: admin.keyPem },
      allowH2: false,
    });
  }

  async makeNamespaces(names: readonly string[]): Promise<void> {
    for (const name of names) await this.#insist('POST', '/api/v1/namespaces', { metadata: { name } }, [201, 409]);
    // Nothing finishes before its namespace: the server rounds to seconds.
    this.#namespacesMadeAt = Date.now() + 1_000;
  }

  /** Makes all changes, those of one object in order; `pace` is awaited before each. */
  async apply(changes: readonly Change[], pace: (index: number) => Promise<void> = async () => {}): Promise<void> {
    let index = 0;
    const busy = new Map<string, Promise<void>>();
    const write = async (): Promise<void> => {
      for (let change = changes[index++]; change !== undefined; change = changes[index++]) {
        const [key, at, mine] = [keyOf(change), index, change];
        // Queued before anything is awaited, or another writer could overtake.
        const before = busy.get(key);
        const writing = (async () => {
          await pace(at);
          await before;
          await this.#write(mine);
        })();
        busy.set(key, writing);
        await writing;
        this.written++;
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, write));
  }

  /** Names of what exists, as the API server says. */
  async list(kind: Kind, namespace: string): Promise<string[]> {
    const { text } = await this.#insist('GET', this.#path({ kind, namespace }), undefined, [200]);
    const { items } = JSON.parse(text) as { items: { metadata: { name: string } }[] };
    return items.map(({ metadata }) => metadata.name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }

  async #write(change: Change): Promise<void> {
    switch (change.act) {
      case 'put':
        return this.#put(change);
      case 'delete':
        return this.#delete(change);
      case 'complete':
        return this.#complete(change);
      case 'prune':
        return this.#prune(change);
      default:
        change satisfies never;
    }
  }

  async #put(change: Change & { act: 'put' }): Promise<void> {
    const { kind, namespace, name, spec, owner } = change;
    await this.#store(change, { spec, ...(owner !== undefined && { metadata: this.#owned(namespace, owner) }) });
    if (kind === 'Task') this.tasks.set(keyOf(change), { kind, namespace, name, line: String(spec.line) });
    else this.objects.set(keyOf(change), { kind, namespace, name, spec, owner });
  }

  async #delete(change: Place): Promise<void> {
    await this.#insist('DELETE', `${this.#path(change)}/${change.name}`, undefined, [200, 202, 404]);
    this.objects.delete(keyOf(change));
  }

  async #complete(change: Change & { act: 'complete' }): Promise<void> {
    const task = this.tasks.get(keyOf(change));
    if (task === undefined) throw new Error(`${keyOf(change)} was never made`);
    const { failed, text, skewMs } = change;
    let completedAt = Math.max(this.#namespacesMadeAt, Date.now() + skewMs);
    // No two at the same millisecond: which of them would be the newer one?
    while (this.#completions.has(`${task.namespace}/${task.line}/${completedAt}`)) completedAt++;
    this.#completions.add(`${task.namespace}/${task.line}/${completedAt}`);
    const status = { completionTime: new Date(completedAt).toISOString(), failed, text };
    await this.#store(change, { spec: { line: task.line }, status });
    this.tasks.set(keyOf(change), { ...task, completedAt, failed, text });
  }

  async #prune({ namespace, line }: Change & { act: 'prune' }): Promise<void> {
    const done = [...this.tasks].filter(
      ([, task]) =>
        task.namespace === namespace && task.line === line && task.completedAt !== undefined && !task.isDeleted,
    );
    done.sort(([, a], [, b]) => (a.completedAt ?? 0) - (b.completedAt ?? 0));
    const [oldest, next] = done;
    if (oldest === undefined || next === undefined) return;
    this.tasks.set(oldest[0], { ...oldest[1], isDeleted: true });
    await this.#insist('DELETE', `${this.#path(oldest[1])}/${oldest[1].name}`, undefined, [200, 202, 404]);
  }

  /** Creates it or changes it: after a failure nobody knows which of the two is left to do. */
  async #store(place: Place, content: object): Promise<void> {
    const { kind, name } = place;
    const body = { apiVersion: 'chaos.example.com/v1', kind, ...content };
    const { metadata } = content as { metadata?: object };
    for (;;) {
      const path = this.#path(place);
      const changed = await this.#insist('PATCH', `${path}/${name}`, content, [200, 404]);
      if (changed.status === 200) return;
      const created = await this.#insist('POST', path, { ...body, metadata: { ...metadata, name } }, [201, 409]);
      if (created.status === 409) continue;
      const { uid } = (JSON.parse(created.text) as { metadata: { uid: string } }).metadata;
      this.#uids.set(keyOf(place), uid);
      return;
    }
  }

  #owned(namespace: string, name: string): object {
    const uid = this.#uids.get(keyOf({ kind: 'Assembly', namespace, name }));
    if (uid === undefined) throw new Error(`nobody knows the uid of ${namespace}/${name}`);
    return { ownerReferences: [{ apiVersion: 'chaos.example.com/v1', kind: 'Assembly', name, uid }] };
  }

  #path({ kind, namespace }: Pick<Place, 'kind' | 'namespace'>): string {
    return `${GROUP}/namespaces/${namespace}/${pluralOf(kind)}`;
  }

  /** Until the API server answers with one of the statuses. */
  async #insist(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body: unknown, wanted: readonly number[]) {
    let last = '';
    for (const deadline = Date.now() + 120_000; Date.now() < deadline; await sleep(100)) {
      try {
        const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
        const answer = await this.#agent.request({
          ...{ origin: this.#plane.url, path, method },
          headers: { accept: 'application/json', 'content-type': type },
          ...(body !== undefined && { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(10_000),
        });
        const text = await answer.body.text();
        // 404 of a kind whose CRD is not served yet says so in plain text.
        const isServed = answer.statusCode !== 404 || text.startsWith('{');
        if (wanted.includes(answer.statusCode) && isServed) return { status: answer.statusCode, text };
        last = `${answer.statusCode} ${text.slice(0, 200)}`;
      } catch (error) {
        last = String(error);
      }
    }
    throw new Error(`${method} ${path} never worked: ${last}`);
  }
}

export function keyOf({ kind, namespace, name }: Place): string {
  return `${kind}/${namespace}/${name}`;
}
