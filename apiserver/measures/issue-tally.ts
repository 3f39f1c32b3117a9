import type { CacheEvent, ReadyObject, WatchCache } from '../kube/index.ts';

/** What of a watch cache is followed. */
export type FollowedCache = Pick<
  WatchCache,
  'synced' | 'epoch' | 'resourceVersion' | 'windowStart' | 'list' | 'eventsAfter' | 'onAdvance'
>;

/** So many Active issues of a namespace have this severity and type. */
export interface IssueCount {
  readonly namespace: string;
  readonly severity: string;
  readonly type: string;
  readonly active: number;
}

/**
 * Active issues by namespace, severity and type, as the feed of this process tells them: each change adds one and takes one
 * away. Everything is counted anew only when everything was loaded anew.
 */
export class IssueTally implements Disposable {
  readonly #cache: FollowedCache;
  /** By namespace, then by severity and type. None is 0. */
  readonly #counts = new Map<string, Map<string, number>>();
  readonly #unsubscribe: () => void;
  #epoch: number | undefined;
  #position = 0;

  constructor(cache: FollowedCache) {
    this.#cache = cache;
    this.#unsubscribe = cache.onAdvance(() => this.#advance());
    this.#advance();
  }

  /** As of the last change that this process serves; while the database is away that stays. */
  *counts(): Generator<IssueCount> {
    for (const [namespace, counts] of this.#counts) {
      for (const [key, active] of counts) {
        const [severity = '', type = ''] = key.split('\n');
        yield { namespace, severity, type, active };
      }
    }
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }

  #advance(): void {
    const cache = this.#cache;
    if (!cache.synced) return;
    const { epoch, resourceVersion } = cache;
    if (epoch !== this.#epoch || this.#position < cache.windowStart) this.#countAnew();
    else for (const event of cache.eventsAfter(this.#position, Number.POSITIVE_INFINITY)) this.#count(event);
    this.#epoch = epoch;
    this.#position = resourceVersion;
  }

  #countAnew(): void {
    this.#counts.clear();
    for (const issue of this.#cache.list()) this.#add(issue, 1);
  }

  #count({ type, object, previousObject }: CacheEvent): void {
    if (previousObject) this.#add(previousObject, -1);
    if (type !== 'DELETED') this.#add(object, 1);
  }

  #add({ namespace, fields }: ReadyObject, by: 1 | -1): void {
    if (fields['status.state'] !== 'Active') return;
    const key = `${fields['spec.severity'] ?? ''}\n${fields['spec.type'] ?? ''}`;
    const counts = this.#counts.get(namespace) ?? new Map<string, number>();
    const active = (counts.get(key) ?? 0) + by;
    if (active === 0) counts.delete(key);
    else counts.set(key, active);
    if (counts.size === 0) this.#counts.delete(namespace);
    else this.#counts.set(namespace, counts);
  }
}
