import { expect, test } from 'vitest';
import { parseQuantity } from './quantity.ts';

test.each([
  ['0', 0],
  ['5', 5],
  [5, 5],
  ['9500m', 9.5],
  ['.5', 0.5],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['20G', 20e9],
  ['1e3', 1_000],
  ['2E', 2e18],
  ['100k', 100_000],
  ['-1', -1],
])('%j is %d', (text, expected) => {
  expect(parseQuantity(text)).toBe(expected);
});

test.each(['', 'Gi', '1 Gi', '1gi', '1KB', 'NaN', '1e999', null, {}, [1]])('%j is no quantity', (text) => {
  expect(parseQuantity(text)).toBeUndefined();
});
