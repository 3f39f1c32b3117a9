import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { ApiFault } from '../testing/fake-api-server.ts';
import {
  cleanUp,
  eventually,
  follow,
  openWorld,
  request,
  widgets as served,
  steps,
} from '../testing/reflector-world.ts';
import { createReflector } from './reflector.ts';

afterEach(cleanUp);

describe('the state machine', () => {
  it('picks the first version that the server serves', async () => {
    const world = await openWorld();
    const { phases, state } = await steps(world, { phase: 'discover' }, 1);
    expect(phases).toEqual(['openStream']);
    expect(state).toMatchObject({ served });
  });

  it('waits for a kind that is not installed and says so', async () => {
    const world = await openWorld((api) => {
      api.installed = false;
    });
    const { events, state } = await steps(world, { phase: 'discover' }, 1);
    expect(events).toMatchObject([{ type: 'waiting', fault: { reason: 'NotInstalled' } }]);
    expect(state).toMatchObject({ phase: 'wait', next: { phase: 'discover' } });
  });

  it('streams a list where the server can', async () => {
    const world = await openWorld((api) => api.put('a', 'one', 1));
    const { events, phases } = await steps(world, { phase: 'openStream', served }, 2);
    expect(phases.at(-1)).toBe('watch');
    expect(events.map((event) => event.type)).toEqual(['listing', 'listed', 'synced']);
  });

  it('lists in pages of 100 where the server cannot', async () => {
    const world = await openWorld((api) => {
      api.streamedLists = 'refused';
      for (let index = 0; index < 250; index++) api.put('a', `w${index}`, index);
    });
    const { events, phases } = await steps(world, { phase: 'openStream', served }, 4);
    expect(phases).toEqual(['page', 'page', 'page', 'openWatch']);
    expect(events.map((event) => (event.type === 'listed' ? event.objects.length : event.type))).toEqual([
      'listing',
      100,
      100,
      50,
      'synced',
    ]);
    expect(world.api.requests.filter((path) => path.includes('limit=100'))).toHaveLength(3);
  });

  it('asks for the same page again after a fault, and starts over when its token has expired', async () => {
    const world = await openWorld((api) => {
      for (let index = 0; index < 150; index++) api.put('a', `w${String(index).padStart(3, '0')}`, index);
    });
    const first = await steps(world, { phase: 'page', served, limit: 100 }, 1);
    world.api.fault({ type: 'status', on: 'list', code: 500 });
    const failed = await steps(world, first.state, 1);
    expect(failed.state).toMatchObject({ phase: 'wait', next: first.state });
    world.api.put('a', 'later', 1);
    world.api.fault({ type: 'compact' });
    const expired = await steps(world, first.state, 1);
    expect(expired.state).toMatchObject({ phase: 'wait', next: { phase: 'page', limit: 500 } });
    expect(expired.events).toEqual([]);
  });

  it('honours Retry-After of 429', async () => {
    const world = await openWorld((api) => api.fault({ type: 'status', on: 'list', code: 429, retryAfter: 17 }));
    const { events, state } = await steps(world, { phase: 'page', served, limit: 100 }, 1);
    expect(events).toMatchObject([{ fault: { reason: 'Throttled', retryInMs: 17_000 } }]);
    expect(state).toMatchObject({ phase: 'wait', ms: 17_000 });
  });

  it('names the missing rule when it may not list', async () => {
    const world = await openWorld((api) => api.fault({ type: 'status', on: 'list', code: 403 }));
    const { events } = await steps(world, { phase: 'page', served, limit: 100 }, 1);
    expect(events).toMatchObject([{ fault: { reason: 'Forbidden' } }]);
    expect(JSON.stringify(events)).toContain('resources: [\\"widgets\\"], verbs: [\\"list\\", \\"watch\\"]');
  });

  it('says that the credentials were refused', async () => {
    const world = await openWorld((api) => api.fault({ type: 'status', on: 'list', code: 401 }));
    const { events } = await steps(world, { phase: 'page', served, limit: 100 }, 1);
    expect(events).toMatchObject([{ fault: { reason: 'Unauthorized' } }]);
  });

  it('lists again when its place in the history has expired', async () => {
    const world = await openWorld((api) => {
      api.put('a', 'one', 1);
      api.put('a', 'one', 2);
      api.fault({ type: 'compact' });
    });
    const { phases, events } = await steps(world, { phase: 'openWatch', served, resourceVersion: '101' }, 3);
    expect(phases).toEqual(['watch', 'wait', 'discover']);
    expect(events).toEqual([{ type: 'watching' }]);
  });

  it('takes 70 s of silence for a dead connection and watches again from where it was', async () => {
    const world = await openWorld((api) => api.put('a', 'one', 1));
    const open = await createReflector(world.options, request).step(
      { phase: 'openWatch', served, resourceVersion: '101' },
      AbortSignal.timeout(60_000),
    );
    const watching = open[1];
    const reading = createReflector(world.options, request).step(watching, AbortSignal.timeout(60_000));
    await world.clock.advance(70_000);
    expect(await reading).toEqual([[], { phase: 'openWatch', served, resourceVersion: '101' }]);
  });

  it('falls back to pages when a server ignores the wish for a streamed list', async () => {
    const { same, clock, api } = await follow((fake) => {
      fake.streamedLists = 'ignored';
      fake.put('a', 'one', 1);
    });
    await eventually(() => api.openWatches === 1);
    await clock.advance(10_000);
    await same();
    await eventually(() => api.requests.some((path) => path.includes('limit=100')));
  });
});

