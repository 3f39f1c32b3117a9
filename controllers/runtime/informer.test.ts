import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../testing/manual-clock.ts';
import { Channel } from './channel.ts';
import { Informer } from './informer.ts';
import { silentLogger } from './logger.ts';
import type { SourceEvent } from './source.ts';

/** An informer whose lists end when the test says so. */
function createInformer() {
  const clock = new ManualClock();
  const lists: Channel<SourceEvent>[] = [];
  const informer = new Informer({
    source: {
      live: true,
      logs: async () => ({ missing: 'NotFound' }),
      async *watch(_, signal) {
        const events = new Channel<SourceEvent>();
        lists.push(events);
        signal.addEventListener('abort', () => events.close(), { once: true });
        events.push({ type: 'listing' });
        yield* events;
      },
    },
    ...{ apiVersions: ['v1'], kind: 'Pod', logger: silentLogger, clock },
    strip: (object) => object,
    accept: () => true,
  });
  const stop = new AbortController();
  const running = informer.run(stop.signal);
  return {
    ...{ clock, informer, lists },
    /** The list that runs is over. */
    async listed() {
      lists.at(-1)?.push({ type: 'synced' });
      await settle();
    },
    /** Whether it is over, later. */
    refresh(since?: number) {
      const state = { isOver: false };
      void informer.refresh(since).then(() => {
        state.isOver = true;
      });
      return state;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

describe('a refresh', () => {
  it('is one list more for all that ask while a list runs, which is not given up', async () => {
    await using world = createInformer();
    await settle();
    await world.listed();
    const first = world.refresh();
    await settle();
    expect(world.lists).toHaveLength(2);
    const others = [world.refresh(), world.refresh(), world.refresh()];
    await settle();
    expect(world.lists).toHaveLength(2);
    await world.listed();
    expect(first.isOver).toBe(true);
    expect(others.map(({ isOver }) => isOver)).toEqual([false, false, false]);
    expect(world.lists).toHaveLength(3);
    await world.listed();
    expect(others.map(({ isOver }) => isOver)).toEqual([true, true, true]);
    expect(world.lists).toHaveLength(3);
  });

  it('takes a list that began late enough, over or not', async () => {
    await using world = createInformer();
    await settle();
    await world.listed();
    const since = world.clock.now();
    await world.clock.advance(1);
    const shards = [world.refresh(since)];
    await settle();
    shards.push(world.refresh(since));
    await world.listed();
    shards.push(world.refresh(since));
    await settle();
    expect(shards.map(({ isOver }) => isOver)).toEqual([true, true, true]);
    expect(world.lists).toHaveLength(2);
  });
});
