import { afterEach, describe, expect, it } from 'vitest';
import type { FakeApiServer } from '../testing/fake-api-server.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { cleanUp, eventually, follow, openWorld, request, steps, widgets } from '../testing/reflector-world.ts';
import { createReflector, type ReflectorState } from './reflector.ts';

afterEach(cleanUp);

const HOUR = 3_600_000;

describe('the safety relist', () => {
  it('comes after 12 hours, a tenth less or more, and asks for the very moment that the watch has told of', async () => {
    const world = await openWorld((api) => api.put('a', 'one', 1));
    const reflector = createReflector(world.options, request);
    const signal = AbortSignal.timeout(60_000);
    let state: ReflectorState = { phase: 'discover' };
    while (state.phase !== 'watch') [, state] = await reflector.step(state, signal);
    await world.clock.advance(12 * HOUR * 0.9 - 1);
    [, state] = await reflector.step(state, signal);
    expect(state.phase).toBe('watch');
    await world.clock.advance(1);
    const phases: string[] = [];
    while (phases.at(-1) !== 'watch') {
      [, state] = await reflector.step(state, signal);
      phases.push(state.phase);
    }
    expect(phases).toEqual(['page', 'openWatch', 'watch']);
    expect(world.api.requests.at(-2)).toContain('resourceVersion=101&resourceVersionMatch=Exact');
    expect(world.api.requests.at(-1)).toContain('resourceVersion=101');
    if (state.phase === 'watch') state.stream.close();
  });

  it('counts nothing that is still on its way to the watch', async () => {
    const { api, clock, informer, same } = await follow((fake) => fake.put('a', 'one', 1), { relistPeriodMs: 60_000 });
    await same();
    await eventually(() => api.openWatches === 1);
    const late = clock.advance(60_000);
    api.put('a', 'one', 2);
    api.put('a', 'two', 1);
    api.delete('a', 'two');
    await late;
    await same();
    await eventually(() => api.requests.some((path) => path.includes('Exact')));
    expect(informer.missed).toBe(0);
  });

  it('finds a change, a creation and a deletion that the watch kept to itself, and counts each', async () => {
    const world = await follow(
      (fake) => {
        fake.put('a', 'changed', 1);
        fake.put('a', 'deleted', 1);
      },
      { relistPeriodMs: 60_000 },
    );
    const { api, clock, informer, isSame, same } = world;
    await same();
    await eventually(() => api.openWatches === 1);
    for (let count = 0; count < 3; count++) api.fault({ type: 'lie' });
    api.put('a', 'changed', 2);
    api.put('a', 'created', 1);
    api.delete('a', 'deleted');
    api.put('a', 'told', 1);
    await eventually(() => informer.cache.get('a/told') !== undefined);
    expect(isSame()).toBe(false);
    await clock.advance(60_000);
    await same();
    await eventually(() => informer.missed > 0);
    expect(informer.missed).toBe(3);
    await clock.advance(60_000);
    await same();
    expect(informer.missed).toBe(3);
  });

  it('lists what is there now when that moment is gone, and does not take later changes for missed ones', async () => {
    const { api, clock, informer, same } = await follow(
      (fake) => {
        fake.put('a', 'one', 1);
        fake.put('a', 'two', 1);
      },
      { relistPeriodMs: 60_000 },
    );
    await same();
    await eventually(() => api.openWatches === 1);
    for (let count = 0; count < 2; count++) api.fault({ type: 'lie' });
    api.put('a', 'one', 2);
    api.delete('a', 'two');
    api.fault({ type: 'compact' });
    await clock.advance(60_000);
    await same();
    // What the watch was told to be past is not among it: it never said so.
    expect(informer.missed).toBe(0);
    // From the store: what the server serves watches from is what may have lost it.
    const streamed = api.requests.filter((path) => path.includes('sendInitialEvents')).at(-1);
    expect(streamed).not.toMatch(/[?&]resourceVersion=/);
  });
});

