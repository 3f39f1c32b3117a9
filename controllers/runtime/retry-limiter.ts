import { backoffDelay } from './backoff.ts';
import type { TokenBucket } from './token-bucket.ts';

export interface RetryLimits {
  /** The first wait of a key, ms. */
  base: number;
  /** The longest wait of a key by its own failures, ms. */
  max: number;
  /** In [0, 1): for jitter. */
  random: () => number;
  /** What all keys together may use: ten thousand objects that fail for one reason do not come back in one second. */
  bucket: TokenBucket;
}

/** Retries of all keys together: 10 a second, a hundred at once (controller-runtime's default). */
export const RETRY_BUCKET = { qps: 10, burst: 100 } as const;

/**
 * When to try a key again: after base, 2 · base, … max for each of its failures in a row, and not before it is its turn
 * among all. controller-runtime's default rate limiter, with jitter.
 */
export class RetryLimiter {
  readonly #limits: RetryLimits;
  readonly #attempts = new Map<string, number>();

  constructor(limits: RetryLimits) {
    this.#limits = limits;
  }

  /** Counts one more failure; the wait, ms. */
  next(key: string): number {
    const attempt = this.#attempts.get(key) ?? 0;
    this.#attempts.set(key, attempt + 1);
    return Math.max(backoffDelay(attempt, this.#limits), this.#limits.bucket.take());
  }

  /** The key is well: its next failure is its first. */
  forget(key: string): void {
    this.#attempts.delete(key);
  }
}
