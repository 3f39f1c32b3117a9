import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEVERITIES } from '../../../crds/issue-words.ts';
import { linesOf, Model } from '../model.ts';
import { ISSUES, type IssuesView } from '../state/state.ts';
import { type Given, NOW, rowOf, tableRowsOf } from '../testing/issues.ts';
import { GROUPINGS, groupKey, Listing, labelOf } from './listing.ts';
import { COMPARE, SORTS } from './order.ts';
import type { Row } from './row.ts';
import { total } from './tally.ts';

const OPTIONS = { all: false, wide: false, sort: 'severity', theme: 'dark' } as const;

const given: fc.Arbitrary<Given> = fc.record({
  name: fc.stringMatching(/^[a-f]{1,2}$/),
  namespace: fc.constantFrom('team-a', 'team-b', 'shop'),
  severity: fc.constantFrom(...SEVERITIES),
  state: fc.constantFrom('Active' as const, 'Resolved' as const),
  group: fc.constantFrom('x', 'y'),
  openedAt: fc.integer({ min: NOW - 9e6, max: NOW }).map((ms) => new Date(ms).toISOString()),
});
const step = fc.oneof(
  { weight: 3, arbitrary: fc.array(given, { maxLength: 30 }).map((put) => ({ put, remove: [] as string[] })) },
  fc
    .array(fc.tuple(fc.constantFrom('team-a', 'team-b', 'shop'), fc.stringMatching(/^[a-f]{1,2}$/)), { maxLength: 10 })
    .map((keys) => ({ put: [] as Given[], remove: keys.map((key) => key.join('/')) })),
);

/** All lines, as they are looked at one by one. */
function linesIn(listing: Listing): string[] {
  return Array.from({ length: listing.count }, (_, at) => listing.lineAt(at)?.key ?? 'missing');
}

describe('a list that follows changes', () => {
  it('is at every moment the list that would be made anew, whatever came in which order', () => {
    const collapsed = fc.subarray(['team-a', 'shop', 'x', 'critical']);
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 12 }),
        fc.constantFrom(...SORTS),
        fc.constantFrom(...GROUPINGS),
        fc.boolean(),
        collapsed,
        (steps, sort, grouping, all, folded) => {
          const model = new Model();
          const view: IssuesView = { ...ISSUES, grouping, collapsed: new Set(folded), filter: 'sev>=minor' };
          const options = { ...OPTIONS, sort, all };
          for (const { put, remove } of steps) {
            const listing = model.listing(view, options, NOW);
            model.apply(tableRowsOf(put), remove);
            const anew = new Listing(listing.how, [...model.store.all()].sort(COMPARE[sort]));
            expect(linesIn(listing)).toEqual(linesIn(anew));
            expect(listing.counts).toEqual(anew.counts);
            expect(listing.size).toBe(anew.size);
            const lines = linesOf(listing, model);
            linesIn(listing).forEach((key, at) => {
              expect(lines.indexOf(key)).toBe(at);
            });
          }
          const open = [...model.store.all()].filter(({ active }) => active);
          expect(total(model.counts(undefined))).toBe(open.length);
          for (const [namespace, counts] of model.byNamespace.counts) {
            expect(total(counts)).toBe(open.filter((row) => row.namespace === namespace).length);
          }
        },
      ),
    );
  });

  it('groups have their heads and their counts, and the worst comes first', () => {
    const model = new Model();
    model.apply(
      tableRowsOf([
        { name: 'a', namespace: 'alpha', severity: 'minor' },
        { name: 'b', namespace: 'beta', severity: 'critical' },
        { name: 'c', namespace: 'beta', severity: 'major' },
      ]),
      [],
    );
    const listing = model.listing({ ...ISSUES, grouping: 'namespace' }, OPTIONS, NOW);
    expect(linesIn(listing)).toEqual([groupKey('beta'), 'beta/b', 'beta/c', groupKey('alpha'), 'alpha/a']);
    const folded = model.listing({ ...ISSUES, grouping: 'namespace', collapsed: new Set(['beta']) }, OPTIONS, NOW);
    expect(linesIn(folded)).toEqual([groupKey('beta'), groupKey('alpha'), 'alpha/a']);
    expect(folded.size).toBe(3);
  });

  it('a row has one label in every grouping', () => {
    const row: Row = rowOf({ name: 'a' });
    expect(GROUPINGS.map((grouping) => labelOf(row, grouping))).toEqual([
      '',
      'shop',
      '(no application)',
      '(no group)',
      'major',
    ]);
  });
});
