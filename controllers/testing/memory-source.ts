import { Channel } from '../runtime/channel.ts';
import { parseFieldSelector } from '../runtime/field-selector.ts';
import { parseLabelSelector } from '../runtime/label-selector.ts';
import { type ClusterObject, kindId, objectKey } from '../runtime/object.ts';
import type { LogAnswer, LogRequest, ObjectSource, SourceEvent, SourceFault, WatchRequest } from '../runtime/source.ts';

/** A cluster in memory: what a test applies and deletes arrives as events. */
export class MemorySource implements ObjectSource {
  readonly live: boolean;
  /** What was asked for, and what is answered. Default: there is no such Pod. */
  readonly asked: LogRequest[] = [];
  answerLogs: (request: LogRequest) => LogAnswer | Promise<LogAnswer> = () => ({ missing: 'NotFound' });
  readonly #objects = new Map<string, ClusterObject>();
  readonly #watches = new Set<{ request: WatchRequest; events: Channel<SourceEvent> }>();
  readonly #faults = new Map<string, SourceFault>();

  constructor(objects: readonly ClusterObject[] = [], { live = true } = {}) {
    this.live = live;
    for (const object of objects) this.#objects.set(identity(object), object);
  }

  apply(object: ClusterObject): void {
    const before = this.#objects.get(identity(object));
    this.#objects.set(identity(object), object);
    this.#emit(object, { type: 'applied', object });
    if (before === undefined) return;
    // What leaves a selector leaves its watch.
    for (const { request, events } of this.#watches) {
      if (isAskedFor(before, request) && !isAskedFor(object, request)) events.push({ type: 'deleted', object: before });
    }
  }

  delete(object: ClusterObject): void {
    this.#objects.delete(identity(object));
    this.#emit(object, { type: 'deleted', object });
  }

  /** From now on a kind cannot be listed, in one namespace or in all; without a fault it can again. */
  fail(kind: string, fault: SourceFault | undefined, namespace = ''): void {
    if (fault !== undefined) this.#faults.set(`${kind}/${namespace}`, fault);
    else this.#faults.delete(`${kind}/${namespace}`);
    for (const watch of this.#watches) {
      const { request } = watch;
      if (request.kind === kind && ['', request.namespace].includes(namespace)) this.#begin(watch);
    }
  }

  /** Lists again, as after an expired resourceVersion. */
  relist(kind: string): void {
    for (const watch of this.#watches) if (watch.request.kind === kind) this.#begin(watch);
  }

  async *watch(request: WatchRequest, signal: AbortSignal): AsyncGenerator<SourceEvent, void, void> {
    const watch = { request, events: new Channel<SourceEvent>() };
    signal.addEventListener('abort', () => watch.events.close(), { once: true });
    this.#watches.add(watch);
    this.#begin(watch);
    yield* watch.events;
  }

  async logs(request: LogRequest): Promise<LogAnswer> {
    this.asked.push(request);
    return this.answerLogs(request);
  }

  #begin({ request, events }: { request: WatchRequest; events: Channel<SourceEvent> }): void {
    const { kind, namespace } = request;
    const fault = this.#faults.get(`${kind}/`) ?? this.#faults.get(`${kind}/${namespace}`);
    if (fault !== undefined) {
      events.push({ type: 'waiting', fault });
      return;
    }
    events.push({ type: 'listing' });
    events.push({
      type: 'listed',
      objects: [...this.#objects.values()].filter((object) => isAskedFor(object, request)),
    });
    events.push({ type: 'synced' });
  }

  #emit(object: ClusterObject, event: SourceEvent): void {
    for (const { request, events } of this.#watches) if (isAskedFor(object, request)) events.push(event);
  }
}

function identity(object: ClusterObject): string {
  return `${kindId(object.apiVersion, object.kind)}/${objectKey(object)}`;
}

function isAskedFor(object: ClusterObject, request: WatchRequest): boolean {
  const { apiVersion, kind, metadata } = object;
  return (
    kindId(apiVersion, kind) === kindId(request.apiVersions[0] ?? '', request.kind) &&
    (request.namespace === undefined || metadata.namespace === request.namespace) &&
    parseLabelSelector(request.labelSelector ?? '')(metadata.labels ?? {}) &&
    parseFieldSelector(request.fieldSelector ?? '')(object)
  );
}
