import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type ApiFault, FakeApiServer } from '../testing/fake-api-server.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { Informer } from './informer.ts';
import { createKubeClient } from './kube-client.ts';
import { createLiveSource } from './live-source.ts';
import { silentLogger } from './logger.ts';
import type { ClusterObject } from './object.ts';
import { createReflector, type ReflectorState } from './reflector.ts';
import type { SourceEvent, WatchRequest } from './source.ts';

const request: WatchRequest = { apiVersions: ['example.com/v2', 'example.com/v1'], kind: 'Widget' };
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Waits for I/O, not for time: asks again at every turn of the event loop until it holds or a deadline of real time. */
async function eventually(holds: () => boolean, describe: () => unknown = () => 'it never held'): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`${JSON.stringify(describe())}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A clock of which every wait is over at once, except silence: faults are then retried without sleeping. */
class HastyClock extends ManualClock {
  readonly waits: number[] = [];
  override after(ms: number, callback: () => void): () => void {
    this.waits.push(ms);
    if (ms === 70_000 || ms === 10_000) return super.after(ms, callback);
    const handle = setImmediate(callback);
    return () => clearImmediate(handle);
  }
}

async function setup(prepare: (api: FakeApiServer) => void = () => {}) {
  const api = await FakeApiServer.start();
  const clock = new HastyClock();
  const client = createKubeClient({ server: api.url });
  cleanups.push(
    async () => api[Symbol.asyncDispose](),
    async () => client[Symbol.asyncDispose](),
  );
  prepare(api);
  const options = { client, logger: silentLogger, clock, random: () => 0 };
  return { api, clock, client, options };
}

async function run(prepare: (api: FakeApiServer) => void = () => {}, namespaces?: string[]) {
  const world = await setup(prepare);
  const informer = new Informer({
    source: createLiveSource(world.options),
    apiVersions: request.apiVersions,
    kind: request.kind,
    namespaces,
    strip: (object) => object,
    accept: () => true,
    logger: silentLogger,
  });
  const stop = new AbortController();
  const running = informer.run(stop.signal);
  cleanups.push(async () => {
    stop.abort();
    await running;
  });
  const cached = (): string[] => contents(informer.cache.values());
  const same = (): Promise<void> =>
    eventually(
      () => JSON.stringify(cached()) === JSON.stringify(contents(world.api.objects())),
      () => ({ cached: cached(), served: contents(world.api.objects()), requests: world.api.requests.slice(-5) }),
    );
  return { ...world, informer, same };
}

function contents(objects: Iterable<ClusterObject>): string[] {
  return [...objects]
    .map((object) => `${object.metadata.namespace}/${object.metadata.name}=${JSON.stringify(object.spec)}`)
    .sort();
}

describe('the state machine', () => {
  async function steps(world: Awaited<ReturnType<typeof setup>>, state: ReflectorState, count: number) {
    const reflector = createReflector(world.options, request);
    const signal = new AbortController();
    const events: SourceEvent[] = [];
    const phases: string[] = [];
    let current = state;
    for (let step = 0; step < count; step++) {
      const [more, next] = await reflector.step(current, signal.signal);
      events.push(...more);
      phases.push(next.phase);
      current = next;
    }
    if ('stream' in current) current.stream.close();
    signal.abort();
    return { events, phases, state: current };
  }
  const served = { apiVersion: 'example.com/v1', kind: 'Widget', plural: 'widgets', namespaced: true };

  it('picks the first version that the server serves', async () => {
    const world = await setup();
    const { phases, state } = await steps(world, { phase: 'discover' }, 1);
    expect(phases).toEqual(['openStream']);
    expect(state).toMatchObject({ served });
  });

  it('waits for a kind that is not installed and says so', async () => {
    const world = await setup((api) => {
      api.installed = false;
    });
    const { events, state } = await steps(world, { phase: 'discover' }, 1);
    expect(events).toMatchObject([{ type: 'waiting', fault: { reason: 'NotInstalled' } }]);
    expect(state).toMatchObject({ phase: 'wait', next: { phase: 'discover' } });
  });

  it('streams a list where the server can', async () => {
    const world = await setup((api) => api.put('a', 'one', 1));
    const { events, phases } = await steps(world, { phase: 'openStream', served }, 2);
    expect(phases.at(-1)).toBe('watch');
    expect(events.map((event) => event.type)).toEqual(['listing', 'listed', 'synced']);
  });

  it('lists in pages of 100 where the server cannot', async () => {
    const world = await setup((api) => {
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
    const world = await setup((api) => {
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
    const world = await setup((api) => api.fault({ type: 'status', on: 'list', code: 429, retryAfter: 17 }));
    const { events, state } = await steps(world, { phase: 'page', served, limit: 100 }, 1);
    expect(events).toMatchObject([{ fault: { reason: 'Throttled', retryInMs: 17_000 } }]);
    expect(state).toMatchObject({ phase: 'wait', ms: 17_000 });
  });

  it('names the missing rule when it may not list', async () => {
    const world = await setup((api) => api.fault({ type: 'status', on: 'list', code: 403 }));
    const { events } = await steps(world, { phase: 'page', served, limit: 100 }, 1);
    expect(events).toMatchObject([{ fault: { reason: 'Forbidden' } }]);
    expect(JSON.stringify(events)).toContain('resources: [\\"widgets\\"], verbs: [\\"list\\", \\"watch\\"]');
  });

  it('says that the credentials were refused', async () => {
    const world = await setup((api) => api.fault({ type: 'status', on: 'list', code: 401 }));
    const { events } = await steps(world, { phase: 'page', served, limit: 100 }, 1);
    expect(events).toMatchObject([{ fault: { reason: 'Unauthorized' } }]);
  });

  it('lists again when its place in the history has expired', async () => {
    const world = await setup((api) => {
      api.put('a', 'one', 1);
      api.put('a', 'one', 2);
      api.fault({ type: 'compact' });
    });
    const { phases, events } = await steps(world, { phase: 'openWatch', served, resourceVersion: '101' }, 3);
    expect(phases).toEqual(['watch', 'wait', 'discover']);
    expect(events).toEqual([{ type: 'watching' }]);
  });

  it('takes 70 s of silence for a dead connection and watches again from where it was', async () => {
    const world = await setup((api) => api.put('a', 'one', 1));
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
    const { same, clock, api } = await run((fake) => {
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
    const { api, same } = await run((fake) => fake.put('a', 'one', 1));
    await same();
    api.put('b', 'two', 1);
    api.put('a', 'one', 2);
    await same();
    api.delete('a', 'one');
    await same();
  });

  it('watches each namespace on its own when they are named', async () => {
    const { api, same } = await run((fake) => fake.put('a', 'one', 1), ['a', 'b']);
    api.put('b', 'two', 1);
    await same();
    expect(api.requests.filter((path) => path.startsWith('/apis/example.com/v1/widgets'))).toEqual([]);
  });

  it('goes on from a bookmark instead of listing again', async () => {
    const { api, same, informer } = await run((fake) => fake.put('a', 'one', 1), ['a']);
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
    const { api, same, informer } = await run((fake) => {
      fake.installed = false;
    });
    await eventually(() => informer.settled);
    expect(informer.stateOf('a')).toBe('absent');
    api.installed = true;
    api.put('a', 'one', 1);
    await same();
    expect(informer.complete).toBe(true);
  });

  it('finds by a relist what the watch did not tell, and counts it', async () => {
    const { api, same, informer } = await run((fake) => fake.put('a', 'one', 1));
    await same();
    await eventually(() => api.openWatches === 1);
    api.fault({ type: 'errorEvent', code: 410 });
    api.put('a', 'two', 1);
    api.delete('a', 'one');
    api.fault({ type: 'compact' });
    await same();
    expect(informer.missed).toBeGreaterThan(0);
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
    fc.record({ type: fc.constant('errorEvent' as const), code: fc.constantFrom(410, 500) }),
  );
  const name = fc.constantFrom('n1', 'n2', 'n3');
  const namespace = fc.constantFrom('a', 'b');
  const action = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(fc.constant('put' as const), namespace, name, fc.nat(99)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('delete' as const), namespace, name, fc.constant(0)) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('fault' as const), fault) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('turn' as const)) },
  );

  it('ends as the server for any interleaving of changes and faults', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom('served' as const, 'refused' as const),
      fc.boolean(),
      fc.array(action, { maxLength: 25 }),
      async (streamedLists, perNamespace, actions) => {
        const { api, same } = await run(
          (fake) => {
            fake.streamedLists = streamedLists;
            fake.put('a', 'n1', 0);
          },
          perNamespace ? ['a', 'b'] : undefined,
        );
        for (const [kind, ...rest] of actions) {
          if (kind === 'put') api.put(...(rest as [string, string, number]));
          else if (kind === 'delete') api.delete(...(rest as unknown as [string, string]));
          else if (kind === 'fault') api.fault(rest[0] as ApiFault);
          else for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
        }
        await same();
        for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
      },
    );
    await fc.assert(property, { numRuns: 60 });
  }, 60_000);
});
