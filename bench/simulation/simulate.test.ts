import { expect, it } from 'vitest';
import { simulate } from './simulate.ts';

it('a small cluster through the real controller, engine and store ends as the oracle says', async () => {
  const size = { namespaces: 8, runs: 300, days: 18 };
  const { differences, totals, active, changes, reports, cells, storedBytes } = await simulate({
    ...{ size, seed: 8, sweepHours: 72, database: { embedded: 'memory' } },
  });
  expect(differences).toEqual([]);
  for (const count of [...Object.values(totals), active, storedBytes]) expect(count).toBeGreaterThan(0);
  expect(changes).toBeGreaterThan(5 * size.runs);
  // Repeated reports decide nothing.
  expect(reports).toBeGreaterThan(270);
  expect(cells.get('3A')).toBe(totals.opened);
  expect(cells.get('3C')).toBe(totals.reopened);
  expect(cells.get('4B')).toBe(totals.recovered);
}, 120_000);
