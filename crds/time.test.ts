import { describe, expect, test } from 'vitest';
import { humanDuration, parseDuration } from './duration.ts';
import { formatTime, parseTime } from './time.ts';

describe('parseTime', () => {
  test.each([
    ['2026-11-21T07:33:45Z', Date.UTC(2026, 10, 21, 7, 33, 45)],
    ['2026-11-21T08:33:45.123456+01:00', Date.UTC(2026, 10, 21, 7, 33, 45, 123)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ])('reads %s', (text, ms) => expect(parseTime(text)).toBe(ms));

  test.each([
    ['2026-02-30T00:00:00Z', 'a day that does not exist'],
    ['2026-11-21', 'a date without a time'],
    ['2026-11-21T07:33:45', 'no time zone'],
    ['yesterday', 'words'],
    ['2026-13-01T00:00:00Z', 'month 13'],
    [1_700_000_000, 'a number'],
    [undefined, 'nothing'],
  ] as [unknown, string][])('refuses %s: %s', (text) => expect(parseTime(text)).toBeUndefined());
});

test('formatTime writes whole seconds in UTC, as every time of a Kubernetes object', () => {
  expect(formatTime(Date.UTC(2026, 0, 2, 3, 4, 5, 678))).toBe('2026-01-02T03:04:05Z');
});

describe('parseDuration', () => {
  test.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['14d', 1_209_600_000],
    ['1.5h', 5_400_000],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each(['', '5', 'h', '5 m', '-1h', '1h!', '1y'])('refuses "%s" and says how to write one', (text) => {
    expect(() => parseDuration(text)).toThrow(/is not a duration: write for example/);
  });
});

// The expectations of k8s.io/apimachinery/pkg/util/duration, HumanDuration.
test.each([
  [-3_000, '<invalid>'],
  [0, '0s'],
  [119_999, '119s'],
  [120_000, '2m'],
  [190_000, '3m10s'],
  [600_000, '10m'],
  [179 * 60_000, '179m'],
  [180 * 60_000, '3h'],
  [3_900_000 * 3, '3h15m'],
  [47 * 3_600_000, '47h'],
  [50 * 3_600_000, '2d2h'],
  [10 * 86_400_000, '10d'],
  [800 * 86_400_000, '2y70d'],
])('an age of %d ms prints as %s', (ms, text) => expect(humanDuration(ms)).toBe(text));
