/**
 * What one watch waits for: that there may be something new, that a time has come, or that nobody listens any more. Made
 * once for the whole watch: a thousand of them wake up at every change, and a timer and three listeners for each time
 * would cost as much as sending the event.
 */
export class Alarm implements Disposable {
  readonly #now: () => number;
  readonly #unsubscribe: () => void;
  readonly #signal: AbortSignal;
  /** Rung since `wait` returned last: what happens while the watch is busy is not missed. */
  #rung = true;
  #resume: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #due = Number.POSITIVE_INFINITY;

  /** `subscribe`: calls back whenever there may be something new. */
  constructor(subscribe: (ring: () => void) => () => void, signal: AbortSignal, now: () => number) {
    this.#now = now;
    this.#signal = signal;
    this.#unsubscribe = subscribe(this.#ring);
    signal.addEventListener('abort', this.#ring);
  }

  /**
   * Resolves when it was rung since it did last, at `due` (ms since 1970), or when the signal is aborted. After 24 days it
   * resolves too: who waits looks at the clock anyway.
   */
  async wait(due: number): Promise<void> {
    if (!this.#rung && !this.#signal.aborted) {
      if (due !== this.#due) this.#setTimer(due);
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
      });
    }
    this.#rung = false;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#unsubscribe();
    this.#signal.removeEventListener('abort', this.#ring);
  }

  #setTimer(due: number): void {
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(
      () => {
        this.#due = Number.POSITIVE_INFINITY;
        this.#ring();
      },
      Math.min(Math.max(0, due - this.#now()), LONGEST_TIMER),
    );
  }

  readonly #ring = (): void => {
    this.#rung = true;
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  };
}

/** A timer for longer fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1;
