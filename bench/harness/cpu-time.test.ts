import { expect, test } from 'vitest';
import { cpuSeconds, parseTicks } from './cpu-time.ts';

test('user and system time, of children that ended too, are read behind a name with spaces and brackets', () => {
  expect(parseTicks('42 (a (b) c) S 1 42 42 0 -1 4194560 1 2 3 4 150 25 7 8 20 0 1 0 100')).toBe(190);
  expect(parseTicks('')).toBe(0);
});

test('the time of this process never falls', async () => {
  const before = await cpuSeconds(process.pid);
  expect(await cpuSeconds(process.pid)).toBeGreaterThanOrEqual(before);
});
