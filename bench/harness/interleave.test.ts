import { expect, test } from 'vitest';
import { interleave } from './interleave.ts';

test('contestants take turns in alternating order, and the first round is not counted', async () => {
  const order: string[] = [];
  const contestant = (name: string) => async (repetition: number) => {
    order.push(`${name}${repetition}`);
    return repetition * 10;
  };
  const values = await interleave(2, { a: contestant('a'), b: contestant('b') });
  expect(order).toEqual(['a0', 'b0', 'b1', 'a1', 'a2', 'b2']);
  expect(values).toEqual({ a: [10, 20], b: [10, 20] });
});
