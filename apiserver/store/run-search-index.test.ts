import { expect, test } from 'vitest';
import { runSearchIndex } from './run-search-index.ts';

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
