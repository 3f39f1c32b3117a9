import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { objectHash } from '../../../crds/identity.ts';
import type { LeadRequest, Report, SyncRequest } from '../../../crds/report.ts';
import { shardOf } from '../../../crds/shard.ts';
import { FakeEngine } from '../../testing/fake-engine.ts';
import { ManualClock, settle } from '../../testing/manual-clock.ts';
import { MemoryLeases, type MemoryLeaseView } from '../../testing/memory-leases.ts';
import { MemorySource } from '../../testing/memory-source.ts';
import type { Backend } from '../backend.ts';
import type { LoadedController } from '../loader.ts';
import { silentLogger } from '../logger.ts';
import { createManager, type Manager } from '../manager.ts';
import type { ClusterObject } from '../object.ts';
import { defineController } from '../plugin.ts';
import type { SourceEvent, WatchRequest } from '../source.ts';
import { electedLeaders } from './elected.ts';
import { electionMetrics } from './election-metrics.ts';
import { Seat } from './seat.ts';
import { shardedLeaders } from './sharded.ts';
import { DEFAULT_TIMES } from './timing.ts';

/** Managers that share a cluster, a backend and Leases: what each of them looks at and sends. */

const definition = defineController({
  apiVersion: 'controller/v1',
  watches: { apiVersion: 'v1', kind: 'Pod', fields: ['spec'] },
  order: 'state',
  onDelete: 'resolve',
  observe({ kind, metadata: { name, namespace } }) {
    return { subject: { apiVersion: 'v1', kind, ...(namespace && { namespace }), name }, findings: [] };
  },
});

const loaded: LoadedController = {
  ...{ name: 'pods', use: 'pods', definition, options: {}, namespaces: ['*'], labelSelector: '' },
  ...{ concurrency: 2, maxAgeMs: 1e9 },
};

const pod = (name: string, namespace?: string): ClusterObject => ({
  ...{ apiVersion: 'v1', kind: 'Pod' },
  metadata: { name, ...(namespace && { namespace }), uid: name },
});

class CountingSource extends MemorySource {
  watched = 0;
  /** Changes are not told: lists know them all the same. */
  isBehind = false;

  override async *watch(request: WatchRequest, signal: AbortSignal): AsyncGenerator<SourceEvent, void, void> {
    this.watched++;
    for await (const event of super.watch(request, signal)) {
      if (!this.isBehind || event.type !== 'applied') yield event;
    }
  }
}

interface Process {
  readonly name: string;
  readonly manager: Manager;
  readonly source: CountingSource;
  readonly view: MemoryLeaseView;
  readonly stop: AbortController;
}

class World implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly leases = new MemoryLeases();
  readonly engine: FakeEngine;
  readonly #processes: Process[] = [];

  constructor(engine: FakeEngine) {
    this.engine = engine;
  }

  start(name: string, objects: readonly ClusterObject[], shards?: number): Process {
    const view = this.leases.view();
    const source = new CountingSource(objects);
    const election = {
      ...{ name: 'x', identity: name, store: view, times: DEFAULT_TIMES, clock: this.clock, random: () => 0 },
      ...{ logger: silentLogger, metrics: electionMetrics(new Registry()) },
    };
    const manager = createManager({
      ...{ name: 'x', controllers: [loaded], source, clock: this.clock, random: () => 0, logger: silentLogger },
      leaders: shards === undefined ? electedLeaders(election) : shardedLeaders({ ...election, shards }),
      backend: { url: this.engine.url, headers: async () => ({ authorization: `Bearer ${name}` }) },
    });
    const process = { name, manager, source, view, stop: new AbortController() };
    this.#processes.push(process);
    manager.start(process.stop.signal);
    return process;
  }

  /** Time passes, so that renewals and retries happen, until it holds. */
  async until(what: string, holds: () => boolean): Promise<void> {
    for (const deadline = performance.now() + 10_000; !holds(); await this.clock.advance(50)) {
      if (performance.now() > deadline) throw new Error(`${what} never happened`);
    }
  }

  namesBy({ name }: Process): string[] {
    return [...new Set(this.engine.reportsOf(name).map(({ subject }) => subject.name))].sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { stop } of this.#processes) stop.abort();
    const ended = Promise.all(this.#processes.map(({ manager }) => manager.stopped()));
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    await this.until('the end', () => isOver);
    await this.engine[Symbol.asyncDispose]();
  }
}

