import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Slabs } from './slabs.ts';

test('what was taken is of its size and nobody else’s', () => {
  const sizes = fc.array(fc.oneof(fc.nat(3_000), fc.integer({ min: 60_000, max: 300_000 })), { maxLength: 100 });
  fc.assert(
    fc.property(sizes, (wanted) => {
      const slabs = new Slabs();
      const taken = wanted.map((bytes, index) => slabs.take(bytes).fill(index));
      expect(taken.map(({ length }) => length)).toEqual(wanted);
      expect(taken.every((buffer, index) => buffer.every((byte) => byte === index))).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test('small ones share an allocation, large ones have their own', () => {
  const slabs = new Slabs();
  const [a, b, large] = [slabs.take(3_000), slabs.take(3_000), slabs.take(100_000)];
  expect(a.buffer).toBe(b.buffer);
  expect(large.buffer.byteLength).toBe(100_000);
});