describe('a relist that the server asked for', () => {
  it('counts nothing that happened since the watch ended', async () => {
    const { api, informer, same } = await follow((fake) => fake.put('a', 'one', 1));
    await same();
    await eventually(() => api.openWatches === 1);
    api.fault({ type: 'errorEvent', code: 410 });
    api.put('a', 'two', 1);
    api.delete('a', 'one');
    api.fault({ type: 'compact' });
    await same();
    expect(informer.missed).toBe(0);
  });

  it('counts what the watch was already past', async () => {
    const { api, informer, same } = await follow((fake) => fake.put('a', 'one', 1));
    await same();
    await eventually(() => api.openWatches === 1);
    api.fault({ type: 'lie' });
    api.put('a', 'one', 2);
    api.put('a', 'two', 1);
    await eventually(() => informer.cache.size === 2);
    api.fault({ type: 'errorEvent', code: 410 });
    api.fault({ type: 'compact' });
    await same();
    expect(informer.missed).toBe(1);
  });
});

describe('a server that cannot keep up with its store', () => {
  it('lists again what it has by then, and goes on from there: nobody waits until it has caught up', async () => {
    const { api, informer, same } = await follow((fake) => fake.put('a', 'one', 1));
    await same();
    await eventually(() => api.openWatches === 1);
    api.fault({ type: 'errorEvent', code: 410 });
    api.put('a', 'one', 2);
    api.fault({ type: 'lag' });
    api.put('a', 'two', 1);
    await eventually(() => informer.cache.get('a/one')?.metadata.resourceVersion === '102');
    expect(informer.cache.get('a/two')).toBeUndefined();
    await eventually(() => api.openWatches === 1);
    api.fault({ type: 'catchUp' });
    await same();
    expect(informer.missed).toBe(0);
    expect(informer.faults).toEqual([]);
  });

  it('is asked for what is stored now when it does not know yet, or no more, what was told', async () => {
    const { api, informer, same } = await follow((fake) => fake.put('a', 'one', 1));
    await same();
    await eventually(() => api.openWatches === 1);
    api.put('a', 'two', 1);
    await eventually(() => informer.cache.size === 2);
    api.fault({ type: 'lag', behind: 1 });
    api.fault({ type: 'errorEvent', code: 410 });
    const streamed = (): string[] => api.requests.filter((path) => path.includes('sendInitialEvents'));
    await eventually(() => streamed().length >= 3);
    const [first, again, latest] = streamed().map((path) => new URLSearchParams(path).get('resourceVersion'));
    expect([first, again, latest]).toEqual([null, '102', null]);
    api.fault({ type: 'catchUp' });
    await same();
    expect(informer.missed).toBe(0);
  });
});

describe('what a server never tells', () => {
  it('an older change after a newer one: everything is listed again, and nothing counts as missed', async () => {
    const { api, informer, same } = await follow((fake) => fake.put('a', 'one', 1));
    await same();
    await eventually(() => api.openWatches === 1);
    api.put('a', 'one', 2);
    api.put('a', 'two', 1);
    const before = api.requests.length;
    api.fault({ type: 'repeat', back: 1 });
    await eventually(() => api.requests.length > before);
    await same();
    expect(informer.missed).toBe(0);
  });

  it('the same change twice: nothing happens', async () => {
    const { api, same } = await follow((fake) => fake.put('a', 'one', 1));
    await same();
    await eventually(() => api.openWatches === 1);
    api.put('a', 'one', 2);
    const before = api.requests.length;
    api.fault({ type: 'repeat', back: 0 });
    api.put('a', 'one', 3);
    await same();
    expect(api.requests).toHaveLength(before);
  });

  it('a deletion again after the name was used anew: the new object stays', async () => {
    const { api, informer, same } = await follow((fake) => fake.put('a', 'one', 1));
    await same();
    await eventually(() => api.openWatches === 1);
    api.delete('a', 'one');
    api.put('a', 'one', 2);
    api.fault({ type: 'repeat', back: 1 });
    api.put('a', 'after', 1);
    await eventually(() => informer.cache.get('a/after') !== undefined);
    await same();
  });
});

