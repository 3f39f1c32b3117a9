import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KiteRow } from '../../apiserver/store/kite-database.ts';
import { Grouping, mergeRows } from './kite-groups.ts';

let ids = 0;
const row = (values: Partial<KiteRow> = {}): KiteRow => ({
  ...{ id: `id-${ids++}`, title: 't', description: 'd', severity: 'major', issue_type: 'pipeline', state: 'ACTIVE' },
  ...{ namespace: 'a', detected_at: 10, resolved_at: null, updated_at: 10, links: [] },
  ...{ resource_type: 'pipelinerun', resource_name: 'web', resource_namespace: 'a' },
  ...values,
});

test('the newest Active row says what is wrong, since the first of the Active ones', () => {
  const rows = [
    row({ detected_at: 1, updated_at: 9, state: 'RESOLVED', resolved_at: 9 }),
    row({ detected_at: 4, updated_at: 4, title: 'old', links: [{ title: 'x', url: 'https://x/1' }] }),
    row({ detected_at: 5, updated_at: 6, title: 'new', links: [{ title: 'y', url: 'https://x/1' }] }),
  ];
  expect(mergeRows(rows)).toMatchObject({ row: { title: 'new' }, isActive: true, openedAt: 4, resolvedAt: undefined });
  expect(mergeRows(rows)).toMatchObject({ updatedAt: 9, links: [{ title: 'y', url: 'https://x/1' }] });
});

test('without an Active row the issue is over as the newest one says', () => {
  const over = { state: 'RESOLVED' } as const;
  const merged = mergeRows([
    row({ ...over, updated_at: 3, resolved_at: 3, detected_at: 1 }),
    row({ ...over, updated_at: 8, resolved_at: 7, detected_at: 5 }),
  ]);
  expect(merged).toMatchObject({ isActive: false, openedAt: 5, resolvedAt: 7, updatedAt: 8 });
});

test('however the rows are cut into pages and ordered within an issue, the groups are the same', () => {
  const rows = fc.array(
    fc.record({
      resource_name: fc.constantFrom('a', 'b', 'c'),
      state: fc.constantFrom('ACTIVE', 'RESOLVED'),
      detected_at: fc.nat(20),
      updated_at: fc.nat(20),
    }),
  );
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 5 }), fc.boolean(), (given, size, reversed) => {
      const all = given.map((each, index) => row({ ...each, id: `id-${index}` }));
      const inOrder = (list: readonly KiteRow[]) =>
        list.toSorted((a, b) => (a.resource_name < b.resource_name ? -1 : a.resource_name > b.resource_name ? 1 : 0));
      const whole = new Grouping();
      const expected = [...whole.add(inOrder(all)), ...whole.end()];
      const cut = new Grouping();
      const pages = inOrder(reversed ? all.toReversed() : all);
      const groups = [];
      for (let from = 0; from < pages.length; from += size) groups.push(...cut.add(pages.slice(from, from + size)));
      groups.push(...cut.end());
      expect(groups).toEqual(expected);
      expect(groups.reduce((sum, group) => sum + group.ids.length, 0)).toBe(all.length);
    }),
  );
});
