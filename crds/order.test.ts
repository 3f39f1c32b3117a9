import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareOrder, type OrderKey } from './order.ts';

const run = (fields: Partial<Extract<OrderKey, { class: 'run' }>> = {}): OrderKey => ({
  class: 'run',
  completedAt: 1_000,
  createdAt: 500,
  uid: 'm',
  detail: 1,
  epoch: 1,
  sequence: 1,
  ...fields,
});
const { completedAt: _missing, ...unfinished } = run() as Extract<OrderKey, { class: 'run' }>;

describe('a run is newer', () => {
  test.each<[string, OrderKey, OrderKey]>([
    ['when it completed later, whenever it was created', run({ completedAt: 1_001, createdAt: 0 }), run()],
    ['when it has a completion time at all', run(), unfinished],
    ['when it was created later and both completed in the same second', run({ createdAt: 501 }), run()],
    ['by its uid when all times tie', run({ uid: 'n' }), run()],
    ['when the same run is looked at with more detail', run({ detail: 2, epoch: 0, sequence: 0 }), run()],
    ['when a later leader looks with the same detail', run({ epoch: 2, sequence: 0 }), run()],
    ['when the same leader looks again', run({ sequence: 2 }), run()],
  ])('%s', (_why, newer, older) => {
    expect(compareOrder(newer, older)).toBeGreaterThan(0);
    expect(compareOrder(older, newer)).toBeLessThan(0);
    expect(compareOrder(newer, newer)).toBe(0);
  });
});

test('compareOrder is a total order over all classes: antisymmetric and transitive', () => {
  const small = fc.integer({ min: 0, max: 2 });
  const key: fc.Arbitrary<OrderKey> = fc.oneof(
    fc.record(
      {
        class: fc.constant('run' as const),
        completedAt: small,
        createdAt: small,
        uid: fc.constantFrom('a', 'b'),
        detail: small,
        epoch: small,
        sequence: small,
      },
      { requiredKeys: ['class', 'uid', 'detail', 'epoch', 'sequence'] },
    ),
    fc.record({ class: fc.constant('state' as const), epoch: small, sequence: small }),
    fc.record({ class: fc.constant('received' as const), stampedAt: small }),
  );
  fc.assert(
    fc.property(key, key, key, (a, b, c) => {
      expect(Math.sign(compareOrder(a, b)) + Math.sign(compareOrder(b, a))).toBe(0);
      if (compareOrder(a, b) <= 0 && compareOrder(b, c) <= 0) expect(compareOrder(a, c)).toBeLessThanOrEqual(0);
    }),
    { numRuns: 2_000 },
  );
});