describe('a watch that ends badly', () => {
  /** A watch that was told of resourceVersion 102, then what comes of what happens to it. */
  async function watching(happens: (api: FakeApiServer) => void) {
    const world = await openWorld((api) => api.put('a', 'one', 1));
    const reflector = createReflector(world.options, request);
    const signal = AbortSignal.timeout(60_000);
    const open = { phase: 'openWatch', served: widgets, resourceVersion: '101' } as const;
    let [, state] = await reflector.step(open, signal);
    await eventually(() => world.api.openWatches === 1);
    world.api.put('a', 'one', 2);
    [, state] = await reflector.step(state, signal);
    happens(world.api);
    const [events, next] = await reflector.step(state, signal);
    return { world, reflector, signal, events, next };
  }
  const resumed = { phase: 'wait', next: { phase: 'openWatch', resourceVersion: '102' } };

  it('in the middle of a line is resumed after the last whole one', async () => {
    const { next } = await watching((api) => api.fault({ type: 'cutLine' }));
    expect(next).toMatchObject(resumed);
  });

  it('with a line that is no JSON is resumed before it', async () => {
    const { events, next } = await watching((api) => api.fault({ type: 'garbage' }));
    expect(next).toMatchObject(resumed);
    expect(events).toMatchObject([{ type: 'waiting', fault: { reason: 'ServerError' } }]);
  });

  it('with an error of the server is resumed, and so is one that cannot be opened; the third time everything is listed', async () => {
    const { world, reflector, signal, next } = await watching((api) => api.fault({ type: 'errorEvent', code: 500 }));
    expect(next).toMatchObject(resumed);
    const open = { phase: 'openWatch', served: widgets, resourceVersion: '102' } as const;
    for (const expected of ['openWatch', 'discover']) {
      world.api.fault({ type: 'status', on: 'watch', code: 503 });
      const [events, state] = await reflector.step(open, signal);
      expect(events).toMatchObject([{ type: 'waiting', fault: { reason: 'ServerError' } }]);
      expect(state).toMatchObject({ phase: 'wait', next: { phase: expected } });
    }
  });

  it('sooner than a second after it began is resumed after a while', async () => {
    const { world, next } = await watching((api) => api.fault({ type: 'endWatches' }));
    expect(next.phase).toBe('wait');
    expect(world.api.requests.filter((path) => path.includes('sendInitialEvents'))).toEqual([]);
  });
});

describe('however the server behaves, what it is asked is bounded', () => {
  /** Goes on for so many minutes of waiting; `disturb` is called before each read of an open watch. */
  async function asked(minutes: number, disturb: (api: FakeApiServer) => void) {
    const clock = new ManualClock();
    const world = await openWorld((api) => api.put('a', 'one', 1));
    const reflector = createReflector({ ...world.options, clock, random: () => 0.5 }, request);
    const signal = new AbortController().signal;
    let state: ReflectorState = { phase: 'discover' };
    let passed = 0;
    while (passed < minutes * 60_000) {
      if (state.phase === 'wait') {
        passed += state.ms;
        await clock.advance(state.ms);
        state = state.next;
        continue;
      }
      if (state.phase === 'watch') disturb(world.api);
      [, state] = await reflector.step(state, signal);
    }
    if ('stream' in state) state.stream.close();
    return world.api.requests;
  }

  const lists = (paths: readonly string[]): number => paths.filter((path) => path.includes('sendInitialEvents')).length;

  it('a storm of 410 ends in a list every 30 s', async () => {
    const paths = await asked(10, (api) => api.fault({ type: 'errorEvent', code: 410 }));
    expect(lists(paths)).toBeGreaterThan(15);
    expect(lists(paths)).toBeLessThan(40);
  });

  it('watches that break after every event are resumed at most twice a second, without a list', async () => {
    const paths = await asked(2, (api) => {
      api.put('a', 'one', api.requests.length);
      api.fault({ type: 'cutLine' });
    });
    expect(paths.length).toBeLessThan(260);
    expect(lists(paths)).toBe(1);
  });

  it('watches that end at once without an event count as failures', async () => {
    const paths = await asked(10, (api) => api.fault({ type: 'endWatches' }));
    expect(paths.length).toBeLessThan(200);
  });

  it('an order that is never right ends in a list every 30 s', async () => {
    const paths = await asked(10, (api) => {
      api.put('a', 'one', 1);
      api.put('a', 'two', 2);
      api.fault({ type: 'repeat', back: 1 });
    });
    expect(lists(paths)).toBeLessThan(40);
  });
});

