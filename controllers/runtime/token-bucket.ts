import type { Clock } from './clock.ts';

export interface BucketOptions {
  /** Tokens a second. */
  qps: number;
  /** How many may be saved up. */
  burst: number;
  clock: Clock;
}

/** A rate with savings: who takes more than there is takes on credit, and waits until it would be paid. */
export class TokenBucket {
  readonly #options: BucketOptions;
  #tokens: number;
  #filledAt: number;

  constructor(options: BucketOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#filledAt = options.clock.now();
  }

  /** Takes a token; returns how long to wait for it, ms. */
  take(): number {
    const { qps, burst, clock } = this.#options;
    const now = clock.now();
    // The machine's clock may be put back, which must not cost an hour's worth of tokens.
    const passed = Math.max(0, now - this.#filledAt);
    this.#tokens = Math.min(burst, this.#tokens + (passed / 1_000) * qps) - 1;
    this.#filledAt = now;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / qps) * 1_000;
  }
}
