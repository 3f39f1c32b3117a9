import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WakeUps } from './wake-ups.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Counts the turns that a subscriber gets. */
function count(wakeUps: WakeUps, signal: AbortSignal): { turns: number; ended: Promise<void> } {
  const seen = { turns: 0, ended: Promise.resolve() };
  seen.ended = (async () => {
    for await (const _ of wakeUps.subscribe(signal)) seen.turns += 1;
  })();
  return seen;
}

test('without any hint a subscriber looks every 200 ms', async () => {
  const ending = new AbortController();
  const seen = count(new WakeUps(), ending.signal);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(seen.turns).toBe(5);
  ending.abort();
  await seen.ended;
});

test('every subscriber is woken at once, and several hints in one turn are one', async () => {
  const ending = new AbortController();
  const wakeUps = new WakeUps();
  const seen = [count(wakeUps, ending.signal), count(wakeUps, ending.signal)];
  await vi.advanceTimersByTimeAsync(0);
  wakeUps.notify();
  wakeUps.notify();
  await vi.advanceTimersByTimeAsync(0);
  expect(seen.map(({ turns }) => turns)).toEqual([1, 1]);
  ending.abort();
  await Promise.all(seen.map(({ ended }) => ended));
});

test('a hint while the subscriber is busy is not lost', async () => {
  const ending = new AbortController();
  const wakeUps = new WakeUps();
  const hints = wakeUps.subscribe(ending.signal);
  const first = hints.next();
  await vi.advanceTimersByTimeAsync(200);
  await first;
  wakeUps.notify();
  const second = hints.next();
  await vi.advanceTimersByTimeAsync(10);
  expect((await second).done).toBe(false);
  ending.abort();
  expect((await hints.next()).done).toBe(true);
});

test('many hints in a row are one look every 10 ms, the first at once and the last not lost', async () => {
  const ending = new AbortController();
  const wakeUps = new WakeUps();
  const seen = count(wakeUps, ending.signal);
  await vi.advanceTimersByTimeAsync(0);
  for (let ms = 0; ms < 100; ms++) {
    wakeUps.notify();
    await vi.advanceTimersByTimeAsync(1);
  }
  expect(seen.turns).toBe(11);
  await vi.advanceTimersByTimeAsync(50);
  expect(seen.turns).toBe(11);
  ending.abort();
  await seen.ended;
});

test('a subscriber that is waiting ends when it is aborted, and leaves no timer', async () => {
  const ending = new AbortController();
  const seen = count(new WakeUps(), ending.signal);
  await vi.advanceTimersByTimeAsync(10);
  ending.abort();
  await seen.ended;
  expect(seen.turns).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('one connection listens for all subscribers, and only while there are some', async () => {
  const [listening, stopped] = [vi.fn(), vi.fn(async () => {})];
  const wakeUps = new WakeUps((onNotify) => {
    listening(onNotify);
    return { stop: stopped };
  });
  const [a, b] = [new AbortController(), new AbortController()];
  const seen = [count(wakeUps, a.signal), count(wakeUps, b.signal)];
  await vi.advanceTimersByTimeAsync(0);
  expect(listening).toHaveBeenCalledTimes(1);
  a.abort();
  await seen[0]?.ended;
  expect(stopped).not.toHaveBeenCalled();
  b.abort();
  await seen[1]?.ended;
  expect(stopped).toHaveBeenCalledTimes(1);
});

test('a commit that memory holds is no surprise; a notification, a poll and any other write are', async () => {
  const ending = new AbortController();
  let onNotify = (): void => {};
  const wakeUps = new WakeUps((notify) => {
    onNotify = notify;
    return { stop: async () => {} };
  });
  const seen = count(wakeUps, ending.signal);
  await vi.advanceTimersByTimeAsync(0);
  wakeUps.notify({ known: true });
  expect(wakeUps.surprises).toBe(0);
  wakeUps.notify();
  expect(wakeUps.surprises).toBe(1);
  onNotify();
  expect(wakeUps.surprises).toBe(2);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(wakeUps.surprises).toBeGreaterThan(2);
  ending.abort();
  await seen.ended;
});
