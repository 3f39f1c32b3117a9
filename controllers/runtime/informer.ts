import { type CacheChange, ObjectCache } from './cache.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Logger } from './logger.ts';
import { type ClusterObject, objectKey } from './object.ts';
import { isOlder } from './resource-version.ts';
import type { ObjectSource, SourceEvent, SourceFault, WatchRequest } from './source.ts';
import type { Strip } from './strip.ts';

/**
 * Keeps a cache of one kind equal to its source: strips what arrives, applies it, and tells its listeners what really
 * changed. One scope is one watch: a namespace, or '' for all.
 */

export interface InformerOptions {
  source: ObjectSource;
  apiVersions: readonly string[];
  kind: string;
  /** One watch a namespace; without it one watch over all. */
  namespaces?: readonly string[] | undefined;
  labelSelector?: string;
  fieldSelector?: string;
  /** What `strip` keeps besides identity and metadata. */
  fields?: readonly string[];
  metadataOnly?: boolean;
  /** Paths by which the cache finds objects. */
  indexes?: Iterable<string>;
  strip: Strip;
  /** Whether a namespace is looked at: of the others nothing is known. Default all. */
  covers?: (namespace: string) => boolean;
  /** Objects that are not accepted are not kept. */
  accept: (object: ClusterObject) => boolean;
  /** Told how many changes a list found that the watch should have told: `faultline_watch_missed_total`. */
  onMissed?: (count: number) => void;
  logger: Logger;
  clock?: Clock | undefined;
}

/** How long what can do without a kind waits for its first list once that has failed, ms. */
const EXCUSED_AFTER = 30_000;

/** A list of a scope, and the watch that follows it. */
interface ScopeRun {
  /** Ends the watch, so that the scope is listed again. */
  readonly again: AbortController;
  readonly begunAt: number;
  readonly listed: PromiseWithResolvers<void>;
  isListed: boolean;
}

/** A list that runs: what of it the watch should have told before. */
interface Listing {
  readonly told: { readonly resourceVersion: string; readonly exact: boolean } | undefined;
  missed: number;
  example: string;
}

/** pending: nothing known yet; absent: the kind is not installed; blocked: not allowed, see the fault. */
export type ScopeState = 'pending' | 'synced' | 'absent' | 'blocked';

/** One watch, or one for each namespace, and what it has brought. */
export interface InformerState {
  readonly kind: string;
  readonly apiVersions: readonly string[];
  readonly labelSelector?: string;
  readonly objects: number;
  /** Changes that only a relist found. */
  readonly missed: number;
  readonly scopes: readonly {
    /** '': all of them. */
    readonly namespace: string;
    readonly state: ScopeState;
    /** A list of it runs. */
    readonly listing: boolean;
    /** Since the list began whose watch goes on. */
    readonly seconds?: number;
    readonly fault?: string;
  }[];
}

export interface InformerListener {
  changed(change: CacheChange): void;
  /** A scope's state or fault changed. */
  stateChanged(): void;
}

export class Informer {
  readonly cache: ObjectCache;
  readonly kind: string;
  readonly apiVersions: readonly string[];
  readonly #options: InformerOptions;
  readonly #clock: Clock;
  readonly #states = new Map<string, ScopeState>();
  readonly #faults = new Map<string, SourceFault>();
  readonly #listeners = new Set<InformerListener>();
  /** Scopes whose first list has failed for `EXCUSED_AFTER`. */
  readonly #excused = new Set<string>();
  readonly #excusing = new Map<string, () => void>();
  readonly #listings = new Map<string, Listing>();
  readonly #runs = new Map<string, ScopeRun>();
  /** Of the scopes that are listed once more when their list is over: when that is listed. */
  readonly #next = new Map<string, PromiseWithResolvers<void>>();
  #missed = 0;

  constructor(options: InformerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.cache = new ObjectCache(options.indexes);
    this.kind = options.kind;
    this.apiVersions = options.apiVersions;
    for (const scope of options.namespaces ?? ['']) this.#states.set(scope, 'pending');
  }

