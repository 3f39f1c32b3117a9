import { describe, expect, it } from 'vitest';
import type { SqlStore } from '../../apiserver/store/sql-store.ts';
import { StoreUnavailable } from '../../apiserver/store/store.ts';
import type { Clock } from '../../controllers/runtime/index.ts';
import { ConnectingStore } from './connecting-store.ts';

/** A clock that fires when the test says so. */
class ManualClock implements Clock {
  readonly waits: number[] = [];
  readonly #callbacks: (() => void)[] = [];
  now = () => 0;
  after(ms: number, callback: () => void): () => void {
    this.waits.push(ms);
    this.#callbacks.push(callback);
    return () => {};
  }
  tick(): void {
    for (const callback of this.#callbacks.splice(0)) callback();
  }
}

const opened = { lastChange: async () => 7, ping: async () => true, [Symbol.asyncDispose]: async () => {} } as SqlStore;

function connecting(outcomes: (Error | SqlStore)[]) {
  const clock = new ManualClock();
  const faults: string[] = [];
  const store = new ConnectingStore({
    database: { url: 'postgres://nowhere' },
    clusterId: 'c',
    clock,
    onUnavailable: (message) => faults.push(message),
    async open() {
      const outcome = outcomes.shift();
      if (outcome === undefined || outcome instanceof Error) throw outcome;
      return outcome;
    },
  });
  return { store, clock, faults };
}
/** Lets everything happen that needs no clock. */
const settle = () => new Promise((done) => setImmediate(done));

describe('a store whose database is away at the start', () => {
  it('is unavailable until the database answers, tries with growing pauses, and tells each cause once', async () => {
    const away = new StoreUnavailable('refused');
    const { store, clock, faults } = connecting([away, away, new StoreUnavailable('starting'), opened]);
    await settle();
    await expect(store.lastChange()).rejects.toThrow(StoreUnavailable);
    await expect(store.changes('issues').snapshot()).rejects.toThrow(StoreUnavailable);
    expect(await store.ping()).toBe(false);
    for (let attempt = 0; attempt < 3; attempt++) {
      clock.tick();
      await settle();
    }
    expect(await store.lastChange()).toBe(7);
    expect(await store.ping()).toBe(true);
    expect({ faults, waits: clock.waits }).toEqual({ faults: ['refused', 'starting'], waits: [500, 1_000, 2_000] });
  });

  it('is away from the first time that it was not reached, and not while it is being opened', async () => {
    const { store, clock } = connecting([new StoreUnavailable('refused'), opened]);
    expect(await store.away()).toBe(false);
    await settle();
    expect(await store.away()).toBe(true);
    clock.tick();
    await settle();
    expect(await store.away()).toBe(false);
  });

  it('gives up at once when the database can never be used', async () => {
    const { store, clock } = connecting([new Error('this database holds the issues of another cluster')]);
    await expect(store.opened).rejects.toThrow('another cluster');
    expect(clock.waits).toEqual([]);
  });

  it('ends while it is still trying', async () => {
    const { store, clock } = connecting([new StoreUnavailable('refused'), new StoreUnavailable('refused')]);
    await settle();
    const ended = store[Symbol.asyncDispose]();
    clock.tick();
    await expect(ended).resolves.toBeUndefined();
  });
});
