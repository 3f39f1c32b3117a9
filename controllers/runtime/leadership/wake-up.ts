import { type Clock, pause } from '../clock.ts';

/** A loop that sleeps for a while, or until something happens: what happened while it was awake counts too. */
export class WakeUp {
  readonly #clock: Clock;
  #happened = Promise.withResolvers<void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the sleep, or the next one. */
  ring(): void {
    this.#happened.resolve();
  }

  /** Sleeps for `ms` at most. */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const enough = new AbortController();
    await Promise.race([this.#happened.promise, pause(this.#clock, ms, AbortSignal.any([signal, enough.signal]))]);
    enough.abort();
    this.#happened = Promise.withResolvers();
  }
}
