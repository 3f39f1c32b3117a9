import { expect, test } from 'vitest';
import { FirstSeen } from './first-seen.ts';

test('what is asked for stays, what nobody asks for any more is forgotten', () => {
  const seen = new FirstSeen(100);
  expect(seen.since('a', 1_000)).toBe(1_000);
  expect(seen.since('b', 1_010)).toBe(1_010);
  expect(seen.since('a', 1_090)).toBe(1_000);
  expect(seen.since('c', 1_150)).toBe(1_150);
  expect(seen.size).toBe(2);
  expect(seen.since('a', 1_180)).toBe(1_000);
  expect(seen.since('b', 1_180)).toBe(1_180);
  seen.forget('a');
  expect(seen.since('a', 1_180)).toBe(1_180);
});
