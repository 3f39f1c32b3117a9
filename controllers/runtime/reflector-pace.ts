import { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';

/** A list that stood this long before the next failure was no part of a storm. */
const CALM_MS = 60_000;
const FAILED = { base: 800, max: 30_000 };
const NOT_INSTALLED = { base: 5_000, max: 60_000 };

/**
 * How long a reflector waits, so that whatever the cluster does there is a bound on what it asks. Watches are cheap to
 * resume, so their waits begin anew with every event that arrives: at most about two a second. Lists are not: their waits
 * (0.8 s, 1.6 s, … 30 s, each between half and all of it) begin anew only after a minute without a relist, which a storm
 * of 410 never leaves them.
 */
export class ReflectorPace {
  readonly #clock: Clock;
  readonly #lists: Backoff;
  readonly #watches: Backoff;
  readonly #absent: Backoff;
  #listedAt: number | undefined;

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#lists = new Backoff({ ...FAILED, random });
    this.#watches = new Backoff({ ...FAILED, random });
    this.#absent = new Backoff({ ...NOT_INSTALLED, random });
  }

  /** How long before the next list, ms. */
  list(): number {
    if (this.#listedAt !== undefined && this.#clock.now() - this.#listedAt > CALM_MS) this.#lists.reset();
    this.#listedAt = undefined;
    return this.#lists.next();
  }

  /** How long before a watch is resumed, ms. */
  watch(): number {
    return this.#watches.next();
  }

  /** How long before the next look for a kind that is not installed, ms. */
  absent(): number {
    return this.#absent.next();
  }

  installed(): void {
    this.#absent.reset();
  }

  listed(): void {
    this.#listedAt = this.#clock.now();
    this.#watches.reset();
  }

  /** A watch told something. */
  progressed(): void {
    this.#watches.reset();
  }
}
