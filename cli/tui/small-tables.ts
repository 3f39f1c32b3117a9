import { SEVERITIES } from '../../crds/issue-words.ts';
import type { SmallTable } from './frame/scene.ts';
import { byText } from './rows/order.ts';
import { type Counts, total, worst } from './rows/tally.ts';
import type { Lines } from './state/cursor.ts';

/** Open issues by something, the worst first. */
export function countsTable(head: string, counts: ReadonlyMap<string, Counts>, remarks: readonly string[]): SmallTable {
  const rows = [...counts].sort(([a, x], [b, y]) => compareCounts(x, y) || byText(a, b));
  return {
    columns: [head, ...SEVERITIES.map((severity) => severity.replace(/^./, (first) => first.toUpperCase())), 'Open'],
    rows: rows.map(([key, each]) => ({
      key,
      severity: worst(each),
      cells: [key, ...SEVERITIES.map((_, at) => String(each[at] ?? 0)), String(total(each))],
    })),
    remarks,
  };
}

/** More of what is worse comes first. */
export function compareCounts(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < a.length; at++) {
    const difference = (b[at] ?? 0) - (a[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The rows that have all the words. */
export function filteredTable(table: SmallTable, filter: string): SmallTable {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return table;
  const rows = table.rows.filter(({ cells }) => {
    const text = cells.join('\n').toLowerCase();
    return words.every((word) =>
      word.startsWith('!') && word.length > 1 ? !text.includes(word.slice(1)) : text.includes(word),
    );
  });
  return { ...table, rows };
}

/** As a cursor moves over them. */
export function linesOfTable({ rows }: SmallTable): Lines {
  return {
    count: rows.length,
    keyAt: (index) => rows[index]?.key,
    indexOf: (key) => rows.findIndex((row) => row.key === key),
  };
}
