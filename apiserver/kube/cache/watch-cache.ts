import { setImmediate as immediately } from 'node:timers/promises';
import type { KubernetesObject } from '../../../crds/meta.ts';
import { type ReadyObject, readyObject } from '../ready-object.ts';
import type { ResourceDefinition } from '../resource.ts';
import type { Change, ChangeSource } from '../source.ts';
import { serviceUnavailable, tooLargeResourceVersion } from '../status.ts';
import { type CacheEvent, ChangeWindow, type WindowLimits } from './change-window.ts';
import { readOlder } from './older-changes.ts';
import { Packing } from './packing.ts';
import { withSelected } from './previous-object.ts';
import { rewind } from './rewind.ts';
import { SharedRead } from './shared-read.ts';
import { Slabs } from './slabs.ts';
import { SortedObjects } from './sorted-objects.ts';
import { Strings } from './strings.ts';
import { backoff, type Sleep, sleep, within } from './timing.ts';

/**
 * Follows one ChangeSource and keeps every visible object in memory, ready to be served: the snapshot first, then the
 * changes after it, in order and each once. One a resource and process; lists, gets and all watches read from it
 * (aggregated-api V5). When the source fails, what is in memory stays served, consistent reads are 503 and watches
 * stay open (design.md decision 7); when the database turns out to be another one, everything is dropped.
 */
export interface WatchCacheOptions {
  /** Milliseconds since 1970. Default: Date.now. */
  readonly now?: () => number;
  /** Changes read from the source at once. Default 500. */
  readonly pageSize?: number;
  /** Recent changes that are kept in memory. Default: 4,096 changes, 8 MiB. */
  readonly window?: WindowLimits;
  /** JSON that is kept as it is, in bytes; beyond it objects are packed ({@link Packing}). Default 40 MiB. */
  readonly unpackedBytes?: number;
  /** How long a read waits for the source and for the feed to catch up, ms. Default 3,000 (L12). */
  readonly waitLimit?: number;
  /** How often the identity of the source is asked, ms. Default 10,000. */
  readonly identityInterval?: number;
  readonly sleep?: Sleep;
  /** Told once a failure: the source failed and is tried again. */
  readonly onError?: (error: unknown) => void;
}

/** Changes of the log that one watcher holds at once. */
const LOG_PAGE = 100;

interface Loaded {
  readonly objects: SortedObjects;
  readonly window: ChangeWindow;
  readonly packing: Packing;
  resourceVersion: number;
  /** The oldest number from which the source's log is complete. */
  floor: number;
  /** From here back, the changes are known to be too many for the window: nobody else needs to read them to learn that. */
  beyond: number;
  /** Another number means another history: watches of the old one end with 410. */
  readonly epoch: number;
}

export class WatchCache<T extends KubernetesObject = KubernetesObject> implements AsyncDisposable {
  readonly definition: ResourceDefinition<T>;
  readonly #source: ChangeSource<T>;
  readonly #options: Required<WatchCacheOptions>;
  readonly #strings = new Strings();
  readonly #stop = new AbortController();
  readonly #latest: SharedRead<number>;
  readonly #pulls: SharedRead<void>;
  readonly #listeners = new Set<() => void>();
  #loaded: Loaded | undefined;
  #epoch = 0;
  #identity: string | undefined;
  #identityCheckedAt = 0;
  #following: Promise<void> | undefined;
  readonly #reaches: SharedRead<void>;
  /** From where the older changes are wanted by who waits for the next of these reads. */
  readonly #wanted = new Set<number>();

