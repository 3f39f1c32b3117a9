import type { Clock } from './clock.ts';
import type { LookFailure } from './observe.ts';
import type { WorkQueue } from './queue.ts';
import { RETRY_BUCKET, RetryLimiter } from './retry-limiter.ts';
import { TokenBucket } from './token-bucket.ts';

/** A refused look is looked at again after 5 s, 10 s, … 10 min; a failed one after 1 s, 2 s, … 10 min. */
const REFUSED_BASE = 5_000;
const FAILED_BASE = 1_000;
const MAX_BACKOFF = 600_000;
/** Kinds that must be read but are not allowed: asked again this often. */
const UNREADABLE_AGAIN = 30_000;
/** `again: 0` would be a busy loop. */
const LEAST_AGAIN = 1_000;

export interface LookAgainOptions {
  readonly queue: WorkQueue;
  readonly clock: Clock;
  readonly random: () => number;
}

/** When an object is looked at again though nothing happened to it. */
export class LookAgain {
  readonly #queue: WorkQueue;
  readonly #failures: RetryLimiter;
  readonly #refusals: RetryLimiter;

  constructor({ queue, clock, random }: LookAgainOptions) {
    this.#queue = queue;
    const retries = { max: MAX_BACKOFF, random, bucket: new TokenBucket({ ...RETRY_BUCKET, clock }) };
    this.#failures = new RetryLimiter({ ...retries, base: FAILED_BASE });
    this.#refusals = new RetryLimiter({ ...retries, base: REFUSED_BASE });
  }

  /** As `observe()` asked for, if it did. */
  asked(key: string, ms: number | undefined): void {
    if (typeof ms === 'number' && Number.isFinite(ms)) this.#queue.addAfter(key, Math.max(ms, LEAST_AGAIN));
  }

  /** What it must read may not be read. */
  unreadable(key: string): void {
    this.#queue.addAfter(key, UNREADABLE_AGAIN);
  }

  failed(key: string, failure: LookFailure): void {
    if (failure.kind === 'retryAfter') this.#queue.retryAfter(key, failure.ms);
    else if (failure.kind !== 'terminal') this.#queue.retryAfter(key, this.#failures.next(key));
  }

  looked(key: string): void {
    this.#failures.forget(key);
  }

  refused(key: string): void {
    this.#queue.retryAfter(key, this.#refusals.next(key));
  }

  accepted(key: string): void {
    this.#refusals.forget(key);
  }
}
