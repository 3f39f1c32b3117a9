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
