import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { RetryLimiter } from './retry-limiter.ts';
import { TokenBucket } from './token-bucket.ts';

function setup({ qps = 10, burst = 100, base = 1_000 } = {}) {
  const clock = new ManualClock();
  const bucket = new TokenBucket({ qps, burst, clock });
  return { clock, limiter: new RetryLimiter({ base, max: 600_000, random: () => 1, bucket }) };
}

describe('retries', () => {
  it('wait twice as long after each failure of a key, and no longer than the longest wait', () => {
    const { limiter } = setup();
    const waits = Array.from({ length: 12 }, () => limiter.next('a/1'));
    expect(waits.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(waits.at(-1)).toBe(600_000);
    expect(limiter.next('a/2')).toBe(1_000);
    limiter.forget('a/1');
    expect(limiter.next('a/1')).toBe(1_000);
  });

  it('of ten thousand keys that fail together come back ten a second', () => {
    const { limiter } = setup();
    const waits = Array.from({ length: 10_000 }, (_, index) => limiter.next(`a/${index}`));
    expect(waits.slice(0, 100).every((ms) => ms === 1_000)).toBe(true);
    expect(waits.at(-1)).toBe((10_000 - 100) * 100);
  });

  it('never exceed burst and rate together, whenever they are asked for', async () => {
    const steps = fc.array(fc.record({ passes: fc.nat(5_000), keys: fc.nat(40) }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 50 }),
        async (asked, qps, burst) => {
          const { clock, limiter } = setup({ qps, burst, base: 0 });
          const due: number[] = [];
          for (const [step, { passes, keys }] of asked.entries()) {
            await clock.advance(passes);
            for (let key = 0; key < keys; key++) due.push(clock.now() + limiter.next(`${step}/${key}`));
          }
          due.sort((a, b) => a - b);
          // The most that ever came beyond the rate, over all stretches of time.
          let [least, most] = [Number.POSITIVE_INFINITY, 0];
          for (const [index, at] of due.entries()) {
            const beyond = index - (at / 1_000) * qps;
            least = Math.min(least, beyond);
            most = Math.max(most, beyond - least);
          }
          expect(most).toBeLessThanOrEqual(burst + 1e-3);
        },
      ),
    );
  });
});
