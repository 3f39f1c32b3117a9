import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../../controllers/runtime/index.ts';

/**
 * A clock that jumps: whoever looks every ten seconds looks once after a month. (ManualClock would let each of them look,
 * and waits for a number of turns, in which no certificate is signed.)
 */
export class VirtualClock implements Clock {
  #now: number;
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>();

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Fires what is due, each once, and resolves when as many wait again as before. */
  async advance(ms: number): Promise<void> {
    const waiting = this.#timers.size;
    this.#now += ms;
    const due = [...this.#timers].filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at);
    for (const timer of due) this.#timers.delete(timer);
    for (const { callback } of due) callback();
    await this.waiting(waiting);
  }

  /** Resolves when so many wait. */
  async waiting(count: number): Promise<void> {
    while (this.#timers.size < count) await turn();
  }
}