  constructor(definition: ResourceDefinition<T>, source: ChangeSource<T>, options: WatchCacheOptions = {}) {
    this.definition = definition;
    this.#source = source;
    this.#options = {
      now: options.now ?? Date.now,
      pageSize: options.pageSize ?? 500,
      window: options.window ?? { events: 4_096, bytes: 8 * 1024 * 1024 },
      unpackedBytes: options.unpackedBytes ?? 40 * 1024 * 1024,
      waitLimit: options.waitLimit ?? 3_000,
      identityInterval: options.identityInterval ?? 10_000,
      sleep: options.sleep ?? sleep,
      onError: options.onError ?? (() => undefined),
    };
    this.#latest = new SharedRead(() => this.#source.latest());
    this.#pulls = new SharedRead(() => this.#pull());
    this.#reaches = new SharedRead(() => this.#extendWindow());
  }

  /** Begins to follow the source, until disposed of. */
  start(): void {
    this.#following ??= this.#follow(this.#stop.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#following;
    this.#notify();
  }

  /** Whether the first snapshot has been read. */
  get synced(): boolean {
    return this.#loaded !== undefined;
  }

  /** The number up to which the cache is complete. Throws 503 before the first snapshot, like all reads. */
  get resourceVersion(): number {
    return this.#require().resourceVersion;
  }

  /** Older numbers have expired: 410. */
  get floor(): number {
    return this.#require().floor;
  }

  get epoch(): number {
    return this.#require().epoch;
  }

  /** Where `eventsAfter` can start from. */
  get windowStart(): number {
    return this.#require().window.start;
  }

  get size(): number {
    return this.#loaded?.objects.size ?? 0;
  }

  get(namespace: string, name: string): ReadyObject | undefined {
    return this.#require().objects.get(namespace, name);
  }

  /** All objects, or those of one namespace, by namespace and name: as they are now, and stay in this array. */
  list(namespace = ''): readonly ReadyObject[] {
    return this.#require().objects.slice(namespace);
  }

  /** The same as it was at `resourceVersion`; undefined when memory does not reach back that far. */
  listAt(resourceVersion: number, namespace = ''): readonly ReadyObject[] | undefined {
    const { objects, window, resourceVersion: current } = this.#require();
    if (resourceVersion < window.start || resourceVersion > current) return undefined;
    return rewind(objects, window.after(resourceVersion, Number.POSITIVE_INFINITY))?.slice(namespace);
  }

  /** Recent changes after `resourceVersion`, which must not be below `windowStart`. */
  eventsAfter(resourceVersion: number, limit: number): CacheEvent[] {
    return this.#require().window.after(resourceVersion, limit);
  }

  /**
   * Brings the changes after `resourceVersion` back into memory, when they fit: who resumes after a restart of this
   * server then reads them with everybody else, and the log is read once for all. Afterwards `windowStart` says how far
   * back it is. Throws 503.
   */
  reachBack(resourceVersion: number): Promise<void> {
    this.#wanted.add(resourceVersion);
    return this.#reaches.read();
  }

  /** Older changes, from the source's log. `floor` above `after`: changes are missing (410). Throws 503. */
  async logAfter(after: number): Promise<{ events: CacheEvent[]; upTo: number; floor: number }> {
    const { changes, upTo, floor } = await this.#reachable(this.#source.since(after, LOG_PAGE));
    return { events: changes.map((change) => this.#event(change, undefined)), upTo, floor };
  }

  /** Finds the version before of changes that were read from the log (W7), for everybody. Throws 503. */
  async recall(events: readonly CacheEvent[]): Promise<void> {
    const numbers = events.map(({ resourceVersion }) => resourceVersion);
    const known = await this.#reachable(this.#source.before?.(numbers) ?? Promise.resolve([]));
    const before = new Map(
      known.map(({ change, object }) => [change, readyObject(this.definition, object, this.#strings)]),
    );
    for (const event of events) {
      const { resourceVersion, object, previous } = event;
      event.previousObject ??= before.get(resourceVersion) ?? withSelected(this.definition, object, previous ?? object);
    }
  }

  /** Calls back whenever there may be something new, until the returned function is called. */
  onAdvance(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Waits until this cache shows everything that is committed now. Throws 503 or, when the feed lags, 504. */
  async untilLatest(): Promise<void> {
    const deadline = this.#options.now() + this.#options.waitLimit;
    await this.#untilLoaded(deadline);
    const latest = await this.#reachable(this.#latest.read());
    // The wake-up is on its way; reading at once makes read-your-writes cost one round trip, not one poll.
    if (this.#require().resourceVersion < latest) this.#pulls.read().catch(this.#options.onError);
    await this.#until(latest, deadline);
  }

  /** Waits until this cache has reached `resourceVersion`; after 3 s 504 "Too large resource version" (L12). */
  async untilReached(resourceVersion: number): Promise<void> {
    const deadline = this.#options.now() + this.#options.waitLimit;
    await this.#untilLoaded(deadline);
    await this.#until(resourceVersion, deadline);
  }

  /** Waits until there is a first snapshot; after 3 s 503. */
  async untilLoaded(): Promise<void> {
    await this.#untilLoaded(this.#options.now() + this.#options.waitLimit);
  }

  /** A replica that has just started is waited for like a feed that lags; then it is 503. */
  async #untilLoaded(deadline: number): Promise<void> {
    while (!this.#loaded) {
      const left = deadline - this.#options.now();
      if (left <= 0 || this.#stop.signal.aborted) return void this.#require();
      await this.#advance(left);
    }
  }

  async #until(resourceVersion: number, deadline: number): Promise<void> {
    while (this.#require().resourceVersion < resourceVersion) {
      const left = deadline - this.#options.now();
      if (left <= 0) throw tooLargeResourceVersion(resourceVersion, this.#require().resourceVersion);
      await this.#advance(left);
    }
  }

  /** Resolves when there may be something new, or after `ms`. */
  async #advance(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const unsubscribe = this.onAdvance(resolve);
    await within(promise, ms).catch(() => undefined);
    unsubscribe();
  }

  #require(): Loaded {
    if (this.#loaded) return this.#loaded;
    throw serviceUnavailable(`${this.definition.plural} are not loaded yet`);
  }

  async #reachable<R>(read: Promise<R>): Promise<R> {
    try {
      return await within(read, this.#options.waitLimit);
    } catch (error) {
      throw serviceUnavailable(`the storage of ${this.definition.plural} cannot be reached`, 1, error);
    }
  }

  /** For all who wait: the first that fits is for the later ones too, and one failure is everybody's. */
  async #extendWindow(): Promise<void> {
    const wanted = [...this.#wanted].sort((a, b) => a - b);
    this.#wanted.clear();
    const deadline = this.#options.now() + this.#options.waitLimit;
    for (const resourceVersion of wanted) {
      await this.#extendWindowTo(resourceVersion);
      if (this.#options.now() >= deadline) return; // the others read what they need from the log
    }
  }

  async #extendWindowTo(resourceVersion: number): Promise<void> {
    const loaded = this.#require();
    const { start } = loaded.window;
    if (resourceVersion >= start || resourceVersion < loaded.floor || resourceVersion <= loaded.beyond) return;
    const { window: limits, pageSize } = this.#options;
    const stretch = { from: resourceVersion, to: start, limit: limits.events, pageSize };
    const { changes, floor, complete } = await this.#reachable(readOlder(this.#source, stretch));
    loaded.floor = Math.max(loaded.floor, floor);
    // What fell out of the window meanwhile would leave a gap.
    if (loaded.window.start !== start) return;
    const events = changes.map((change) => this.#event(change, undefined));
    if (!complete || !loaded.window.prepend(resourceVersion, events)) loaded.beyond = resourceVersion;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#pulls.read();
        for await (const _ of this.#source.wakeUps(signal)) {
          await this.#pulls.read();
          failures = 0;
          if (signal.aborted) break;
        }
      } catch (error) {
        if (signal.aborted) return;
        this.#identityCheckedAt = Number.NEGATIVE_INFINITY; // a failover looks like an error first
        this.#options.onError(error);
      }
      await this.#options.sleep(backoff(failures++), signal);
    }
  }

  /** Brings the cache up to date. Only one runs at a time. */
  async #pull(): Promise<void> {
    await this.#checkIdentity();
    if (!this.#loaded) return this.#load();
    for (;;) {
      const loaded = this.#require();
      const { changes, upTo, floor } = await this.#source.since(loaded.resourceVersion, this.#options.pageSize);
      if (loaded.resourceVersion < floor) return this.#load();
      loaded.floor = floor;
      for (const change of changes) this.#apply(loaded, change);
      const advanced = upTo > loaded.resourceVersion || changes.length > 0;
      loaded.resourceVersion = Math.max(loaded.resourceVersion, upTo);
      if (advanced) this.#notify();
      void loaded.packing.run(
        { inOrder: () => loaded.objects.slice(), settledAt: () => loaded.window.start },
        this.#stop.signal,
      );
      if (changes.length < this.#options.pageSize) return;
    }
  }

  async #checkIdentity(): Promise<void> {
    const now = this.#options.now();
    if (now - this.#identityCheckedAt < this.#options.identityInterval) return;
    const identity = await this.#source.identity();
    if (this.#identity !== undefined && this.#identity !== identity) {
      this.#loaded = undefined;
      this.#notify();
    }
    this.#identity = identity;
    this.#identityCheckedAt = now;
  }

  async #load(): Promise<void> {
    const ready: ReadyObject[] = [];
    const packing = new Packing(this.#options.unpackedBytes);
    const slabs = new Slabs();
    const allocate = (bytes: number): Buffer => slabs.take(bytes);
    let packed = 0;
    const receive = (page: readonly T[], rests?: readonly string[]): void => {
      for (const [index, object] of page.entries()) {
        const encoded = readyObject(this.definition, object, this.#strings, { allocate, rest: rests?.[index] });
        packing.add(encoded);
        ready.push(encoded);
      }
      packed = packing.packLoaded(ready, packed);
    };
    const { resourceVersion, floor, objects } = await this.#source.snapshot(receive);
    for (let from = 0; from < objects.length; from += 500) {
      receive(objects.slice(from, from + 500));
      // Probes must be answered while ten thousand objects are encoded.
      await immediately();
    }
    this.#loaded = {
      objects: new SortedObjects(ready),
      window: new ChangeWindow(resourceVersion, this.#options.window),
      packing,
      resourceVersion,
      floor,
      beyond: 0,
      epoch: ++this.#epoch,
    };
    this.#notify();
  }

  #apply(loaded: Loaded, change: Change<T>): void {
    if (change.resourceVersion <= loaded.resourceVersion) return;
    const { namespace = '', name } = change.object.metadata;
    const event = this.#event(change, loaded.objects.get(namespace, name));
    const previous =
      change.type === 'DELETED' ? loaded.objects.delete(namespace, name) : loaded.objects.set(event.object);
    if (previous) loaded.packing.remove(previous);
    if (change.type !== 'DELETED') loaded.packing.add(event.object);
    loaded.window.push(event);
    loaded.resourceVersion = change.resourceVersion;
  }

  #event(change: Change<T>, previousObject: ReadyObject | undefined): CacheEvent {
    const object = readyObject(this.definition, change.object, this.#strings, { rest: change.rest });
    const { namespace, name } = object;
    const { resourceVersion, type } = change;
    if (type === 'ADDED') return { resourceVersion, type, object };
    const previous = change.previous ? { namespace, name, ...change.previous } : (previousObject ?? object);
    return { resourceVersion, type, object, previous, ...(previousObject && { previousObject }) };
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
