import { expect, test } from 'vitest';
import { realisticSize, SMALL, storedRun } from './pipeline-runs.ts';

const bytes = (index: number, size = realisticSize(index)): number => JSON.stringify(storedRun(index, size)).length;

test('runs are as large as the goal says: 45 to 105 kB, 3,000 of them 226 MB', () => {
  const sizes = Array.from({ length: 100 }, (_, index) => bytes(index));
  expect(Math.min(...sizes)).toBeGreaterThan(45_000);
  expect(Math.max(...sizes)).toBeLessThan(105_000);
  const sum = (sizes.reduce((total, size) => total + size, 0) * 30) / 1e6;
  expect(sum).toBeGreaterThan(220);
  expect(sum).toBeLessThan(232);
  expect(bytes(1, SMALL)).toBeLessThan(10_000);
});

test('a run is the same every time, and another one has another name and subject', () => {
  const now = Date.UTC(2026, 10, 21);
  const one = storedRun(7, SMALL, { now });
  expect(storedRun(7, SMALL, { now })).toEqual(one);
  expect(storedRun(8, SMALL, { now }).metadata.name).not.toBe(one.metadata.name);
});
