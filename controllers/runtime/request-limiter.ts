import { pause } from './clock.ts';
import { type BucketOptions, TokenBucket } from './token-bucket.ts';

export interface LimiterOptions extends BucketOptions {
  concurrency: number;
}

/** A token bucket and a number of slots: who wants to ask takes one of each, in order of arrival. */
export class RequestLimiter {
  readonly #options: LimiterOptions;
  readonly #waiting: (() => void)[] = [];
  readonly #bucket: TokenBucket;
  #active = 0;

  constructor(options: LimiterOptions) {
    this.#options = options;
    this.#bucket = new TokenBucket(options);
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
    const wait = this.#bucket.take();
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
}
