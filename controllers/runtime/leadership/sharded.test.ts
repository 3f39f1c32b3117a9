import fc from 'fast-check';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { shardOf } from '../../../crds/shard.ts';
import { ManualClock, settle } from '../../testing/manual-clock.ts';
import { type LeaseWeather, MemoryLeases, type MemoryLeaseView } from '../../testing/memory-leases.ts';
import type { Clock } from '../clock.ts';
import { silentLogger } from '../logger.ts';
import { electionMetrics } from './election-metrics.ts';
import type { Leaders } from './leaders.ts';
import { quotaOf } from './quota.ts';
import { shardedLeaders } from './sharded.ts';
import type { Tenure } from './tenure.ts';
import { DEFAULT_TIMES } from './timing.ts';

const SHARDS = 5;
/** How long a report may be under way. */
const LATE = 25_000;
const NAMESPACES = Array.from({ length: 12 }, (_, index) => `team-${index}`);

/** What the engine does with epochs (apiserver/store/sources.ts), and the last look that it took at each namespace. */
class Engine {
  #last = 0;
  readonly #current = new Map<number, number>();
  readonly #watermarks = new Map<string, readonly [epoch: number, sequence: number]>();
  readonly seen = new Map<string, number>();
  refused = 0;

  lead(shard: number): number {
    this.#current.set(shard, ++this.#last);
    return this.#last;
  }

  /** Fenced off when another epoch leads the shard by now; stale when a later look of the same one came first. */
  report(epoch: number, sequence: number, namespace: string, value: number): void {
    const [of, last] = this.#watermarks.get(namespace) ?? [0, 0];
    if (this.#current.get(shardOf(namespace, SHARDS)) !== epoch) this.refused++;
    else if (epoch > of || sequence >= last) {
      this.#watermarks.set(namespace, [epoch, sequence]);
      this.seen.set(namespace, value);
    }
  }
}

/** A clock that shows another time, and goes faster or slower. */
function skewed(clock: ManualClock, rate: number, ahead: number): Clock {
  const start = clock.now();
  return {
    now: () => start + ahead + (clock.now() - start) * rate,
    after: (ms, callback) => clock.after(ms / rate, callback),
  };
}

/** How much faster than the true time the clocks of processes go, in turn. */
const RATES = [1, 1.15, 0.85, 1.1, 0.9];

/** A cluster of namespaces whose state changes, and processes that come and go and look at it. */
class World {
  readonly clock = new ManualClock();
  readonly leases = new MemoryLeases();
  readonly engine = new Engine();
  readonly state = new Map(NAMESPACES.map((namespace) => [namespace, 0]));
  readonly replicas: Replica[] = [];
  #names = 0;

  start(): Replica {
    const number = this.#names++;
    const clock = skewed(this.clock, RATES[number % RATES.length] as number, number * 3_600_000);
    const replica = new Replica(this, `pod-${number}`, clock);
    this.replicas.push(replica);
    return replica;
  }

  change(namespace: string): void {
    this.state.set(namespace, (this.state.get(namespace) ?? 0) + 1);
    for (const replica of this.replicas) replica.look(namespace);
  }

  /** By shard: how many processes hold it at this moment. */
  holders(): number[] {
    const held = this.replicas.flatMap(({ tenures }) => [...tenures.values()]).filter(({ tenure }) => tenure.holds());
    return Array.from(
      { length: SHARDS },
      (_, index) => held.filter(({ tenure }) => tenure.shard?.index === index).length,
    );
  }

  async end(): Promise<void> {
    for (const { view, stop } of this.replicas) {
      view.weather = 'answers';
      stop.abort();
    }
    await this.clock.advance(60_000);
    await Promise.all(this.replicas.map(({ ended }) => ended));
    expect(this.clock.pending).toBe(0);
  }
}

class Replica {
  readonly view: MemoryLeaseView;
  readonly leaders: Leaders;
  readonly stop = new AbortController();
  readonly tenures = new Map<number, { readonly tenure: Tenure; readonly epoch: number }>();
  readonly #world: World;
  #sequence = 0;
  readonly ended: Promise<void>;

