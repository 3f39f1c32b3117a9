/** A bucket of whom nobody has heard for longest goes first; by then it is as good as full. */
const MAX_BUCKETS = 10_000;

export interface TokenRate {
  /** 0: no limit. */
  readonly perSecond: number;
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** One token bucket a key; at most 10,000 of them, in the order of their last use. */
export class TokenBuckets {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** `now` in ms. */
  constructor({ perSecond, burst }: TokenRate, now: () => number) {
    this.#perSecond = perSecond;
    this.#burst = Math.max(1, burst);
    this.#now = now;
  }

  /** Until there is a token. 0: now. */
  secondsToNext(key: string): number {
    if (this.#perSecond === 0) return 0;
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return 0;
    this.#refill(bucket);
    return bucket.tokens >= 1 ? 0 : (1 - bucket.tokens) / this.#perSecond;
  }

  /** Takes more than there is when asked to: then the key waits for longer. Fewer than 0 are given back. */
  take(key: string, tokens = 1): void {
    if (this.#perSecond === 0) return;
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, at: this.#now() };
    this.#refill(bucket);
    bucket.tokens = Math.min(this.#burst, bucket.tokens - tokens);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MAX_BUCKETS) this.#buckets.delete(this.#buckets.keys().next().value as string);
  }

  #refill(bucket: Bucket): void {
    const now = this.#now();
    // A clock that was set back gives nothing and takes nothing.
    const seconds = Math.max(0, now - bucket.at) / 1_000;
    bucket.tokens = Math.min(this.#burst, bucket.tokens + seconds * this.#perSecond);
    bucket.at = now;
  }
}
