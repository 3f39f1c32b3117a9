import { SEVERITIES } from '../../../crds/issue-words.ts';
import type { Row } from './row.ts';
import type { RowChanges } from './row-store.ts';

/** How many Active issues there are of each severity; the last one is of severities that are not known. */
export type Counts = number[];

export function noCounts(): Counts {
  return new Array<number>(SEVERITIES.length + 1).fill(0);
}

export function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The worst severity that there is; beyond all of them when there is none. */
export function worst(counts: readonly number[]): number {
  const found = counts.findIndex((count) => count > 0);
  return found < 0 ? counts.length : found;
}

/** Counts Active issues by something that they have, as they change. */
export class Tally {
  readonly counts = new Map<string, Counts>();
  readonly #of: (row: Row) => string;

  constructor(of: (row: Row) => string) {
    this.#of = of;
  }

  apply({ gone, come }: RowChanges): void {
    for (const row of gone) this.#add(row, -1);
    for (const row of come) this.#add(row, 1);
  }

  #add(row: Row, by: number): void {
    if (!row.active) return;
    const key = this.#of(row);
    let counts = this.counts.get(key);
    if (counts === undefined) {
      counts = noCounts();
      this.counts.set(key, counts);
    }
    counts[row.severity] = (counts[row.severity] ?? 0) + by;
    if (total(counts) === 0) this.counts.delete(key);
  }

  clear(): void {
    this.counts.clear();
  }
}