  constructor(world: World, identity: string, clock: Clock) {
    this.#world = world;
    this.view = world.leases.view();
    this.leaders = shardedLeaders({
      ...{ name: 'x', identity, store: this.view, times: DEFAULT_TIMES, clock, shards: SHARDS },
      ...{ logger: silentLogger, metrics: electionMetrics(new Registry()), random: () => 0.5 },
    });
    this.ended = this.leaders.run(this.stop.signal, (tenure) => this.#lead(tenure), Promise.resolve());
  }

  get shards(): number[] {
    return [...this.tenures.keys()].sort();
  }

  look(namespace: string): void {
    const led = this.tenures.get(shardOf(namespace, SHARDS));
    // As a seat does: nothing is sent by who does not hold the lease at that moment. It arrives now and once more later,
    // when somebody else may lead.
    if (led?.tenure.holds() !== true) return;
    const { engine, state, clock } = this.#world;
    const [sequence, value] = [++this.#sequence, state.get(namespace) as number];
    const arrive = (): void => engine.report(led.epoch, sequence, namespace, value);
    arrive();
    clock.after(LATE, arrive);
  }

  async #lead(tenure: Tenure): Promise<void> {
    const index = tenure.shard?.index as number;
    if (tenure.ends.aborted) return;
    this.tenures.set(index, { tenure, epoch: this.#world.engine.lead(index) });
    for (const namespace of NAMESPACES) if (shardOf(namespace, SHARDS) === index) this.look(namespace);
    await new Promise((resolve) => tenure.ends.addEventListener('abort', resolve, { once: true }));
    this.tenures.delete(index);
  }
}

describe('quotas', () => {
  it('add up to all shards, and differ by one at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 2, max: 32 }), (members, shards) => {
        const quotas = Array.from({ length: members }, (_, rank) => quotaOf(rank, members, shards));
        expect(quotas.reduce((sum, quota) => sum + quota, 0)).toBe(shards);
        expect(Math.max(...quotas) - Math.min(...quotas)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('shards', () => {
  it('one process leads all of them, a second one is handed its share at once', async () => {
    const world = new World();
    const first = world.start();
    await settle(20);
    expect(first.shards).toEqual([0, 1, 2, 3, 4]);
    const second = world.start();
    await settle(40);
    expect([first.shards.length, second.shards.length]).toEqual([3, 2]);
    expect(world.holders()).toEqual([1, 1, 1, 1, 1]);
    expect(first.leaders.status()).toEqual({
      ...{ role: 'leading', identity: 'pod-0', leaders: ['pod-0', 'pod-1'] },
      shards: first.shards.map((index) => `${index}-of-5`),
    });
    await world.end();
  });

  it('who stops hands all of them over at once', async () => {
    const world = new World();
    const [first, second] = [world.start(), world.start()];
    await settle(40);
    expect(first.shards.length + second.shards.length).toBe(5);
    first.stop.abort();
    await first.ended;
    await settle(40);
    expect(second.shards).toEqual([0, 1, 2, 3, 4]);
    expect(world.leases.holders()).toMatchObject({ 'x-member-0': '' });
    await world.end();
  });

  it('those of a process that is gone are led by others when its leases have ended', async () => {
    const world = new World();
    const [first, second] = [world.start(), world.start()];
    await settle(40);
    const mine = second.shards;
    first.view.weather = 'silent';
    await world.clock.advance(9_000);
    expect(second.shards).toEqual(mine);
    await world.clock.advance(12_000);
    expect(second.shards).toEqual([0, 1, 2, 3, 4]);
    expect(first.shards).toEqual([]);
    first.view.weather = 'answers';
    await world.clock.advance(20_000);
    expect([first.shards.length, second.shards.length].sort()).toEqual([2, 3]);
    await world.end();
  });

  it('more processes than shards: the others stand by, and one of them takes over', async () => {
    const world = new World();
    const replicas = Array.from({ length: SHARDS + 2 }, () => world.start());
    await world.clock.advance(20_000);
    const leading = replicas.filter(({ shards }) => shards.length > 0);
    expect(leading).toHaveLength(SHARDS);
    const standby = replicas.filter(({ shards }) => shards.length === 0);
    expect(standby[0]?.leaders.status().role).toBe('standby');
    leading[0]?.stop.abort();
    await world.clock.advance(10_000);
    expect(world.holders()).toEqual([1, 1, 1, 1, 1]);
    expect(replicas.filter(({ shards }) => shards.length > 0)).toHaveLength(SHARDS);
    await world.end();
  });

  it('a report that arrives late is fenced off', async () => {
    const world = new World();
    const first = world.start();
    await settle(20);
    world.start();
    first.stop.abort();
    await settle(40);
    expect(world.engine.refused).toBe(0);
    await world.clock.advance(LATE);
    expect(world.engine.refused).toBe(NAMESPACES.length);
    await world.end();
  });
});

type Step =
  | { readonly do: 'start' }
  | { readonly do: 'stop' | 'change'; readonly which: number }
  | { readonly do: 'weather'; readonly which: number; readonly weather: LeaseWeather }
  | { readonly do: 'watch'; readonly which: number; readonly watches: boolean }
  | { readonly do: 'pass'; readonly ms: number };

const which = fc.nat(20);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('start' as const) }),
  fc.record({ do: fc.constant('stop' as const), which }),
  { arbitrary: fc.record({ do: fc.constant('change' as const), which }), weight: 3 },
  fc.record({
    ...{ do: fc.constant('weather' as const), which },
    weather: fc.constantFrom<LeaseWeather>('answers', 'refuses', 'silent'),
  }),
  fc.record({ do: fc.constant('watch' as const), which, watches: fc.boolean() }),
  { arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 9_000 }) }), weight: 4 },
);

describe('for every history of processes that come, go, and lose the API server or their watches, with clocks that differ', () => {
  it('a shard is never led by two, in the end by exactly one with a fair share, and no change is missed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const world = new World();
        world.start();
        for (const each of steps) {
          await perform(world, each);
          expect(Math.max(...world.holders())).toBeLessThanOrEqual(1);
        }
        for (const { view } of world.replicas) {
          view.weather = 'answers';
          view.watches = true;
        }
        world.start();
        await pass(world, 60_000);
        expect(world.holders()).toEqual(new Array(SHARDS).fill(1));
        const living = world.replicas.filter(({ stop }) => !stop.signal.aborted);
        const shares = living.map(({ shards }) => shards.length);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
        expect(Object.fromEntries(world.engine.seen)).toEqual(Object.fromEntries(world.state));
        await world.end();
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

async function perform(world: World, step: Step): Promise<void> {
  const living = world.replicas.filter(({ stop }) => !stop.signal.aborted);
  const one = 'which' in step ? living[step.which % living.length] : undefined;
  switch (step.do) {
    case 'start':
      if (living.length < SHARDS + 2) world.start();
      return;
    case 'stop':
      one?.stop.abort();
      return;
    case 'change':
      world.change(NAMESPACES[step.which % NAMESPACES.length] as string);
      return;
    case 'weather':
      if (one !== undefined) one.view.weather = step.weather;
      return;
    case 'watch':
      if (one !== undefined) one.view.watches = step.watches;
      return;
    case 'pass':
      return await pass(world, step.ms);
    default:
      step satisfies never;
  }
}

/** In small steps, so that what holds for a moment only is seen too. */
async function pass(world: World, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    await world.clock.advance(Math.min(500, ms - passed));
    expect(Math.max(...world.holders())).toBeLessThanOrEqual(1);
  }
}
