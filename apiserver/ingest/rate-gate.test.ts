import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RateGate, type RateLimits } from './rate-gate.ts';

const NO_LIMIT = { reportsPerSecond: 0, burst: 1 };

function gate(limits: Partial<RateLimits>) {
  const clock = { now: 1_000_000 };
  const of = new RateGate({ namespace: NO_LIMIT, source: NO_LIMIT, ...limits }, () => clock.now);
  const take = (namespace: string, source = 's') => of.take({ namespace, source });
  const takeMany = (count: number, namespace: string, source = 's'): number =>
    Array.from({ length: count }, () => take(namespace, source)).filter((refusal) => refusal === undefined).length;
  return { clock, take, takeMany };
}

describe('a rate', () => {
  test('lets a burst in at once, and then so many a second', () => {
    const { clock, takeMany } = gate({ namespace: { reportsPerSecond: 10, burst: 30 } });
    expect(takeMany(100, 'noisy')).toBe(30);
    clock.now += 500;
    expect(takeMany(100, 'noisy')).toBe(5);
    clock.now += 3_600_000;
    expect(takeMany(100, 'noisy')).toBe(30);
  });

  test('of a namespace is its own: another one is not slowed down by it', () => {
    const { takeMany } = gate({ namespace: { reportsPerSecond: 1, burst: 5 } });
    takeMany(1_000, 'noisy');
    expect(takeMany(5, 'quiet')).toBe(5);
  });

  test('of a source is its own in each namespace, and what it refuses uses nothing of the namespace up', () => {
    const { takeMany, take } = gate({
      namespace: { reportsPerSecond: 1, burst: 5 },
      source: { reportsPerSecond: 1, burst: 3 },
    });
    expect(takeMany(10, 'a', 'loud')).toBe(3);
    expect(take('a', 'loud')).toMatchObject({
      limit: 'source',
      error: 'too many reports for source loud in namespace a: 1 a second are taken (limits.source)',
    });
    expect(takeMany(10, 'b', 'loud')).toBe(3);
    expect(takeMany(10, 'a', 'other')).toBe(2);
  });

  test('says which limit it is, of whom, and when to try again', () => {
    const { take } = gate({ namespace: { reportsPerSecond: 0.1, burst: 1 } });
    take('noisy');
    expect(take('noisy')).toEqual({
      limit: 'namespace',
      error: 'too many reports for namespace noisy: 0.1 a second are taken (limits.namespace)',
      retryAfterSeconds: 10,
    });
  });

  test('that is 0 is none', () => {
    expect(gate({}).takeMany(100_000, 'noisy')).toBe(100_000);
  });

  test('gives and takes nothing for a clock that is set back', () => {
    const { clock, takeMany } = gate({ namespace: { reportsPerSecond: 10, burst: 10 } });
    takeMany(10, 'noisy');
    clock.now -= 60_000;
    expect(takeMany(10, 'noisy')).toBe(0);
    clock.now += 1_000;
    expect(takeMany(100, 'noisy')).toBe(10);
  });

  test('remembers 10,000 keys at most, and forgets first who was not heard of for longest', () => {
    const { take, takeMany } = gate({ namespace: { reportsPerSecond: 0.001, burst: 2 } });
    takeMany(2, 'first');
    takeMany(2, 'second');
    for (let n = 0; n < 9_999; n++) take(`n-${n}`);
    expect(take('second')).toBeDefined();
    expect(take('first')).toBeUndefined();
  });

  test('whatever comes and when: never more than burst + rate × time', () => {
    const arrivals = fc.array(
      fc.record({ pause: fc.integer({ min: 0, max: 3_000 }), count: fc.integer({ min: 1, max: 20 }) }),
    );
    fc.assert(
      fc.property(
        arrivals,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        (each, perSecond, burst) => {
          const { clock, takeMany } = gate({ namespace: { reportsPerSecond: perSecond, burst } });
          const begun = clock.now;
          let taken = 0;
          for (const { pause, count } of each) {
            clock.now += pause;
            taken += takeMany(count, 'noisy');
            expect(taken).toBeLessThanOrEqual(burst + (perSecond * (clock.now - begun)) / 1_000 + 1e-6);
          }
        },
      ),
    );
  });
});
