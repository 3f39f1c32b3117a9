import type { Row } from './row.ts';

export const SORTS = ['severity', 'since', 'last-seen', 'name', 'namespace', 'count'] as const;
export type Sort = (typeof SORTS)[number];

export type Compare = (a: Row, b: Row) => number;

/** Orders in which no two rows are equal: the key decides at last. */
export const COMPARE: Readonly<Record<Sort, Compare>> = {
  severity: (a, b) => a.severity - b.severity || b.openedAt - a.openedAt || byKey(a, b),
  since: (a, b) => b.openedAt - a.openedAt || byKey(a, b),
  'last-seen': (a, b) => b.lastSeenAt - a.lastSeenAt || byKey(a, b),
  name: (a, b) => byText(a.name, b.name) || byKey(a, b),
  namespace: (a, b) => byText(a.namespace, b.namespace) || a.severity - b.severity || byKey(a, b),
  count: (a, b) => b.occurrences - a.occurrences || byKey(a, b),
};

export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byKey(a: Row, b: Row): number {
  return byText(a.key, b.key);
}

/** Where the row is in a sorted list, or where it belongs. */
export function positionOf(rows: readonly Row[], row: Row, compare: Compare): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(rows[middle] as Row, row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** One sorted list of two; the second may be unsorted. What is small is put in its places, what is large is merged. */
export function mergeInto(rows: Row[], more: readonly Row[], compare: Compare): Row[] {
  if (more.length === 0) return rows;
  if (more.length * 16 < rows.length) {
    for (const row of more) rows.splice(positionOf(rows, row, compare), 0, row);
    return rows;
  }
  const sorted = [...more].sort(compare);
  const merged: Row[] = new Array<Row>(rows.length + sorted.length);
  let [left, right] = [0, 0];
  for (let at = 0; at < merged.length; at++) {
    const [a, b] = [rows[left], sorted[right]];
    if (b === undefined || (a !== undefined && compare(a, b) <= 0)) {
      merged[at] = a as Row;
      left++;
    } else {
      merged[at] = b;
      right++;
    }
  }
  return merged;
}

/** Takes rows out of a sorted list: they must be those that are in it. */
export function takeOut(rows: Row[], gone: readonly Row[], compare: Compare): Row[] {
  if (gone.length === 0) return rows;
  if (gone.length * 16 < rows.length) {
    for (const row of gone) {
      const at = positionOf(rows, row, compare);
      if (rows[at] === row) rows.splice(at, 1);
    }
    return rows;
  }
  const all = new Set(gone);
  return rows.filter((row) => !all.has(row));
}
