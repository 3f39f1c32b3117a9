import { describe, expect, test } from 'vitest';
import { nextTime, parseSchedule, type Schedule } from './schedule.ts';

const next = (schedule: string, after: string, timeZone?: string): string | undefined => {
  const time = nextTime(parseSchedule(schedule) as Schedule, Date.parse(after), timeZone);
  return time === undefined ? undefined : new Date(time).toISOString().replace('.000Z', 'Z');
};

describe('the next time of a schedule', () => {
  test.each([
    ['0 * * * *', '2026-11-20T23:00:00Z', '2026-11-21T00:00:00Z'],
    ['0 * * * *', '2026-11-20T22:59:59Z', '2026-11-20T23:00:00Z'],
    ['*/15 * * * *', '2026-11-20T23:46:00Z', '2026-11-21T00:00:00Z'],
    ['5/20 * * * *', '2026-11-20T23:26:00Z', '2026-11-20T23:45:00Z'],
    ['30 2 * * MON-FRI', '2026-11-20T03:00:00Z', '2026-11-23T02:30:00Z'],
    ['0 0 31 * *', '2026-11-20T00:00:00Z', '2026-12-31T00:00:00Z'],
    ['0 0 29 2 *', '2026-03-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['0 0 1 jan,JUL *', '2026-03-01T00:00:00Z', '2026-07-01T00:00:00Z'],
    ['0 0 * * 7', '2026-11-20T00:00:00Z', '2026-11-22T00:00:00Z'],
    ['@weekly', '2026-11-20T00:00:00Z', '2026-11-22T00:00:00Z'],
    // Both days restricted: one of them is enough.
    ['0 0 13 * FRI', '2026-11-14T00:00:00Z', '2026-11-20T00:00:00Z'],
    ['0 0 13 * *', '2026-11-14T00:00:00Z', '2026-12-13T00:00:00Z'],
  ])('of %s after %s is %s', (schedule, after, expected) => {
    expect(next(schedule, after)).toBe(expected);
  });

  test.each([
    ['0 1 * * *', 'Europe/Berlin', '2026-11-20T00:30:00Z', '2026-11-21T00:00:00Z'],
    ['0 1 * * *', 'Europe/Berlin', '2026-07-20T00:30:00Z', '2026-07-20T23:00:00Z'],
    // The clock jumps from 2:00 to 3:00 that night.
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-29T01:30:00Z'],
    ['0 12 * * *', 'Pacific/Auckland', '2026-11-20T00:00:00Z', '2026-11-20T23:00:00Z'],
    ['0 12 * * *', 'America/Los_Angeles', '2026-11-20T00:00:00Z', '2026-11-20T20:00:00Z'],
  ])('of %s in %s after %s is %s', (schedule, timeZone, after, expected) => {
    expect(next(schedule, after, timeZone)).toBe(expected);
  });

  test('is none when no day is the 30th of February, or nobody knows the zone', () => {
    expect(next('0 0 30 2 *', '2026-11-20T00:00:00Z')).toBeUndefined();
    expect(next('0 0 * * *', '2026-11-20T00:00:00Z', 'Europe/Nowhere')).toBeUndefined();
  });
});

test.each([
  '',
  '* * * *',
  '* * * * * *',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * * 13 *',
  '* * * * 8',
  '5-1 * * * *',
  '*/0 * * * *',
  '1-2-3 * * * *',
  '1/2/3 * * * *',
  'x * * * *',
  '@every 1h',
  'constructor',
  '1.5 * * * *',
])('%j is no schedule that can be judged', (schedule) => {
  expect(parseSchedule(schedule)).toBeUndefined();
});
