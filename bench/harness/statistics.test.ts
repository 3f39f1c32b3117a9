import { describe, expect, test } from 'vitest';
import { median, percentile, spread } from './statistics.ts';

describe('median', () => {
  test('is the middle of an odd number of values, in any order', () => expect(median([9, 1, 5])).toBe(5));
  test('is between the middle two of an even number', () => expect(median([4, 1, 3, 2])).toBe(2.5));
  test('does not sort as text', () => expect(median([10, 9, 100])).toBe(10));
  test('of nothing is an error, not NaN in a table', () => expect(() => median([])).toThrow(RangeError));
});

test('a percentile is linear between neighbours and ends at the largest value', () => {
  const values = Array.from({ length: 101 }, (_, index) => index);
  expect(percentile(values, 99)).toBe(99);
  expect(percentile(values, 100)).toBe(100);
  expect(percentile([1, 2], 25)).toBe(1.25);
});

test('the spread is the smallest and the largest value', () => expect(spread([3, 1, 2])).toEqual({ min: 1, max: 3 }));