let world: World;
afterEach(() => world[Symbol.asyncDispose]());

describe('two processes of which one leads', () => {
  const objects = [pod('a', 'ns'), pod('b', 'other')];
  const setup = async (): Promise<[Process, Process]> => {
    world = new World(await FakeEngine.start());
    const first = world.start('first', objects);
    await world.until('the first leads', () => world.namesBy(first).length === 2);
    const second = world.start('second', objects);
    await world.until('the second stands by', () => second.manager.ready);
    return [first, second];
  };

  it('the standby has filled caches, is ready, and neither looks nor asks', async () => {
    const [first, second] = await setup();
    await world.clock.advance(30_000);
    expect(world.engine.requests.filter(({ by }) => by === 'second')).toEqual([]);
    expect(second.manager.leadership()).toMatchObject({ role: 'standby', leaders: ['first'] });
    expect(second.manager.status()[0]).toMatchObject({
      conditions: [{ type: 'Ready', status: 'True', reason: 'Standby' }, {}, {}],
      counts: { objects: 2, decided: 0, reported: 0 },
    });
    expect(first.manager.status()[0]).toMatchObject({ conditions: [{ reason: 'Watching' }, {}, {}] });
  });

  it('a stop sends what was seen before the other one leads, which then looks at everything with a new epoch', async () => {
    const [first, second] = await setup();
    first.source.apply(pod('last', 'ns'));
    await world.until('the last look', () => world.namesBy(first).includes('last'));
    first.stop.abort();
    await first.manager.stopped();
    await world.until('the second leads', () => world.namesBy(second).length === 2);
    const order = world.engine.requests.filter(({ path }) => !path.endsWith('/sync')).map(({ by }) => by);
    expect(order.lastIndexOf('first')).toBeLessThan(order.indexOf('second'));
    const epochs = (of: Process) => world.engine.reportsOf(of.name).map(({ order }) => 'epoch' in order && order.epoch);
    expect(new Set(epochs(first))).toEqual(new Set([1]));
    expect(new Set(epochs(second))).toEqual(new Set([2]));
    expect(world.engine.of('second', '/api/v1/lead')).toHaveLength(1);
    await second.manager.synced();
    expect(second.manager.leadership().role).toBe('leading');
  });

  it('a standby that was given other controllers leads those', async () => {
    const [first, second] = await setup();
    await second.manager.apply([loaded, { ...loaded, name: 'more' }]);
    await world.clock.advance(5_000);
    expect(world.engine.requests.filter(({ by }) => by === 'second')).toEqual([]);
    expect(second.manager.status().map(({ name }) => name)).toEqual(['pods', 'more']);
    first.stop.abort();
    await first.manager.stopped();
    await world.until(
      'both report',
      () => new Set(world.engine.reportsOf('second').map(({ source }) => source)).size === 2,
    );
    expect(world.engine.of<LeadRequest>('second', '/api/v1/lead')).toMatchObject([
      { sources: [{ name: 'pods' }, { name: 'more' }] },
    ]);
  });

  it('what the standby has listed is listed again before it says what is gone', async () => {
    const [first, second] = await setup();
    const before = second.source.watched;
    // The watch of the standby is behind: it knows nothing of this one yet.
    second.source.isBehind = true;
    first.source.apply(pod('new', 'ns'));
    second.source.apply(pod('new', 'ns'));
    first.stop.abort();
    await first.manager.stopped();
    await world.until('the sync', () => world.engine.of('second', '/api/v1/sources/pods/sync').length === 1);
    const [sync] = world.engine.of<SyncRequest>('second', '/api/v1/sources/pods/sync');
    expect(sync?.objects).toContain(objectHash('v1', 'Pod', 'ns', 'new'));
    expect(second.source.watched).toBe(before + 1);
    expect(first.source.watched).toBe(2); // once for its own term: nobody knows who led before
  });

  it('who cannot renew sends nothing from the deadline on, and leads again later with filled caches', async () => {
    const [first, second] = await setup();
    second.view.weather = 'refuses';
    first.view.weather = 'silent';
    await world.clock.advance(10_000);
    await world.until('the first has stopped', () => first.manager.leadership().role === 'standby');
    const sent = world.engine.requests.length;
    first.source.apply(pod('c', 'ns'));
    await world.clock.advance(30_000);
    expect(world.engine.requests).toHaveLength(sent);
    first.view.weather = 'answers';
    await world.until('it leads again', () => world.namesBy(first).includes('c'));
    expect(world.engine.of('first', '/api/v1/lead')).toHaveLength(2);
  });

  it('a request without an answer is given up at the deadline, and what was not acknowledged is not sent by it again', async () => {
    const [first] = await setup();
    world.engine.answers = false;
    first.source.apply(pod('c', 'ns'));
    await world.until('it is under way', () => world.namesBy(first).includes('c'));
    first.view.weather = 'refuses';
    const sent = world.engine.requests.length;
    await world.clock.advance(12_000);
    await world.until('the first has stopped', () => first.manager.leadership().role === 'standby');
    world.engine.answers = true;
    await world.clock.advance(1_000);
    expect(world.engine.requests.filter(({ by }) => by === 'first').length).toBeLessThanOrEqual(sent);
  });
});

