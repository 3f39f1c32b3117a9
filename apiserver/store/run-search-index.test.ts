import { expect, test, vi } from 'vitest';
import { runSearchIndex } from './run-search-index.ts';
import { WakeUps } from './wake-ups.ts';

interface Told {
  held: boolean;
  steps: number;
  pauses: number;
}

function run(step: (n: number) => boolean, { held = () => true, ends }: { held?: () => boolean; ends: number }) {
  const told: Told & { errors: unknown[] } = { held: false, steps: 0, pauses: 0, errors: [] };
  const ending = new AbortController();
  let asked = 0;
  const done = runSearchIndex({
    index: {
      step: async () => ({ more: step(told.steps++), latest: 0 }),
      pause: () => {
        told.pauses++;
      },
    },
    lease: {
      held: async () => {
        if (++asked >= ends) ending.abort();
        return held();
      },
      [Symbol.asyncDispose]: async () => {},
    },
    signal: ending.signal,
    interval: 1,
    now: () => 0,
    onError: (error) => told.errors.push(error),
  });
  return done.then(() => told);
}

test('it works while the lease is held, and only then', async () => {
  expect(await run(() => true, { ends: 4 })).toMatchObject({ steps: 4, pauses: 0 });
  expect(await run(() => true, { ends: 4, held: () => false })).toMatchObject({ steps: 0, pauses: 4 });
});

test('a failure is told and tried again', async () => {
  const told = await run(
    (n) => {
      if (n === 1) throw new Error('away');
      return false;
    },
    { ends: 4 },
  );
  expect([told.steps, told.errors]).toEqual([4, [new Error('away')]]);
});

test('while nothing happens it looks every 5 s, after a commit at once, and what is said during a look is not lost', async () => {
  vi.useFakeTimers();
  const [ending, news] = [new AbortController(), new WakeUps()];
  const step = vi.fn(async () => ({ more: false, latest: 0 }));
  const lease = { held: async () => true, [Symbol.asyncDispose]: async () => {} };
  const done = runSearchIndex({
    ...{ index: { step, pause: () => {} }, lease, news, signal: ending.signal, now: Date.now },
    onError: (error) => expect.fail(String(error)),
  });
  await vi.advanceTimersByTimeAsync(4_900);
  expect(step).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(step).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(1_000);
  step.mockImplementationOnce(async () => {
    news.notify({ known: true });
    return { more: false, latest: 0 };
  });
  news.notify({ known: true });
  await vi.advanceTimersByTimeAsync(0);
  expect(step).toHaveBeenCalledTimes(3);
  await vi.advanceTimersByTimeAsync(500);
  expect(step).toHaveBeenCalledTimes(4);
  ending.abort();
  await done;
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
