export interface BackoffOptions {
  /** The first wait, ms. */
  base: number;
  /** The longest wait, ms. */
  max: number;
  /** In [0, 1). */
  random: () => number;
}

/**
 * Exponential backoff with jitter: the n-th wait is between half and all of base · 2ⁿ, at most `max`. Jitter keeps a
 * thousand clients from returning in the same second.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  #attempts = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  get attempts(): number {
    return this.#attempts;
  }

  next(): number {
    return backoffDelay(this.#attempts++, this.#options);
  }

  reset(): void {
    this.#attempts = 0;
  }
}

export function backoffDelay(attempt: number, options: BackoffOptions): number {
  const full = Math.min(options.max, options.base * 2 ** Math.min(attempt, 40));
  return full / 2 + (full / 2) * options.random();
}
