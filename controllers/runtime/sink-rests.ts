import { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';

export interface SinkRestsOptions {
  clock: Clock;
  random: () => number;
  /** A rest is over: what it held back may be sent. */
  over: () => void;
}

interface Rest {
  readonly backoff: Backoff;
  /** Why, in the server's words. */
  readonly error: string;
  /** Ends the timer; undefined once the rest is over. */
  cancel: (() => void) | undefined;
}

/**
 * What the server refused for now, while it takes everything else: the reports of a source in a namespace, or those about
 * one thing. Each rests on its own, longer every time, until one of its reports is taken.
 */
export class SinkRests {
  readonly #options: SinkRestsOptions;
  readonly #rests = new Map<string, Rest>();

  constructor(options: SinkRestsOptions) {
    this.#options = options;
  }

  /** Whether nothing was refused lately. */
  get none(): boolean {
    return this.#rests.size === 0;
  }

  /** Whether nothing of it is to be sent now. */
  has(key: string): boolean {
    return this.error(key) !== undefined;
  }

  /** Why it rests; undefined: it does not. */
  error(key: string): string | undefined {
    const rest = this.#rests.get(key);
    return rest?.cancel && rest.error;
  }

  /** It was refused for now; several refusals in one answer are one. `atLeastMs`: as the server said. */
  add(key: string, error: string, atLeastMs: number): void {
    const { clock, random, over } = this.#options;
    const known = this.#rests.get(key);
    if (known?.cancel !== undefined) return;
    const backoff = known?.backoff ?? new Backoff({ base: 250, max: 30_000, random });
    const rest: Rest = { backoff, error, cancel: undefined };
    rest.cancel = clock.after(Math.max(atLeastMs, backoff.next()), () => {
      rest.cancel = undefined;
      if (backoff.attempts === 0) this.#rests.delete(key);
      over();
    });
    this.#rests.set(key, rest);
  }

  /** A report of it was answered: the next refusal is the first again. A rest that runs is not cut short. */
  taken(key: string): void {
    const rest = this.#rests.get(key);
    if (rest === undefined) return;
    rest.backoff.reset();
    if (rest.cancel === undefined) this.#rests.delete(key);
  }

  close(): void {
    for (const { cancel } of this.#rests.values()) cancel?.();
    this.#rests.clear();
  }
}
