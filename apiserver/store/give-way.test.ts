import { expect, test } from 'vitest';
import { GiveWay } from './give-way.ts';

function following() {
  let now = 0;
  const way = new GiveWay(() => now);
  return (after: number, took: number, latest: number): number => {
    now += after;
    return way.rest(took, latest);
  };
}

test('a follower works for a third of the time', () => {
  const rest = following();
  expect(rest(0, 30, 1_000_000)).toBe(60);
  expect(rest(1_000, 50, 1_000_100)).toBe(100);
});

test('while changes pour in it works for a thirteenth, and again for a third when they are over', () => {
  const rest = following();
  rest(0, 30, 0);
  expect(rest(1_000, 10, 5_000)).toBe(120);
  expect(rest(100, 10, 5_021)).toBe(120);
  expect(rest(100, 10, 5_022)).toBe(20);
});