describe('the cache', () => {
  it('follows creations, changes and deletions', async () => {
    const { api, same } = await follow((fake) => fake.put('a', 'one', 1));
    await same();
    api.put('b', 'two', 1);
    api.put('a', 'one', 2);
    await same();
    api.delete('a', 'one');
    await same();
  });

  it('watches each namespace on its own when they are named', async () => {
    const { api, same } = await follow((fake) => fake.put('a', 'one', 1), { namespaces: ['a', 'b'] });
    api.put('b', 'two', 1);
    await same();
    expect(api.requests.filter((path) => path.startsWith('/apis/example.com/v1/widgets'))).toEqual([]);
  });

  it('goes on from a bookmark instead of listing again', async () => {
    const { api, same, informer } = await follow((fake) => fake.put('a', 'one', 1), { namespaces: ['a'] });
    await same();
    await eventually(() => api.openWatches === 1);
    api.put('elsewhere', 'noise', 1);
    api.delete('elsewhere', 'noise');
    api.bookmark();
    api.put('a', 'one', 2);
    await same();
    api.fault({ type: 'compact' });
    api.put('a', 'one', 3);
    await same();
    api.fault({ type: 'endWatches' });
    api.put('a', 'one', 4);
    await same();
    expect(informer.missed).toBe(0);
  });

  it('picks up a kind that is installed later', async () => {
    const { api, same, informer } = await follow((fake) => {
      fake.installed = false;
    });
    await eventually(() => informer.settled);
    expect(informer.stateOf('a')).toBe('absent');
    api.installed = true;
    api.put('a', 'one', 1);
    await same();
    expect(informer.complete).toBe(true);
  });

  const fault: fc.Arbitrary<ApiFault> = fc.oneof(
    fc.record({
      type: fc.constant('status' as const),
      on: fc.constantFrom('discovery', 'list', 'watch'),
      code: fc.constantFrom(401, 403, 404, 410, 429, 500, 503),
    }),
    fc.record({ type: fc.constant('cut' as const), on: fc.constantFrom('list', 'watch') }),
    fc.constant<ApiFault>({ type: 'cutLine' }),
    fc.constant<ApiFault>({ type: 'garbage' }),
    fc.constant<ApiFault>({ type: 'endWatches' }),
    fc.constant<ApiFault>({ type: 'compact' }),
    fc.record({ type: fc.constant('errorEvent' as const), code: fc.constantFrom(410, 429, 500) }),
    fc.record({ type: fc.constant('repeat' as const), back: fc.nat(3) }),
  );
  const name = fc.constantFrom('n1', 'n2', 'n3');
  const namespace = fc.constantFrom('a', 'b');
  const action = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(fc.constant('put' as const), namespace, name, fc.nat(99)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('delete' as const), namespace, name, fc.constant(0)) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('fault' as const), fault) },
    // Held back until the next change: without one it would never be told, which is another test.
    { weight: 1, arbitrary: fc.tuple(fc.constant('swap' as const), namespace, name, name) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('turn' as const)) },
  );

  it('ends as the server for any interleaving of changes and faults', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom('served' as const, 'refused' as const),
      fc.boolean(),
      fc.array(action, { maxLength: 25 }),
      async (streamedLists, perNamespace, actions) => {
        const { api, informer, same } = await follow(
          (fake) => {
            fake.streamedLists = streamedLists;
            fake.put('a', 'n1', 0);
          },
          { namespaces: perNamespace ? ['a', 'b'] : undefined },
        );
        for (const [kind, ...rest] of actions) {
          if (kind === 'put') api.put(...(rest as [string, string, number]));
          else if (kind === 'delete') api.delete(...(rest as unknown as [string, string]));
          else if (kind === 'swap') {
            const [where, first, second] = rest as [string, string, string];
            api.fault({ type: 'swap' });
            api.put(where, first, 'held back');
            api.put(where, second, 'told first');
          } else if (kind === 'fault') api.fault(rest[0] as ApiFault);
          else for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
        }
        await same();
        expect(informer.missed).toBe(0);
        await cleanUp();
      },
    );
    await fc.assert(property, { numRuns: 60 });
  }, 60_000);
});