describe('what a server asks for', () => {
  it('an ERROR event may say when to come back, as a header does', async () => {
    const world = await openWorld((api) => api.put('a', 'one', 1));
    const open = await steps(world, { phase: 'openWatch', served: widgets, resourceVersion: '101' }, 1);
    expect(open.phases).toEqual(['watch']);
    const reflector = createReflector(world.options, request);
    const [, watching] = await reflector.step(
      { phase: 'openWatch', served: widgets, resourceVersion: '101' },
      AbortSignal.timeout(60_000),
    );
    await eventually(() => world.api.openWatches === 1);
    world.api.fault({ type: 'errorEvent', code: 429, retryAfter: 21 });
    const [events, state] = await reflector.step(watching, AbortSignal.timeout(60_000));
    expect(events).toMatchObject([{ fault: { reason: 'Throttled', retryInMs: 21_000 } }]);
    expect(state).toMatchObject({ phase: 'wait', ms: 21_000, next: { phase: 'openWatch', resourceVersion: '101' } });
  });

  it('clients that were refused together come back one after another', async () => {
    const waits = await Promise.all(
      [0, 0.5, 0.99].map(async (random) => {
        const world = await openWorld((api) => api.fault({ type: 'status', on: 'list', code: 429, retryAfter: 20 }));
        const reflector = createReflector({ ...world.options, random: () => random }, request);
        const page = { phase: 'page', served: widgets, limit: 100 } as const;
        const [, state] = await reflector.step(page, AbortSignal.timeout(60_000));
        return state.phase === 'wait' ? state.ms : 0;
      }),
    );
    expect(new Set(waits).size).toBe(3);
    expect(Math.min(...waits)).toBe(20_000);
    expect(Math.max(...waits)).toBeLessThan(25_000);
  });

  it('a token that expires twice in pages is answered by a list without pages', async () => {
    const world = await openWorld((api) => {
      for (let index = 0; index < 600; index++) api.put('a', `w${String(index).padStart(3, '0')}`, index);
    });
    let state: ReflectorState = { phase: 'page', served: widgets, limit: 100 };
    for (const limit of [500, 0]) {
      const first = await steps(world, state, 1);
      world.api.put('a', 'w000', limit);
      world.api.fault({ type: 'compact' });
      const expired = await steps(world, first.state, 1);
      expect(expired.state).toMatchObject({ phase: 'wait', next: { phase: 'page', limit } });
      if (expired.state.phase === 'wait') state = expired.state.next;
    }
    const { events, phases } = await steps(world, state, 1);
    expect(phases).toEqual(['openWatch']);
    expect(events.map((event) => (event.type === 'listed' ? event.objects.length : event.type))).toEqual([
      'listing',
      600,
      'synced',
    ]);
  });

  it('to be asked with the right to discover: the rule that is missing is named', async () => {
    const world = await openWorld((api) => api.fault({ type: 'status', on: 'discovery', code: 403 }));
    const { events } = await steps(world, { phase: 'discover' }, 1);
    expect(events).toMatchObject([{ fault: { reason: 'Forbidden' } }]);
    expect(JSON.stringify(events)).toContain('system:discovery');
    expect(JSON.stringify(events)).toContain('/apis/example.com/*');
  });
});

describe('a proxy that keeps what it is told until the end', () => {
  it('is noticed after ten silent watches: the cause is told, and everything is listed again', async () => {
    const { api, clock, informer, same } = await follow((fake) => fake.put('a', 'one', 1));
    await same();
    for (let count = 0; count < 10; count++) {
      await eventually(() => api.openWatches === 1);
      if (count === 0) api.fault({ type: 'mute' });
      if (count === 5) api.put('a', 'two', 1);
      await clock.advance(70_000);
    }
    await eventually(() => informer.cache.size === 2);
    await same();
    expect(informer.missed).toBe(0);
  });

  it('says nothing of a kind that is only quiet', async () => {
    const { api, clock, informer, same } = await follow((fake) => fake.put('a', 'one', 1));
    await same();
    for (let count = 0; count < 25; count++) {
      await eventually(() => api.openWatches === 1);
      if (count % 9 === 8) {
        api.bookmark();
        await eventually(() => informer.faults.length === 0);
      }
      await clock.advance(70_000);
    }
    expect(api.requests.filter((path) => path.includes('sendInitialEvents'))).toHaveLength(1);
  });
});

describe('a streamed list that goes quiet', () => {
  it('is had in pages this time, and tried again the next time', async () => {
    const { api, clock, same } = await follow((fake) => {
      fake.streamedLists = 'ignored';
      fake.put('a', 'one', 1);
    });
    await eventually(() => api.openWatches === 1);
    await clock.advance(10_000);
    await same();
    const streamed = (): number => api.requests.filter((path) => path.includes('sendInitialEvents')).length;
    expect(streamed()).toBe(1);
    await eventually(() => api.openWatches === 1);
    api.fault({ type: 'errorEvent', code: 410 });
    await eventually(() => streamed() === 2);
  });
});
