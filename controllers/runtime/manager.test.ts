import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { objectHash } from '../../crds/identity.ts';
import type { LeadRequest, Report, SubjectsResponse } from '../../crds/report.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { MemorySource } from '../testing/memory-source.ts';
import { ledSource } from './led-source.ts';
import type { LoadedController } from './loader.ts';
import { silentLogger } from './logger.ts';
import { createManager } from './manager.ts';
import type { ClusterObject } from './object.ts';
import { defineController, undecided } from './plugin.ts';
import type { WatchRequest } from './source.ts';

const definition = defineController({
  apiVersion: 'controller/v1',
  watches: { apiVersion: 'v1', kind: 'Pod', fields: ['spec'] },
  order: 'state',
  onDelete: 'resolve',
  observe({ metadata }) {
    if (metadata.labels?.undecided) return undecided('New');
    const { name, namespace = '' } = metadata;
    return { subject: { apiVersion: 'v1', kind: 'Pod', namespace, name }, findings: [] };
  },
});

function loaded(name: string, settings: Partial<LoadedController> = {}): LoadedController {
  return {
    name,
    use: name,
    definition,
    options: {},
    namespaces: ['*'],
    labelSelector: '',
    concurrency: 2,
    maxAgeMs: 1e9,
    ...settings,
  };
}

const pod = (name: string, namespace = 'ns', labels = {}): ClusterObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, uid: name, labels },
});

/** A backend over real HTTP that remembers what it was asked, and can be away. */
class FakeBackend {
  readonly requests: { path: string; body: unknown }[] = [];
  status = 200;
  /** Looks of older epochs are refused. */
  epoch = 0;
  database = 'one';
  /** The subjects with Active issues. */
  active: SubjectsResponse['subjects'] = [];
  /** No lead is answered before that. */
  leads: Promise<void> = Promise.resolve();
  #server: Server | undefined;
  port = 0;

  async start(): Promise<void> {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const body: unknown = text === '' ? undefined : JSON.parse(text);
        this.requests.push({ path: request.url ?? '', body });
        const answer = (): unknown =>
          response
            .writeHead(this.#statusOf(request.url ?? '', body), { 'content-type': 'application/json' })
            .end(JSON.stringify(this.#answer(request.url ?? '', body)));
        if (request.url === '/api/v1/lead') void this.leads.then(answer);
        else answer();
      });
    });
    await new Promise<void>((resolve) => this.#server?.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve(undefined)));
  }

  of(path: string): unknown[] {
    return this.requests.filter((request) => request.path === path).map(({ body }) => body);
  }

  #answer(path: string, body: unknown): unknown {
    if (path === '/api/v1/lead') {
      const { sources } = body as { sources: { name: string }[] };
      return { sources: sources.map(({ name }, index) => ({ name, epoch: Math.max(this.epoch, index + 40) })) };
    }
    if (path === '/api/v1/reports')
      return {
        results: (body as Report[]).map((report, index) => this.#decide(report, index)),
        resourceVersion: '1',
        database: this.database,
      };
    if (this.#statusOf(path, body) === 409) return { error: 'fenced: another leads' };
    return { resolved: 0, kept: 0, subjects: this.active };
  }

  #statusOf(path: string, body: unknown): number {
    const isOld = path.endsWith('/sync') && (body as { epoch: number }).epoch < this.epoch;
    return isOld ? 409 : this.status;
  }

  #decide({ order }: Report, index: number): object {
    const isOld = 'epoch' in order && order.epoch < this.epoch;
    return isOld ? { index, status: 409, error: 'fenced: another leads' } : { index, status: 200 };
  }
}

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function setup(
  controllers: LoadedController[],
  source = new MemorySource([pod('a'), pod('b', 'other', { undecided: 'x' })]),
  clock?: ManualClock,
) {
  const backend = new FakeBackend();
  await backend.start();
  cleanups.push(() => backend.stop());
  const warnings: string[] = [];
  const registry = new Registry();
  const manager = createManager({
    name: 'me',
    controllers,
    source,
    backend: { url: `http://127.0.0.1:${backend.port}`, headers: async () => ({ authorization: 'Bearer t' }) },
    logger: { ...silentLogger, warn: (_, message) => void warnings.push(message) },
    registry,
    random: () => 0,
    ...(clock && { clock }),
  });
  cleanups.push(async () => manager[Symbol.asyncDispose]());
  return { backend, manager, source, warnings, registry };
}