describe('two processes that share the shards', () => {
  const namespaces = ['team-0', 'team-1', 'team-2', 'team-3', 'team-4', 'team-5'];
  const objects = namespaces.map((namespace) => pod(`in-${namespace}`, namespace));
  const SHARDS = 3;

  it('look at a part each, and all of it comes from one of them after the other has stopped', async () => {
    world = new World(await FakeEngine.start());
    const first = world.start('first', objects, SHARDS);
    await world.until('the first leads all', () => world.namesBy(first).length === 6);
    const second = world.start('second', objects, SHARDS);
    await world.until('the second has its share', () => world.namesBy(second).length > 0);
    const mine = second.manager.leadership().shards ?? [];
    expect(mine).toHaveLength(1);
    const own = namespaces.filter((namespace) => mine.includes(`${shardOf(namespace, SHARDS)}-of-${SHARDS}`));
    await world.until('its share', () => world.namesBy(second).length === own.length);
    expect(world.namesBy(second)).toEqual(own.map((namespace) => `in-${namespace}`));
    await world.until('its sync', () => world.engine.of('second', '/api/v1/sources/pods/sync').length === 1);
    const [index] = mine.map((name) => Number(name[0]));
    const shard = { index, count: SHARDS };
    expect(world.engine.of<LeadRequest>('second', '/api/v1/lead')).toMatchObject([
      { shard: mine[0], sources: [{ name: 'pods', filter: { namespaces: ['*'], shard } }] },
    ]);
    expect(world.engine.of<SyncRequest>('second', '/api/v1/sources/pods/sync')).toMatchObject([
      {
        shard: mine[0],
        filter: { shard },
        objects: own.map((namespace) => objectHash('v1', 'Pod', namespace, `in-${namespace}`)),
      },
    ]);
    expect(second.manager.status()[0]?.counts).toMatchObject({ objects: own.length, decided: own.length });
    expect(first.manager.status()[0]?.counts).toMatchObject({ objects: 6 - own.length });
    const sent = world.engine.reportsOf('first').length;
    for (const namespace of own) {
      first.source.apply(pod('later', namespace));
      second.source.apply(pod('later', namespace));
    }
    await world.until('the change', () => world.namesBy(second).includes('later'));
    expect(world.engine.reportsOf('first')).toHaveLength(sent);

    first.stop.abort();
    await first.manager.stopped();
    await world.until('all of it', () => world.namesBy(second).length === 7);
  });

  it('objects in no namespace are in the shard of the namespace where their issues live, which speaks for all of them', async () => {
    world = new World(await FakeEngine.start());
    const first = world.start('first', [pod('node-1'), pod('node-2')], SHARDS);
    await world.until('both', () => world.namesBy(first).length === 2);
    await world.until('the sync', () => world.engine.of('first', '/api/v1/sources/pods/sync').length > 0);
    await world.clock.advance(5_000);
    const home = shardOf('faultline-system', SHARDS);
    const syncs = world.engine.of<SyncRequest>('first', '/api/v1/sources/pods/sync');
    expect(syncs.map(({ shard, filter }) => [shard, filter])).toEqual([
      [`${home}-of-${SHARDS}`, { namespaces: ['*'], labelSelector: '' }],
    ]);
  });
});

