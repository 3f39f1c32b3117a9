import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOW, rowOf } from '../testing/issues.ts';
import { COMPARE, SORTS } from './order.ts';
import type { Row } from './row.ts';
import { SortedRows } from './sorted-rows.ts';

const rows = Array.from({ length: 2_000 }, (_, at) =>
  rowOf({
    name: `issue-${at}`,
    namespace: 'shop',
    openedAt: new Date(NOW - ((at * 7919) % 500) * 1_000).toISOString(),
  }),
);

function sortedBy(sort: (typeof SORTS)[number], from: readonly Row[]): SortedRows {
  const sorted = new SortedRows(COMPARE[sort]);
  for (const row of from) sorted.add(row);
  return sorted;
}

describe('sorted rows', () => {
  it('are those of a sorted array, however many came and went', () => {
    const numbers = fc.uniqueArray(fc.nat(rows.length - 1), { maxLength: 1_500 });
    fc.assert(
      fc.property(fc.constantFrom(...SORTS), numbers, numbers, (sort, come, go) => {
        const left = new Set(come);
        const sorted = sortedBy(
          sort,
          come.map((at) => rows[at] as Row),
        );
        for (const at of go) expect(sorted.remove(rows[at] as Row)).toBe(left.delete(at));
        const expected = [...left].map((at) => rows[at] as Row).sort(COMPARE[sort]);
        expect([...sorted]).toEqual(expected);
        expect(sorted.length).toBe(expected.length);
        for (const at of [0, Math.floor(expected.length / 2), expected.length - 1, expected.length]) {
          expect(sorted.at(at)).toBe(expected[at]);
        }
        for (const at of [...come, ...go].slice(0, 50)) {
          expect(sorted.indexOf(rows[at] as Row)).toBe(expected.indexOf(rows[at] as Row));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('lets no row go for another of the same place', () => {
    const [row = rowOf({ name: 'x', namespace: 'shop' })] = rows;
    const sorted = sortedBy('severity', [row]);
    expect([sorted.remove({ ...row }), sorted.length, sorted.indexOf({ ...row })]).toEqual([false, 1, 0]);
  });
});
