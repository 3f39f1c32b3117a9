import { pause } from './pause.ts';

/** Waits for the table even when no hint arrives: lost notifications cost at most this. */
const POLL_MS = 200;
/** After a look a subscriber rests this long: under load one look then takes the changes of many commits. */
const REST_MS = 10;

/** Listens on another connection; calls `onNotify` for each hint, returns how to stop. */
export type Listen = (onNotify: () => void) => { stop(): Promise<void> };

/**
 * Hints that something may have changed, for every feed of this process: a commit of our own, a notification from
 * another process, or 200 ms. Hints are never the truth: "NOTIFY wakes up, the table decides". A hint after at least
 * 10 ms without one is passed on at once.
 */
export class WakeUps {
  readonly #waiting = new Set<() => void>();
  readonly #listen: Listen | undefined;
  #listener: { stop(): Promise<void> } | undefined;
  #subscribers = 0;
  #surprises = 0;
  #hints = 0;

  constructor(listen?: Listen) {
    this.#listen = listen;
  }

  /** How often there may have been something that this process does not know from itself: only the table knows it. */
  get surprises(): number {
    return this.#surprises;
  }

  /** How many hints there were, of commits of this process and of others while somebody subscribes. */
  get hints(): number {
    return this.#hints;
  }

  /**
   * Resolves when there was a hint after the first `seen`, after `ms`, or when the signal fires: for who looks at the table
   * seldom while nothing happens. A notification that was lost costs `ms`.
   */
  async hintAfter(seen: number, ms: number, signal: AbortSignal): Promise<void> {
    if (this.#hints > seen || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    this.#waiting.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    const timer = setTimeout(wake, ms);
    await promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', wake);
    this.#waiting.delete(wake);
  }

  /** Called after every commit of this process that changed something. `known`: `RecentCommits` holds all of it. */
  notify({ known = false } = {}): void {
    if (!known) this.#surprises += 1;
    this.#hints += 1;
    for (const wake of this.#waiting) wake();
  }

  async *subscribe(signal: AbortSignal): AsyncGenerator<void> {
    this.#begin();
    // A hint between two turns of the consumer must not be lost: it is remembered until the next turn.
    let pending = false;
    let resume = (): void => {};
    const wake = (): void => {
      pending = true;
      resume();
    };
    this.#waiting.add(wake);
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted) {
        if (!pending) {
          const { promise, resolve } = Promise.withResolvers<void>();
          resume = resolve;
          const timer = setTimeout(() => {
            this.#surprises += 1;
            resolve();
          }, POLL_MS - REST_MS);
          await promise;
          clearTimeout(timer);
        }
        pending = false;
        if (signal.aborted) return;
        yield;
        await pause(REST_MS, signal);
      }
    } finally {
      signal.removeEventListener('abort', wake);
      this.#waiting.delete(wake);
      await this.#end();
    }
  }

  /** Stops listening; subscribers go on with the poll until they are aborted. */
  async [Symbol.asyncDispose](): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    await listener?.stop();
  }

  #begin(): void {
    this.#subscribers += 1;
    if (!this.#listener) this.#listener = this.#listen?.(() => this.notify());
  }

  async #end(): Promise<void> {
    this.#subscribers -= 1;
    if (this.#subscribers === 0) await this[Symbol.asyncDispose]();
  }
}