  /** Every scope is synced, not installed or not allowed: nothing more will come by waiting for the first list. */
  get settled(): boolean {
    return [...this.#states.values()].every((state) => state !== 'pending');
  }

  /** Every scope has been listed completely. */
  get complete(): boolean {
    return [...this.#states.values()].every((state) => state === 'synced');
  }

  /** At least one scope has been listed. */
  get usable(): boolean {
    return this.#states.size === 0 || [...this.#states.values()].includes('synced');
  }

  get faults(): readonly SourceFault[] {
    return [...this.#faults.values()];
  }

  /** Changes that only a relist found though the watch was past them: it had lied (Pepr's `cache_miss`). */
  get missed(): number {
    return this.#missed;
  }

  /** As of now, for people who look for what hangs. */
  inside(): InformerState {
    return {
      ...{ kind: this.kind, apiVersions: this.apiVersions, missed: this.#missed, objects: this.cache.size },
      ...(this.#options.labelSelector && { labelSelector: this.#options.labelSelector }),
      scopes: [...this.#states].map(([namespace, state]) => {
        const fault = this.#faults.get(namespace);
        const run = this.#runs.get(namespace);
        return {
          ...{ namespace, state, listing: this.#listings.has(namespace) },
          ...(run && { seconds: (this.#clock.now() - run.begunAt) / 1_000 }),
          ...(fault && { fault: `${fault.reason}: ${fault.message}` }),
        };
      }),
    };
  }

  /** Whether no scope is pending but by a fault: what can do without this kind waits for it no longer. */
  get excused(): boolean {
    return [...this.#states].every(([scope, state]) => state !== 'pending' || this.#excused.has(scope));
  }

  /** Whether the first list of a namespace has failed for `EXCUSED_AFTER`. */
  isExcused(namespace: string): boolean {
    return this.#excused.has(this.#states.has('') ? '' : namespace) || (namespace === '' && this.excused);
  }

  stateOf(namespace: string): ScopeState {
    if (this.#options.covers?.(namespace) === false) return 'blocked';
    return this.#states.get('') ?? this.#states.get(namespace) ?? (namespace === '' ? this.#anyState() : 'blocked');
  }

  subscribe(listener: InformerListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Lists everything once more; resolves when the cache has what there was at `since` (ms, default: when this was called),
   * or later. A list that began after that will do; one that runs is not given up, but followed by another, however many ask.
   * What it finds was not missed: its watch is given up before it could tell. While a scope has no list it waits for that.
   */
  async refresh(since = this.#clock.now()): Promise<void> {
    const listed = [...this.#runs].map(([scope, run]) => {
      if (run.begunAt > since) return run.listed.promise;
      const next = this.#next.get(scope) ?? Promise.withResolvers<void>();
      this.#next.set(scope, next);
      if (run.isListed) run.again.abort();
      return next.promise;
    });
    await Promise.all(listed);
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#states.keys()].map((scope) => this.#runScope(scope, signal)));
    for (const cancel of this.#excusing.values()) cancel();
  }

  async #runScope(scope: string, signal: AbortSignal): Promise<void> {
    const { source, apiVersions, kind, labelSelector, fieldSelector, fields, metadataOnly } = this.#options;
    const request: WatchRequest = {
      apiVersions,
      kind,
      ...(scope !== '' && { namespace: scope }),
      ...(labelSelector && { labelSelector }),
      ...(fieldSelector && { fieldSelector }),
      ...(fields && { fields }),
      ...(metadataOnly && { metadataOnly }),
    };
    while (!signal.aborted) {
      const again = new AbortController();
      const listed = this.#next.get(scope) ?? Promise.withResolvers<void>();
      this.#next.delete(scope);
      this.#runs.set(scope, { again, begunAt: this.#clock.now(), listed, isListed: false });
      for await (const event of source.watch(request, AbortSignal.any([signal, again.signal]))) {
        if (again.signal.aborted) break;
        this.#handle(scope, event);
      }
      if (!again.signal.aborted) return;
    }
  }

  #handle(scope: string, event: SourceEvent): void {
    switch (event.type) {
      case 'listing':
        this.cache.beginList(scope);
        // A list that had to begin again has already applied what the first try of it found.
        this.#listings.set(scope, { missed: 0, example: '', ...this.#listings.get(scope), told: event.told });
        break;
      case 'listed':
        for (const object of event.objects) this.#apply(scope, object, true);
        break;
      case 'synced':
        this.#synced(scope);
        break;
      case 'watching':
        this.#recovered(scope);
        break;
      case 'applied':
        this.#recovered(scope);
        this.#apply(scope, event.object, false);
        break;
      case 'deleted':
        this.#recovered(scope);
        this.#deleted(scope, event.object);
        break;
      case 'waiting':
        this.#waiting(scope, event.fault);
        break;
      default:
        event satisfies never;
    }
  }

  #apply(scope: string, object: ClusterObject, listed: boolean): void {
    const stripped = this.#options.strip(object);
    if (!this.#options.accept(stripped)) {
      this.#publish(this.cache.delete(scope, objectKey(stripped)));
      return;
    }
    const initial = listed && this.#states.get(scope) !== 'synced';
    const change = this.cache.apply(scope, stripped, initial);
    if (change?.type === 'applied' && listed && this.#wasTold(scope, change)) this.#miss(scope, change.key);
    this.#publish(change);
  }

  /** An object that was made again under its name is not gone because the one before it is. */
  #deleted(scope: string, object: ClusterObject): void {
    const key = objectKey(object);
    const known = this.cache.get(key)?.metadata.uid;
    if (known !== undefined && object.metadata.uid !== undefined && known !== object.metadata.uid) return;
    this.#publish(this.cache.delete(scope, key));
  }

  /** Whether the watch was already past a change that a list shows. */
  #wasTold(scope: string, { object, previous }: CacheChange & { type: 'applied' }): boolean {
    const told = this.#listings.get(scope)?.told?.resourceVersion;
    const version = object.metadata.resourceVersion;
    if (told === undefined || version === undefined || version === previous?.metadata.resourceVersion) return false;
    return version === told || isOlder(version, told);
  }

  #miss(scope: string, key: string): void {
    const listing = this.#listings.get(scope);
    if (listing === undefined) return;
    listing.missed++;
    listing.example ||= key;
  }

  #synced(scope: string): void {
    const gone = this.cache.endList(scope);
    const listing = this.#listings.get(scope);
    if (listing?.told?.exact) for (const { key } of gone) this.#miss(scope, key);
    for (const change of gone) this.#publish(change);
    this.#listings.delete(scope);
    if (listing !== undefined && listing.missed > 0) {
      const { missed, example } = listing;
      this.#missed += missed;
      this.#options.onMissed?.(missed);
      const fields = { kind: this.kind, namespace: scope || undefined, missed, example };
      this.#options.logger.warn(
        fields,
        'only a relist found what the watch should have told: faultline_watch_missed_total',
      );
    }
    this.#states.set(scope, 'synced');
    this.#excused.delete(scope);
    this.#excusing.get(scope)?.();
    this.#excusing.delete(scope);
    this.#faults.delete(scope);
    const run = this.#runs.get(scope);
    if (run !== undefined) {
      run.isListed = true;
      run.listed.resolve();
      if (this.#next.has(scope)) run.again.abort();
    }
    this.#notify();
  }

  #waiting(scope: string, fault: SourceFault): void {
    const before = this.#faults.get(scope);
    this.#faults.set(scope, fault);
    if (this.#states.get(scope) !== 'synced') {
      if (fault.reason === 'NotInstalled') this.#states.set(scope, 'absent');
      else if (fault.reason === 'Forbidden' || fault.reason === 'Unauthorized') this.#states.set(scope, 'blocked');
    }
    if (this.#states.get(scope) === 'pending') this.#excuse(scope);
    // One line a change of cause: a cluster that stays away must not flood the log.
    if (before?.reason !== fault.reason || before.message !== fault.message) {
      const fields = { kind: this.kind, namespace: scope || undefined, reason: fault.reason, error: fault.message };
      this.#options.logger.warn(fields, 'watch is waiting');
      this.#notify();
    }
  }

  /** Faults change (a 503, then a refused connection): it counts from the first one. */
  #excuse(scope: string): void {
    if (this.#excusing.has(scope)) return;
    const cancel = this.#clock.after(EXCUSED_AFTER, () => {
      if (this.#states.get(scope) !== 'pending') return;
      this.#excused.add(scope);
      this.#notify();
    });
    this.#excusing.set(scope, cancel);
  }

  #recovered(scope: string): void {
    if (!this.#faults.delete(scope)) return;
    this.#options.logger.info({ kind: this.kind, namespace: scope || undefined }, 'watch goes on');
    this.#notify();
  }

  #publish(change: CacheChange | undefined): void {
    if (change === undefined) return;
    for (const listener of this.#listeners) listener.changed(change);
  }

  #notify(): void {
    for (const listener of this.#listeners) listener.stateChanged();
  }

  #anyState(): ScopeState {
    const states = [...this.#states.values()];
    return states.find((state) => state !== 'synced') ?? 'synced';
  }
}
