import type { Clock } from '../../../controllers/runtime/clock.ts';

/** Does something at once, then at most once in so many ms; what was asked for in between is done at their end. */
export class Pace implements Disposable {
  readonly #ms: number;
  readonly #after: Clock['after'];
  readonly #act: () => void;
  #cancel: (() => void) | undefined;
  #isAsked = false;

  constructor(ms: number, after: Clock['after'], act: () => void) {
    this.#ms = ms;
    this.#after = after;
    this.#act = act;
  }

  ask(): void {
    this.#isAsked = true;
    if (this.#cancel === undefined) this.#next();
  }

  #next(): void {
    this.#cancel = undefined;
    if (!this.#isAsked) return;
    this.#isAsked = false;
    this.#cancel = this.#after(this.#ms, () => this.#next());
    this.#act();
  }

  /** What was asked for and not done is not done any more. */
  [Symbol.dispose](): void {
    this.#cancel?.();
  }
}