async function eventually(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('it never held');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a manager', () => {
  it('leads all its sources at once, reports, and then tells what it listed', async () => {
    const { backend, manager } = await setup([loaded('one'), loaded('two', { namespaces: ['ns'] })]);
    manager.start(new AbortController().signal);
    await manager.synced();
    await eventually(
      () => backend.of('/api/v1/sources/one/sync').length === 1 && backend.of('/api/v1/sources/two/sync').length === 1,
    );
    const filter = (...namespaces: string[]): object => ({ namespaces, labelSelector: '' });
    expect(backend.of('/api/v1/lead')).toEqual([
      {
        manager: 'me',
        sources: [
          { name: 'one', class: 'state', filter: filter('*') },
          { name: 'two', class: 'state', filter: filter('ns') },
        ],
      },
    ]);
    const reports = backend.of('/api/v1/reports').flat() as Report[];
    expect(reports.map(({ source, order }) => [source, 'epoch' in order && order.epoch])).toEqual(
      expect.arrayContaining([
        ['one', 40],
        ['two', 41],
      ]),
    );
    const hashes = [objectHash('v1', 'Pod', 'ns', 'a'), objectHash('v1', 'Pod', 'other', 'b')];
    expect(backend.of('/api/v1/sources/one/sync')).toEqual([{ epoch: 40, filter: filter('*'), objects: hashes }]);
    expect(backend.of('/api/v1/sources/two/sync')).toEqual([
      { epoch: 41, filter: filter('ns'), objects: hashes.slice(0, 1) },
    ]);
  });

  it('counts, measures and says how it is', async () => {
    const { manager, registry } = await setup([loaded('one')]);
    manager.start(new AbortController().signal);
    await manager.synced();
    manager.measure();
    expect(manager.status()[0]?.conditions[0]).toMatchObject({ type: 'Ready', status: 'True' });
    expect(manager.status()[0]?.counts).toMatchObject({ objects: 2, decided: 1, undecided: 1, reported: 1 });
    const text = await registry.metrics();
    expect(text).toContain('controller_runtime_reconcile_total{controller="one",result="success"} 2');
    expect(text).toContain('workqueue_adds_total{name="one"} 2');
    expect(text).toContain('rest_client_requests_total{code="200",method="POST"');
    expect(text).toContain('faultline_objects{controller="one",outcome="undecided"} 1');
  });

  it('tells how it is inside: queues, watches, what waits to be sent', async () => {
    const { manager } = await setup([loaded('one')]);
    expect(manager.inside().queues).toEqual({ one: [] });
    manager.start(new AbortController().signal);
    await manager.synced();
    const { queues, informers, buffered } = manager.inside();
    expect(queues.one).toMatchObject([{ waiting: 0, working: 0 }]);
    expect(buffered).toBe(0);
    expect(informers).toMatchObject([
      { kind: 'Pod', objects: 2, missed: 0, scopes: [{ namespace: '', state: 'synced', listing: false }] },
    ]);
  });

  it('loses nothing while its backend is away, and says so once', async () => {
    const { backend, manager, source, warnings } = await setup([loaded('one')]);
    manager.start(new AbortController().signal);
    await manager.synced();
    await eventually(() => backend.of('/api/v1/sources/one/sync').length === 1);
    await backend.stop();
    source.apply(pod('c'));
    await eventually(() => warnings.length > 0);
    source.apply(pod('d'));
    await backend.start();
    const arrived = (): string[] =>
      (backend.of('/api/v1/reports').flat() as Report[]).map(({ subject }) => subject.name);
    await eventually(() => ['c', 'd'].every((name) => arrived().includes(name)));
    expect(warnings).toEqual(['reports wait for the backend']);
  });

  it('waits for a backend that is away when it starts', async () => {
    const { backend, manager } = await setup([loaded('one')]);
    backend.status = 503;
    manager.start(new AbortController().signal);
    await eventually(() => backend.of('/api/v1/lead').length > 0);
    backend.status = 200;
    await manager.synced();
    expect(backend.of('/api/v1/reports').flat()).toHaveLength(1);
  });

  it('leads again when another one led for a moment, and waits longer each time', async () => {
    const clock = new ManualClock();
    const { backend, manager, source, warnings } = await setup([loaded('one'), loaded('two')], undefined, clock);
    manager.start(new AbortController().signal);
    await manager.synced();
    let sent = 0;
    const takeOver = async (epoch: number): Promise<void> => {
      backend.epoch = epoch;
      const before = warnings.filter((each) => each.startsWith('another manager')).length;
      source.apply(pod(`c${++sent}`));
      await eventually(() => warnings.filter((each) => each.startsWith('another manager')).length > before);
    };
    const leads = (): number => backend.of('/api/v1/lead').length;
    const epochsOf = (name: string): unknown[] =>
      (backend.of('/api/v1/reports').flat() as Report[])
        .filter(({ source: from, subject }) => from === name && subject.name === 'a')
        .map(({ order }) => 'epoch' in order && order.epoch);
    await takeOver(100);
    await clock.advance(14_999);
    expect(leads()).toBe(1);
    await clock.advance(1);
    await eventually(() => epochsOf('one').includes(100) && epochsOf('two').includes(100));
    expect(leads()).toBe(2);
    await takeOver(200);
    await clock.advance(29_999);
    expect(leads()).toBe(2);
    await clock.advance(1);
    await eventually(() => epochsOf('one').includes(200) && epochsOf('two').includes(200));
    expect(leads()).toBe(3);
  });

  it('leads again when only its sync is told that another one led', async () => {
    const clock = new ManualClock();
    const { backend, manager, source } = await setup([loaded('one')], undefined, clock);
    const observed = { apiVersion: 'v1', kind: 'Pod', name: 'b', uid: 'b' };
    const subject = { apiVersion: 'v1', kind: 'Pod', namespace: 'other', name: 'b' };
    backend.active = [{ namespace: 'other', subject, keys: ['k'], observed }];
    manager.start(new AbortController().signal);
    await manager.synced();
    await eventually(() => backend.of('/api/v1/sources/one/sync').length === 1);
    backend.epoch = 100;
    // Undecided and deleted: what it left behind only a sync can tell.
    source.delete(pod('b', 'other', { undecided: 'x' }));
    await eventually(() => clock.pending > 0);
    await clock.advance(10_000);
    await eventually(() => backend.of('/api/v1/sources/one/sync').length === 2);
    await eventually(() => clock.pending > 0);
    await clock.advance(15_000);
    await eventually(() => backend.of('/api/v1/sources/one/sync').length === 3);
    expect(backend.of('/api/v1/sources/one/sync')[2]).toMatchObject({ epoch: 100 });
  });

  it('reports everything again to another database: it may lack what was acknowledged', async () => {
    const { backend, manager, source, warnings } = await setup([loaded('one')]);
    manager.start(new AbortController().signal);
    await manager.synced();
    await eventually(() => backend.of('/api/v1/sources/one/sync').length === 1);
    source.apply(pod('c'));
    await eventually(() => backend.of('/api/v1/reports').flat().length === 2);
    expect(backend.of('/api/v1/lead')).toHaveLength(1);
    Object.assign(backend, { database: 'two', epoch: 50 });
    backend.requests.length = 0;
    source.apply(pod('d'));
    await eventually(() => backend.of('/api/v1/sources/one/sync').length === 1);
    const again = (backend.of('/api/v1/reports').flat() as Report[]).filter(
      ({ order }) => 'epoch' in order && order.epoch === 50,
    );
    expect(again.map(({ subject }) => subject.name).sort()).toEqual(['a', 'c', 'd']);
    expect(backend.of('/api/v1/lead')).toHaveLength(1);
    expect(warnings.filter((each) => each.startsWith('another database'))).toHaveLength(1);
  });

  it('ends with its signal, also while the backend is away, and can be ended twice', async () => {
    const { backend, manager, source } = await setup([loaded('one')]);
    const stop = new AbortController();
    manager.start(stop.signal);
    await manager.synced();
    await backend.stop();
    source.apply(pod('c'));
    stop.abort();
    await manager.stopped();
    await manager[Symbol.asyncDispose]();
    expect(() => manager.start(stop.signal)).toThrow('started already');
  });
});

