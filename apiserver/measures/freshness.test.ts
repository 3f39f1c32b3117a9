import { expect, test } from 'vitest';
import { Freshness, probeFreshness } from './freshness.ts';

function world() {
  const state = { now: 0, synced: true, resourceVersion: 10 };
  const listeners = new Set<() => void>();
  const seen: number[] = [];
  const freshness = new Freshness({
    cache: {
      get synced() {
        return state.synced;
      },
      get resourceVersion() {
        return state.resourceVersion;
      },
      onAdvance(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    visible: (seconds) => seen.push(seconds),
    now: () => state.now,
  });
  const reach = (change: number): void => {
    state.resourceVersion = change;
    for (const listener of listeners) listener();
  };
  return { state, seen, freshness, reach };
}

test('a change is visible when the feed reaches its number, and the time between is told once', () => {
  const { state, seen, freshness, reach } = world();
  freshness.stored(12);
  freshness.stored(14);
  state.now = 300;
  reach(13);
  state.now = 2_000;
  reach(14);
  reach(15);
  expect(seen).toEqual([0.3, 2]);
});

test('what is visible already when it is told was visible at once', () => {
  const { seen, freshness } = world();
  freshness.stored(9);
  expect(seen).toEqual([0]);
});

test('staleness grows while the feed stands still, and ends when it goes on', () => {
  const { state, freshness, reach } = world();
  state.now = 60_000;
  freshness.stored(20);
  state.now = 90_000;
  expect(freshness.staleness).toBe(90);
  reach(20);
  expect(freshness.staleness).toBe(30);
});

test('a feed that stands still for long holds a bounded number of changes', () => {
  const { seen, freshness, reach } = world();
  for (let change = 20; change < 5_000; change++) freshness.stored(change);
  reach(5_000);
  expect(seen.length).toBe(1_024);
});

test('probes tell what others stored, as of when they asked, and nothing while nobody answers', async () => {
  const ending = new AbortController();
  const answers: (number | Error)[] = [7, new Error('away'), 9];
  const told: (readonly [number, number | undefined])[] = [];
  let now = 0;
  await probeFreshness({
    freshness: { stored: (change, at) => told.push([change, at]) },
    latest: async () => {
      now += 100;
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer ?? 0;
    },
    now: () => now,
    sleep: async (ms) => {
      now += ms;
      if (answers.length === 0) ending.abort();
    },
    signal: ending.signal,
  });
  expect(told).toEqual([
    [7, 0],
    [9, 10_200],
  ]);
});
