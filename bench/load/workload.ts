import type { Work } from './messages.ts';
import type { ReportPlan } from './plan.ts';

/**
 * Hands out work of the mix that is measured: half of the reports are about subjects never seen, half bring new
 * content for known ones, and no subject comes twice in one piece of work.
 */
export class Workload {
  readonly #namespaces: readonly string[];
  readonly #now: () => number;
  #known = 0;
  #cursor = 0;
  #pass = 0;
  #reports = 0;

  constructor(namespaces: readonly string[], now: () => number = Date.now) {
    this.#namespaces = namespaces;
    this.#now = now;
  }

  /** Subjects so far: as many issues must be stored. */
  get subjects(): number {
    return this.#known;
  }

  /** Reports so far, each of which is a change. */
  get reports(): number {
    return this.#reports;
  }

  /** Only new subjects. */
  fresh(count: number, perRequest: number): Work {
    return { plans: [this.#fresh(count)], perRequest };
  }

  /** Half new, half known subjects. Throws when there are too few known ones: begin with `fresh`. */
  mixed(count: number, perRequest: number): Work {
    const half = count / 2;
    if (half > this.#known) throw new RangeError(`${half} known subjects are needed and there are ${this.#known}`);
    // A range that would run over the end begins again at the first subject.
    if (this.#cursor + half > this.#known) this.#cursor = 0;
    const known = this.#plan(this.#cursor, half);
    this.#cursor += half;
    return { plans: [this.#fresh(half), known], perRequest };
  }

  #fresh(count: number): ReportPlan {
    const plan = this.#plan(this.#known, count);
    this.#known += count;
    return plan;
  }

  #plan(first: number, count: number): ReportPlan {
    this.#pass += 1;
    this.#reports += count;
    return { namespaces: this.#namespaces, first, count, completedAt: this.#now(), pass: this.#pass };
  }
}
