import { expect, test } from 'vitest';
import { CROWDED, retryAfterSeconds } from './report.ts';

const crowded = { status: 429, error: `${CROWDED} source s has 2 Active ones in namespace n` };

test('what is refused for too many issues may come again after a minute, and anything sooner sets the time for all', () => {
  expect(retryAfterSeconds([{ status: 200 }, crowded])).toBe(60);
  expect(retryAfterSeconds([crowded, { status: 429, error: 'too many reports for namespace n' }])).toBe(1);
  expect(retryAfterSeconds([crowded, { status: 503 }])).toBe(1);
  expect(retryAfterSeconds([crowded, { status: 429, retryAfterSeconds: 20 }])).toBe(20);
  expect(retryAfterSeconds([{ status: 429, retryAfterSeconds: 90 }, crowded])).toBe(60);
  expect(retryAfterSeconds([{ status: 200 }, { status: 422, error: CROWDED }])).toBeUndefined();
});
