import { describe, expect, test } from 'vitest';
import { latest, Timing } from './timing.ts';

const NOW = Date.UTC(2026, 10, 21);
const at = (now = NOW): Timing => new Timing({ now: () => new Date(now) });
const ago = (ms: number): number => NOW - ms;

describe('how long something has lasted', () => {
  test('is exactly as long as the duration when it is looked at again then', () => {
    const timing = at();
    expect(timing.lasts(ago(100_000), '5m')).toBe(false);
    expect(timing.again).toEqual({ again: 200_000 });
    expect(at(NOW + 199_999).lasts(ago(100_000), '5m')).toBe(false);
    expect(at(NOW + 200_000).lasts(ago(100_000), '5m')).toBe(true);
  });

  test('of several things the soonest counts, and what has lasted asks for nothing', () => {
    const timing = at();
    expect([timing.lasts(ago(1_000), '1h'), timing.lasts(ago(1_000), '1m'), timing.lasts(ago(90_000), '1m')]).toEqual([
      false,
      false,
      true,
    ]);
    expect(timing.again).toEqual({ again: 59_000 });
    expect(at().again).toEqual({});
  });

  test('what began nobody knows when has lasted', () => {
    expect(at().lasts(undefined, '30d')).toBe(true);
  });
});

test('the time of the transition is the latest that was asked for, and none of the future', () => {
  const timing = at();
  expect(timing.observedAt).toEqual({});
  timing.at('2026-11-20T10:00:00Z');
  timing.at('2026-11-20T09:00:00Z');
  timing.at('2027-01-01T00:00:00Z');
  timing.at('yesterday');
  timing.at(7);
  expect(timing.observedAt).toEqual({ observedAt: '2026-11-20T10:00:00.000Z' });
});

test('the latest of the times that are known', () => {
  expect(latest(undefined, 3, undefined, 5)).toBe(5);
  expect(latest(undefined)).toBeUndefined();
});