describe('a seat', () => {
  /** A backend that holds back its answers, and a tenure that a test ends. */
  const setup = () => {
    const clock = new ManualClock();
    const [stop, lost] = [new AbortController(), new AbortController()];
    const calls: { path: string; signal: AbortSignal; answer: () => void }[] = [];
    const backend: Backend = {
      url: 'http://backend',
      call: (_, path, __, signal) =>
        new Promise((resolve) => {
          const answer = (): void => resolve({ status: 200, again: false, body: { results: [OK] }, error: '' });
          signal.addEventListener('abort', () =>
            resolve({ status: 0, again: true, body: undefined, error: 'aborted' }),
          );
          calls.push({ path, signal, answer });
        }),
    };
    const tenure = { elected: true, ends: AbortSignal.any([stop.signal, lost.signal]), lost: lost.signal, held: true };
    const work = Promise.withResolvers<void>();
    const seat = new Seat(
      {
        ...{ manager: 'x', sources: () => [], backend, clusterScopedNamespace: 'home', logger: silentLogger, clock },
        ...{ random: () => 0, work: () => work.promise },
      },
      { ...tenure, holds: () => tenure.held },
    );
    const ended = seat.run();
    const reports = () => calls.filter(({ path }) => path === '/api/v1/reports');
    return { seat, stop, lost, tenure, work, ended, reports, clock };
  };
  const OK = { index: 0, status: 200 };
  const report: Report = {
    ...{ source: 'x', namespace: 'ns', subject: { apiVersion: 'v1', kind: 'Thing', name: 'a' } },
    ...{ order: { class: 'received' }, body: { deleted: 'object' } },
  };

  it('sends nothing when its lease is over, though no timer has told yet', async () => {
    const { seat, tenure, work, stop, ended, reports, clock } = setup();
    await settle();
    tenure.held = false;
    void seat.workplace.sink.submit([report]).catch(() => {});
    await clock.advance(5_000);
    expect(reports()).toEqual([]);
    stop.abort();
    work.resolve();
    await clock.advance(1_000);
    await ended;
  });

  it('gives up what is under way when its lease is lost, also while its controllers still end', async () => {
    const { seat, lost, tenure, work, ended, reports, clock } = setup();
    void seat.workplace.sink.submit([report]).catch(() => {});
    await settle();
    expect(reports().map(({ signal }) => signal.aborted)).toEqual([false]);
    tenure.held = false;
    lost.abort();
    expect(reports().map(({ signal }) => signal.aborted)).toEqual([true]);
    work.resolve();
    await settle();
    await ended;
    expect(clock.pending).toBe(0);
  });

  it('waits a second for what was seen before its end', async () => {
    const { seat, stop, work, ended, reports, clock } = setup();
    const answered = seat.workplace.sink.submit([report]);
    await settle();
    stop.abort();
    work.resolve();
    await clock.advance(999);
    reports()[0]?.answer();
    expect(await answered).toMatchObject([{ status: 200 }]);
    await ended;
  });

  it('and no longer', async () => {
    const { seat, stop, work, ended, clock } = setup();
    const answered = seat.workplace.sink.submit([report]);
    await settle();
    stop.abort();
    work.resolve();
    const refused = expect(answered).rejects.toThrow('closed');
    await clock.advance(1_000);
    await refused;
    await ended;
  });
});
