import { parseDuration, parseTime, type Read } from '../index.ts';

/**
 * What time says about one look: how long something has been so, and when to look again because it will have been so for
 * long enough. Thresholds are made of times that the object itself carries, so that a restart changes nothing, and of a
 * `Memory` only where it carries none.
 */
export class Timing {
  readonly now: number;
  #again: number | undefined;
  #latest: number | undefined;

  constructor(read: Pick<Read, 'now'>) {
    this.now = read.now().getTime();
  }

  /** A time of the object, in ms; undefined when it is none. The latest that was asked for is the time of the transition. */
  at(text: unknown): number | undefined {
    const time = parseTime(text);
    if (time !== undefined) this.note(time);
    return time;
  }

  /** A time, ms, that is not in the object but of it, such as when it was first seen to be so. */
  note(time: number): void {
    if (time <= this.now) this.#latest = Math.max(time, this.#latest ?? time);
  }

  /**
   * Whether what began at `since` has lasted for `duration` (such as `5m`). If not, the object is looked at again then. What
   * began nobody knows when has lasted: no object would ever say more.
   */
  lasts(since: number | undefined, duration: string): boolean {
    if (since === undefined) return true;
    const left = since + parseDuration(duration) - this.now;
    if (left > 0) this.lookAgain(left);
    return left <= 0;
  }

  /** Look again in `ms`; the soonest counts. */
  lookAgain(ms: number): void {
    this.#again = Math.min(ms, this.#again ?? ms);
  }

  /** For an observation or `undecided`. */
  get again(): { readonly again?: number } {
    return this.#again === undefined ? {} : { again: this.#again };
  }

  /** For an observation that has findings: when what it tells last changed. */
  get observedAt(): { readonly observedAt?: string } {
    return this.#latest === undefined ? {} : { observedAt: new Date(this.#latest).toISOString() };
  }
}

/** The latest of those that are known. */
export function latest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
