import { type Clock, pause } from './clock.ts';

export interface LimiterOptions {
  /** Tokens a second, and how many may be saved up. */
  qps: number;
  burst: number;
  concurrency: number;
  clock: Clock;
}

/** A token bucket and a number of slots: who wants to ask takes one of each, in order of arrival. */
export class RequestLimiter {
  readonly #options: LimiterOptions;
  readonly #waiting: (() => void)[] = [];
  #active = 0;
  #tokens: number;
  #filledAt: number;

  constructor(options: LimiterOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#filledAt = options.clock.now();
  }

  /** Resolves with the function that gives the slot back; at once when the signal aborts. */
  async acquire(signal: AbortSignal): Promise<() => void> {
    if (this.#active >= this.#options.concurrency) await this.#slot(signal);
    else this.#active++;
    await this.pass(signal);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      // The slot is handed over, so that nobody who comes later is served first.
      const next = this.#waiting.shift();
      if (next === undefined) this.#active--;
      else next();
    };
  }

  /** For what lasts: takes a token and no slot. */
  async pass(signal: AbortSignal): Promise<void> {
    const wait = this.#takeToken();
    if (wait > 0) await pause(this.#options.clock, wait, signal);
  }

  #slot(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        signal.removeEventListener('abort', abandon);
        resolve();
      };
      const abandon = (): void => {
        const index = this.#waiting.indexOf(finish);
        if (index < 0) return;
        this.#waiting.splice(index, 1);
        this.#active++;
        resolve();
      };
      this.#waiting.push(finish);
      signal.addEventListener('abort', abandon, { once: true });
    });
  }

  /** Takes a token, on credit if there is none; returns how long the credit lasts, ms. */
  #takeToken(): number {
    const { qps, burst, clock } = this.#options;
    const now = clock.now();
    // The machine's clock may be put back, which must not cost an hour's worth of tokens.
    const passed = Math.max(0, now - this.#filledAt);
    this.#tokens = Math.min(burst, this.#tokens + (passed / 1_000) * qps) - 1;
    this.#filledAt = now;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / qps) * 1_000;
  }
}