/** Counts the watches that are open. */
class CountedSource extends MemorySource {
  readonly open: WatchRequest[] = [];
  opened = 0;

  override async *watch(request: WatchRequest, signal: AbortSignal): ReturnType<MemorySource['watch']> {
    this.opened++;
    this.open.push(request);
    try {
      yield* super.watch(request, signal);
    } finally {
      this.open.splice(this.open.indexOf(request), 1);
    }
  }
}

describe('a manager whose controllers are changed while it runs', () => {
  const reportsOf = (backend: FakeBackend, name: string): [string, unknown][] =>
    (backend.of('/api/v1/reports').flat() as Report[])
      .filter(({ source }) => source === name)
      .map(({ subject, order }) => [subject.name, 'epoch' in order && order.epoch]);
  const led = (backend: FakeBackend): string[][] =>
    backend.of('/api/v1/lead').map((body) => (body as LeadRequest).sources.map(({ name }) => name));

  async function begin(controllers: LoadedController[]) {
    const source = new CountedSource([pod('a'), pod('b', 'other')]);
    const all = await setup(controllers, source);
    all.manager.start(new AbortController().signal);
    await all.manager.synced();
    return { ...all, source };
  }

  it('lets the others go on as if nothing had happened, and leads the new set', async () => {
    const [one, two] = [loaded('one'), loaded('two')];
    const { backend, manager, source, registry } = await begin([one, two]);
    backend.epoch = 100;
    await manager.apply([one, loaded('three')]);
    await manager.synced();
    expect(led(backend)).toEqual([
      ['one', 'two'],
      ['one', 'three'],
    ]);
    expect(source.opened).toBe(1);
    expect(manager.status().map(({ name, counts }) => [name, counts.objects])).toEqual([
      ['one', 2],
      ['three', 2],
    ]);
    await eventually(() => reportsOf(backend, 'three').length === 2);
    source.apply(pod('c'));
    await eventually(() => reportsOf(backend, 'one').length === 3 && reportsOf(backend, 'three').length === 3);
    // Looked at once in all, and under the new number from now on.
    expect(reportsOf(backend, 'one')).toEqual([
      ['a', 40],
      ['b', 40],
      ['c', 100],
    ]);
    expect(reportsOf(backend, 'two')).toHaveLength(2);
    manager.measure();
    expect(await registry.metrics()).not.toContain('"two"');
  });

  it('sends again at once what was on its way when the numbers changed', async () => {
    const one = loaded('one');
    const source = new MemorySource([pod('a')]);
    // Time stands still: nothing here waits for a retry.
    const { backend, manager } = await setup([one], source, new ManualClock());
    manager.start(new AbortController().signal);
    await manager.synced();
    await eventually(() => reportsOf(backend, 'one').length === 1);
    const answered = Promise.withResolvers<void>();
    Object.assign(backend, { epoch: 100, leads: answered.promise });
    await manager.apply([one, loaded('two')]);
    await eventually(() => led(backend).length === 2);
    source.apply(pod('b'));
    await eventually(() => reportsOf(backend, 'one').length === 2);
    answered.resolve();
    await eventually(() => reportsOf(backend, 'one').length === 3);
    expect(reportsOf(backend, 'one')).toEqual([
      ['a', 40],
      ['b', 40],
      ['b', 100],
    ]);
  });

  it('goes on with a round that has begun, and tells what is there once', async () => {
    const looks: string[] = [];
    const opened = Promise.withResolvers<void>();
    const slow = defineController({
      ...definition,
      async observe(object, read, options) {
        looks.push(object.metadata.name);
        if (object.metadata.name === 'b') await opened.promise;
        return await definition.observe(object, read, options);
      },
    });
    const one = loaded('one', { definition: slow });
    const { backend, manager } = await setup([one], new MemorySource([pod('a'), pod('b')]));
    manager.start(new AbortController().signal);
    await eventually(() => looks.length === 2);
    await manager.apply([one, loaded('two')]);
    await eventually(() => backend.of('/api/v1/sources/two/sync').length === 1);
    opened.resolve();
    await manager.synced();
    await eventually(() => backend.of('/api/v1/sources/one/sync').length === 1);
    await manager.apply([one]);
    await manager.apply([one, loaded('two')]);
    await eventually(() => backend.of('/api/v1/sources/two/sync').length === 2);
    expect(looks.toSorted()).toEqual(['a', 'b']);
    expect(backend.of('/api/v1/sources/one/sync')).toHaveLength(1);
  });

  it('tells again what is there when that was refused under the old number', async () => {
    const one = loaded('one');
    const source = new MemorySource([pod('a'), pod('b', 'ns', { undecided: 'x' })]);
    const clock = new ManualClock();
    const { backend, manager } = await setup([one], source, clock);
    const observed = { apiVersion: 'v1', kind: 'Pod', name: 'b', uid: 'b' };
    const subject = { apiVersion: 'v1', kind: 'Pod', namespace: 'ns', name: 'b' };
    backend.active = [{ namespace: 'ns', subject, keys: ['k'], observed }];
    manager.start(new AbortController().signal);
    await manager.synced();
    await eventually(() => backend.of('/api/v1/sources/one/sync').length === 1);
    const answered = Promise.withResolvers<void>();
    Object.assign(backend, { epoch: 100, leads: answered.promise });
    await manager.apply([one, loaded('two')]);
    await eventually(() => led(backend).length === 2);
    source.delete(pod('b', 'ns', { undecided: 'x' }));
    await eventually(() => clock.pending > 0);
    await clock.advance(10_000);
    await eventually(() => backend.of('/api/v1/sources/one/sync').length === 2);
    answered.resolve();
    await eventually(() => backend.of('/api/v1/sources/one/sync').length === 3);
    expect(backend.of('/api/v1/sources/one/sync')[2]).toMatchObject({ epoch: 100 });
  });

  it('reports everything again to another database, also when that answers while the new set is led', async () => {
    const one = loaded('one');
    const source = new MemorySource([pod('a')]);
    const { backend, manager } = await setup([one], source, new ManualClock());
    manager.start(new AbortController().signal);
    await manager.synced();
    const answered = Promise.withResolvers<void>();
    backend.leads = answered.promise;
    await manager.apply([one, loaded('two')]);
    await eventually(() => led(backend).length === 2);
    backend.database = 'two';
    source.apply(pod('b'));
    await eventually(() => reportsOf(backend, 'one').length === 2);
    backend.epoch = 100;
    answered.resolve();
    await eventually(() => reportsOf(backend, 'one').length >= 4);
    expect(reportsOf(backend, 'one').slice(2).toSorted()).toEqual([
      ['a', 100],
      ['b', 100],
    ]);
  });

  it('says which sources it cannot tell about, and leads again when those change', async () => {
    const { backend, manager } = await begin([loaded('one')]);
    const unknown = () => backend.of('/api/v1/lead').map((body) => (body as LeadRequest).unknown);
    await manager.apply([], 'rules', undefined, ['rule.*']);
    await eventually(() => led(backend).length === 2);
    await manager.apply([], 'rules', undefined, ['rule.*']);
    await manager.apply([loaded('rule.a')], 'rules');
    await eventually(() => led(backend).at(-1)?.length === 2);
    await eventually(() => unknown().at(-1) === undefined);
    expect(unknown()[1]).toEqual(['rule.*']);
    expect(led(backend).length).toBeLessThanOrEqual(4);
  });

  it('replaces what has changed, with a watch of its own where it reads more, and ends what nobody uses', async () => {
    const [one, two] = [loaded('one'), loaded('two')];
    const { backend, manager, source } = await begin([one, two]);
    const watches = { ...definition.watches, fields: ['spec', 'status'] };
    await manager.apply([one, loaded('two', { definition: { ...definition, watches } })]);
    await manager.synced();
    await eventually(() => reportsOf(backend, 'two').length === 4);
    expect(reportsOf(backend, 'one')).toHaveLength(2);
    expect(source.open).toHaveLength(2);
    await manager.apply([one]);
    await eventually(() => source.open.length === 1);
    await manager.apply([]);
    await eventually(() => source.open.length === 0);
    await eventually(() => led(backend).at(-1)?.length === 0);
  });

  it('watches other namespaces when they change, with every controller', async () => {
    const one = loaded('one');
    const { backend, manager, source } = await begin([one]);
    await manager.apply([one], 'configuration', ['other']);
    await manager.synced();
    expect(manager.status()[0]?.counts.objects).toBe(1);
    await eventually(() => source.open.length === 1);
    expect(source.open[0]?.namespace).toBe('other');
    const [filter] = (backend.of('/api/v1/lead').at(-1) as LeadRequest).sources.map((each) => each.filter);
    expect(filter).toEqual({ namespaces: ['other'], labelSelector: '' });
  });

  it('says of every controller why the last edit is not what runs', async () => {
    const { manager } = await begin([loaded('one')]);
    const stale = () => manager.status()[0]?.conditions.find(({ type }) => type === 'ConfigurationStale');
    expect(stale()).toBeUndefined();
    manager.refuseEdit('faultline.yaml:3:1: unknown key');
    expect(stale()).toMatchObject({ status: 'True', message: 'faultline.yaml:3:1: unknown key' });
    manager.refuseEdit(undefined);
    expect(stale()).toBeUndefined();
  });

  it('knows the controllers of several origins apart', async () => {
    const { backend, manager } = await begin([loaded('one')]);
    const isLed = (...names: string[]): Promise<void> =>
      eventually(() => String(led(backend).at(-1)) === String(names));
    await manager.apply([loaded('rule.x')], 'rules');
    await isLed('one', 'rule.x');
    await manager.apply([loaded('two')]);
    await isLed('two', 'rule.x');
    await manager.apply([], 'rules');
    await isLed('two');
  });

  it('leads what is wanted by then when its backend was away, and nothing again when nothing changed', async () => {
    const { backend, manager } = await setup([loaded('one')]);
    backend.status = 503;
    manager.start(new AbortController().signal);
    await eventually(() => backend.of('/api/v1/lead').length > 0);
    const [two, three] = [loaded('two'), loaded('three')];
    await manager.apply([two, three]);
    backend.status = 200;
    await manager.synced();
    expect(led(backend).at(-1)).toEqual(['two', 'three']);
    const before = led(backend).length;
    await manager.apply([{ ...two }, three]);
    expect(led(backend)).toHaveLength(before);
  });
});

describe('what a source covers', () => {
  const filters = (own: string[], manager: string[]) => {
    const { filter, syncFilter } = ledSource(loaded('x', { namespaces: own, labelSelector: 'a=b' }), manager);
    return [filter.namespaces, syncFilter([pod('p', 'team-a-1')]).namespaces];
  };
  it.each([
    [['*'], ['*'], ['*'], ['*']],
    [
      ['team-*', '!team-x'],
      ['*', '!kube-*'],
      ['team-*', '!team-x', '!kube-*'],
      ['team-*', '!team-x', '!kube-*'],
    ],
    [['*'], ['a', 'b'], ['a', 'b'], ['a', 'b']],
    [['team-*'], ['team-a', 'other'], ['team-a'], ['team-a']],
    // Two globs have no common glob: a sync then names what was seen, which is never too much.
    [['team-*'], ['*-a-*'], ['team-*'], ['team-a-1']],
  ])('%j of a manager of %j is %j', (own, manager, filter, sync) => {
    expect(filters(own, manager)).toEqual([filter, sync]);
  });
});
