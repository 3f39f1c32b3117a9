/**
 * How fast reports may come in, by namespace and by source within a namespace, so that one noisy tenant does not take what
 * all share. A source is counted in each namespace on its own: tenants share sources (`kite`, receivers of the cluster,
 * controllers), and none of them may use one up for the others. Token buckets: `burst` reports at once, then `perSecond`. Only reports whose caller has the right to them are counted, so nobody
 * uses up what belongs to somebody else.
 */
export interface Rate {
  /** 0: no limit. */
  readonly reportsPerSecond: number;
  readonly burst: number;
}

export interface RateLimits {
  readonly namespace: Rate;
  /** Of one source in one namespace. */
  readonly source: Rate;
}

/** Which limit refused, and when to try again. */
export interface Refusal {
  readonly limit: 'namespace' | 'source';
  readonly error: string;
  readonly retryAfterSeconds: number;
}

/** A bucket of whom nobody has heard for longest goes first; by then it is as good as full. */
const MAX_BUCKETS = 10_000;
const MAX_RETRY_SECONDS = 60;

export class RateGate {
  readonly #limits: RateLimits;
  readonly #buckets: Readonly<Record<'namespace' | 'source', Buckets>>;

  /** `now` in ms. */
  constructor(limits: RateLimits, now: () => number) {
    this.#limits = limits;
    this.#buckets = { namespace: new Buckets(limits.namespace, now), source: new Buckets(limits.source, now) };
  }

  /** Takes a report in, or says why not; a refused one uses nothing up. */
  take({ namespace, source }: { readonly namespace: string; readonly source: string }): Refusal | undefined {
    // Neither name has a slash.
    const sourceThere = `${namespace}/${source}`;
    const refusal =
      this.#refusal('namespace', namespace, `namespace ${namespace}`) ??
      this.#refusal('source', sourceThere, `source ${source} in namespace ${namespace}`);
    if (refusal) return refusal;
    this.#buckets.namespace.take(namespace);
    this.#buckets.source.take(sourceThere);
    return undefined;
  }

  #refusal(limit: Refusal['limit'], key: string, whose: string): Refusal | undefined {
    const seconds = this.#buckets[limit].secondsToNext(key);
    if (seconds === 0) return undefined;
    const { reportsPerSecond } = this.#limits[limit];
    return {
      limit,
      error: `too many reports for ${whose}: ${reportsPerSecond} a second are taken (limits.${limit})`,
      retryAfterSeconds: Math.min(Math.ceil(seconds), MAX_RETRY_SECONDS),
    };
  }
}

interface Bucket {
  tokens: number;
  at: number;
}

/** In the order of their last use. */
class Buckets {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate, now: () => number) {
    this.#rate = rate;
    this.#now = now;
  }

  /** 0: now. */
  secondsToNext(key: string): number {
    const { reportsPerSecond } = this.#rate;
    if (reportsPerSecond === 0) return 0;
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return 0;
    this.#refill(bucket);
    return bucket.tokens >= 1 ? 0 : (1 - bucket.tokens) / reportsPerSecond;
  }

  take(key: string): void {
    if (this.#rate.reportsPerSecond === 0) return;
    const bucket = this.#buckets.get(key) ?? { tokens: Math.max(1, this.#rate.burst), at: this.#now() };
    this.#refill(bucket);
    bucket.tokens -= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MAX_BUCKETS) this.#buckets.delete(this.#buckets.keys().next().value as string);
  }

  #refill(bucket: Bucket): void {
    const now = this.#now();
    // A clock that was set back gives nothing and takes nothing.
    const seconds = Math.max(0, now - bucket.at) / 1_000;
    bucket.tokens = Math.min(Math.max(1, this.#rate.burst), bucket.tokens + seconds * this.#rate.reportsPerSecond);
    bucket.at = now;
  }
}
