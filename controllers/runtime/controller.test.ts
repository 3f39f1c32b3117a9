import { describe, expect, it } from 'vitest';
import type { Finding, Report } from '../../crds/report.ts';
import { createWorld, type World } from '../testing/world.ts';
import type { ClusterObject } from './object.ts';
import { defineController, type ObjectLike, RetryAfter, TerminalError, undecided } from './plugin.ts';

const finding: Finding = { key: 'down', type: 'workload', severity: 'major', reason: 'Down', title: 'it is down' };

interface Thing extends ObjectLike {
  spec?: { subject?: string; broken?: boolean | 'throw' | 'terminal' | 'later' | 'hang' | 'nonsense'; final?: boolean };
  status?: { completionTime?: string };
}

/** Things that finish: many runs of one component. */
const runs = defineController<Thing, unknown>({
  apiVersion: 'controller/v1',
  watches: { apiVersion: 'example.com/v1', kind: 'Run', fields: ['spec'] },
  reads: [
    { apiVersion: 'example.com/v1', kind: 'Component' },
    { apiVersion: 'example.com/v1', kind: 'Step', ownedByObject: true },
  ],
  order: 'run',
  onDelete: 'keep',
  async observe(run, read) {
    await read.owned('Step');
    if (run.spec?.broken === undefined) return undecided('Running', run.spec?.final ? { final: true } : {});
    const { namespace = '' } = run.metadata;
    const subject = {
      apiVersion: 'example.com/v1',
      kind: 'Component',
      namespace,
      name: run.spec.subject ?? 'web',
      aspect: 'build',
    };
    return { subject, findings: run.spec.broken ? [finding] : [] };
  },
});

/** Things that are. */
const states = defineController<Thing, unknown>({
  apiVersion: 'controller/v1',
  watches: { apiVersion: 'example.com/v1', kind: 'Thing', fields: ['spec'] },
  reads: [{ apiVersion: 'v1', kind: 'Note', fields: ['text'] }],
  order: 'state',
  onDelete: 'resolve',
  async observe(thing, read) {
    const { namespace = '', name } = thing.metadata;
    const { broken, subject: other } = thing.spec ?? {};
    switch (broken) {
      case 'throw':
        throw new Error('no idea');
      case 'terminal':
        throw new TerminalError('never');
      case 'later':
        throw new RetryAfter(90_000);
      case 'hang':
        return new Promise(() => {});
      case 'nonsense':
        return { subject: { kind: 'X' }, findings: [{ ...finding, severity: 'awful' }] } as never;
      case undefined:
        return undecided('New');
      default: {
        const note = await read.get('Note', namespace, name);
        const noted =
          note === undefined
            ? []
            : [{ ...finding, key: 'noted', title: `noted ${String((note as { text?: string }).text)}` }];
        const subject = { apiVersion: 'example.com/v1', kind: 'Thing', namespace, name: other ?? name };
        return { subject, findings: [...(broken ? [finding] : []), ...noted] };
      }
    }
  },
});

function object(kind: string, name: string, rest: object = {}, metadata: object = {}): ClusterObject {
  const apiVersion = kind === 'Note' ? 'v1' : 'example.com/v1';
  return { apiVersion, kind, metadata: { name, namespace: 'ns', uid: `uid-${name}`, ...metadata }, ...rest };
}

const component = object('Component', 'web');
const thing = (name: string, spec: Thing['spec'], metadata: object = {}): ClusterObject =>
  object('Thing', name, { spec }, metadata);
function run(name: string, minute: number, broken: boolean | undefined, more: object = {}): ClusterObject {
  const completionTime = new Date(Date.parse('2026-11-21T07:00:00Z') + minute * 60_000).toISOString();
  return object('Run', name, { spec: { broken, ...more }, status: { completionTime } });
}

const names = (reports: readonly Report[]): (string | undefined)[] =>
  reports.map((report) => report.observed?.name ?? report.subject.name);
const titles = (reports: readonly Report[]): string[][] =>
  reports.map(({ body }) =>
    'findings' in body ? body.findings.map(({ title }) => title) : [`deleted ${body.deleted}`],
  );

describe('an initial list', () => {
  it('is sent per subject oldest first, and only what matters', async () => {
    const old = [run('c', 3, true), run('a', 1, true), run('b', 2, false), run('d', 4, undefined)];
    await using world = createWorld(runs, { objects: [component, ...old] });
    await world.controller.settled;
    expect(names(world.sink.reports)).toEqual(['b', 'c']);
    expect(world.controller.status().counts).toMatchObject({
      objects: 4,
      decided: 3,
      failing: 2,
      undecided: 1,
      undecidedTerminal: 1,
      skipped: 1,
    });
  });

  it('carries complete order keys', async () => {
    const steps = ['x', 'y'].map((name) =>
      object(
        'Step',
        name,
        { status: name === 'x' ? { completionTime: '2026-11-21T07:00:00Z' } : {} },
        { ownerReferences: [{ apiVersion: 'example.com/v1', kind: 'Run', name: 'a', uid: 'uid-a' }] },
      ),
    );
    await using world = createWorld(runs, { objects: [component, ...steps, run('a', 1, true)] });
    await world.controller.settled;
    expect(world.sink.reports[0]?.order).toEqual({
      class: 'run',
      completedAt: '2026-11-21T07:01:00.000Z',
      uid: 'uid-a',
      detail: 1,
      epoch: 7,
      sequence: 1,
    });
  });

  it('opens nothing for a failure that is older than maxAge, but only of a live cluster', async () => {
    const objects = [component, run('old', -86_400, true), run('older', -90_000, false)];
    await using live = createWorld(runs, { objects });
    await live.controller.settled;
    expect(names(live.sink.reports)).toEqual(['older']);
    await using recorded = createWorld(runs, { objects, live: false });
    await recorded.controller.settled;
    expect(names(recorded.sink.reports)).toEqual(['older', 'old']);
  });

  it('waits until what is read is listed too, and says what it waits for', async () => {
    await using world = createWorld(runs, {
      objects: [component, run('a', 1, true)],
      prepare: (source) => source.fail('Step', { reason: 'Unreachable', message: 'away', retryInMs: 1 }),
    });
    await world.settle();
    expect(world.sink.reports).toEqual([]);
    expect(world.controller.status().conditions[0]).toMatchObject({
      type: 'Ready',
      status: 'False',
      reason: 'Unreachable',
      message: 'away',
    });
    world.source.fail('Step', undefined);
    await world.controller.settled;
    expect(names(world.sink.reports)).toEqual(['a']);
  });

  it('settles without a kind that is not installed, and decides it when it comes', async () => {
    await using world = createWorld(states, {
      objects: [thing('a', { broken: true })],
      prepare: (source) => source.fail('Thing', { reason: 'NotInstalled', message: 'no such kind', retryInMs: 1 }),
    });
    await world.controller.settled;
    expect(world.sink.reports).toEqual([]);
    world.source.fail('Thing', undefined);
    await world.settle();
    expect(names(world.sink.reports)).toEqual(['a']);
    expect(world.syncs).toHaveLength(1);
  });

  it('is not news when it is listed again', async () => {
    await using world = createWorld(states, { objects: [thing('a', { broken: true })] });
    await world.controller.settled;
    world.sink.take();
    world.source.relist('Thing');
    await world.settle();
    expect(world.sink.reports).toEqual([]);
  });
});

describe('a look', () => {
  it('follows every change, numbered upwards', async () => {
    await using world = createWorld(states, { objects: [thing('a', { broken: false })] });
    await world.controller.settled;
    world.source.apply(thing('a', { broken: true }));
    await world.settle();
    world.source.apply(thing('a', { broken: false }));
    await world.settle();
    expect(titles(world.sink.reports)).toEqual([[], ['it is down'], []]);
    expect(world.sink.reports.map(({ order }) => order)).toEqual(
      [1, 2, 3].map((sequence) => ({ class: 'state', epoch: 7, sequence })),
    );
  });

  it('is repeated when something that it read appears, changes or goes', async () => {
    await using world = createWorld(states, {
      objects: [thing('a', { broken: false }), thing('b', { broken: false })],
    });
    await world.controller.settled;
    world.sink.take();
    const note = object('Note', 'a', { text: 'one' });
    for (const step of [
      () => world.source.apply(note),
      () => world.source.apply({ ...note, text: 'two' }),
      () => world.source.delete(note),
    ]) {
      step();
      await world.settle();
    }
    expect(names(world.sink.reports)).toEqual(['a', 'a', 'a']);
    expect(titles(world.sink.reports)).toEqual([['noted one'], ['noted two'], []]);
  });

  it('is repeated after a failure, with backoff', async () => {
    await using world = createWorld(states, {
      objects: [thing('a', { broken: 'throw' }), thing('b', { broken: true })],
    });
    await world.controller.settled;
    expect(names(world.sink.take())).toEqual(['b']);
    expect(world.controller.status().counts).toMatchObject({ errors: 1, failed: 1 });
    await world.clock.advance(1_000);
    await world.clock.advance(1_999);
    expect(world.controller.status().counts.errors).toBe(2);
    await world.clock.advance(1);
    expect(world.controller.status().counts.errors).toBe(3);
    expect(world.controller.status().conditions[1]).toMatchObject({
      type: 'Degraded',
      status: 'True',
      reason: 'LooksFail',
    });
  });

  it.each([
    ['a terminal error', 'terminal', 'never'],
    ['an invalid observation', 'nonsense', 'severity'],
  ] as const)('is not repeated after %s, and others go on', async (_, broken, message) => {
    await using world = createWorld(states, { objects: [thing('a', { broken }), thing('b', { broken: true })] });
    await world.controller.settled;
    await world.clock.advance(3_600_000);
    expect(names(world.sink.reports)).toEqual(['b']);
    expect(world.controller.status().counts.errors).toBe(1);
    expect(world.controller.status().conditions[1]?.message).toContain(message);
    world.source.apply(thing('a', { broken: false }));
    await world.settle();
    expect(world.controller.status().conditions[1]).toMatchObject({ status: 'False' });
  });

  it('is repeated when the plugin says', async () => {
    await using world = createWorld(states, { objects: [thing('a', { broken: 'later' })] });
    await world.controller.settled;
    await world.clock.advance(89_999);
    expect(world.controller.status().counts).toMatchObject({ errors: 0, failed: 1 });
    expect(world.clock.pending).toBe(1);
  });

  it('is given up after 10 s, so that one plugin holds no worker for ever', async () => {
    const hanging = ['a', 'b', 'c'].map((name) => thing(name, { broken: 'hang' }));
    await using world = createWorld(states, { objects: [...hanging, thing('d', { broken: true })] });
    await world.settle();
    await world.clock.advance(10_000);
    await world.clock.advance(10_000);
    await world.controller.settled;
    expect(names(world.sink.reports)).toEqual(['d']);
    expect(world.controller.status().conditions[1]?.message).toContain('longer than 10 s');
  });

  it('without a verdict is counted, and apart when it is final', async () => {
    const cancelled = run('b', 1, undefined, { final: true });
    await using world = createWorld(runs, { objects: [run('a', 1, undefined), cancelled] });
    await world.controller.settled;
    expect(world.sink.reports).toEqual([]);
    expect(world.controller.status().counts).toMatchObject({ undecided: 1, undecidedTerminal: 1, settledUndecided: 1 });
  });

  it('that was refused is taken again after 5 s, 10 s and so on up to 10 min', async () => {
    await using world = createWorld(states, { objects: [thing('a', { broken: true })] });
    world.sink.answer = () => ({ status: 404, error: 'namespace is terminating' });
    await world.controller.settled;
    for (const ms of [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 600_000, 600_000]) {
      expect(world.sink.take()).toHaveLength(1);
      await world.clock.advance(ms - 1);
      expect(world.sink.reports).toEqual([]);
      await world.clock.advance(1);
    }
    world.sink.answer = () => ({ status: 200 });
    await world.clock.advance(600_000);
    const status = world.controller.status();
    expect(status.counts).toMatchObject({ reported: 1, refused: 10 });
    expect(status.conditions[1]).toMatchObject({ status: 'False' });
  });
});

describe('a controller that is fenced', () => {
  const fence =
    (current: number) =>
    ({ order }: Report): { status: 200 | 409; error?: string } =>
      'epoch' in order && order.epoch < current ? { status: 409, error: 'fenced: epoch 7 is over' } : { status: 200 };

  it('looks at everything again when it leads again, refused or not, and tells what it listed', async () => {
    await using world = createWorld(states, { objects: [thing('a', { broken: true }), thing('b', { broken: false })] });
    await world.controller.settled;
    world.sink.take();
    world.sink.answer = fence(8);
    world.source.apply(thing('a', { broken: false }));
    await world.settle();
    const epochs = world.sink.reports.map(({ subject, order }) => `${subject.name} ${'epoch' in order && order.epoch}`);
    expect([epochs[0], ...epochs.slice(1).sort()]).toEqual(['a 7', 'a 8', 'b 8']);
    expect(titles(world.sink.reports)).toEqual([[], [], []]);
    expect(world.syncs).toHaveLength(2);
    expect(world.controller.status().conditions[1]).toMatchObject({ type: 'Degraded', status: 'False' });
  });

  it('says that an object is gone with the new epoch', async () => {
    await using world = createWorld(states, { objects: [thing('a', { broken: true }), thing('b', { broken: true })] });
    await world.controller.settled;
    world.sink.take();
    world.sink.answer = fence(8);
    world.source.delete(thing('a', {}));
    await world.settle();
    await world.clock.advance(5_000);
    expect(world.sink.reports.map(({ order }) => 'epoch' in order && order.epoch)).toEqual([7, 8, 8]);
    expect(titles(world.sink.reports)).toEqual([['deleted object'], ['deleted object'], ['it is down']]);
  });
});

describe('a deletion', () => {
  it('of an object of an onDelete: resolve controller says so, with the next number', async () => {
    await using world = createWorld(states, { objects: [thing('a', { broken: true })] });
    await world.controller.settled;
    world.source.delete(thing('a', {}));
    await world.settle();
    expect(titles(world.sink.reports)).toEqual([['it is down'], ['deleted object']]);
    expect(world.sink.reports[1]?.order).toEqual({ class: 'state', epoch: 7, sequence: 2 });
  });

  it('is said again when it was refused', async () => {
    await using world = createWorld(states, { objects: [thing('a', { broken: true })] });
    await world.controller.settled;
    world.sink.take();
    world.sink.answer = () => ({ status: 409 });
    world.source.delete(thing('a', {}));
    await world.settle();
    world.sink.answer = () => ({ status: 200 });
    await world.clock.advance(5_000);
    await world.clock.advance(600_000);
    expect(titles(world.sink.reports)).toEqual([['deleted object'], ['deleted object']]);
  });

  it('that is refused because its namespace is gone is not said again, and nothing stays degraded', async () => {
    await using world = createWorld(states, { objects: [thing('a', { broken: true })] });
    await world.controller.settled;
    world.sink.take();
    world.sink.answer = () => ({ status: 409, error: 'terminating: namespace ns is being deleted' });
    world.source.delete(thing('a', {}));
    await world.settle();
    expect(world.controller.status().conditions[1]).toMatchObject({ reason: 'ReportsRefused' });
    world.sink.answer = () => ({ status: 404, error: 'namespace ns not found' });
    await world.clock.advance(5_000);
    await world.clock.advance(3_600_000);
    expect(titles(world.sink.reports)).toEqual([['deleted object'], ['deleted object']]);
    expect(world.controller.status().conditions[1]).toMatchObject({ type: 'Degraded', status: 'False' });
    expect(world.clock.pending).toBe(0);
  });

  it('of a run says nothing', async () => {
    await using world = createWorld(runs, { objects: [component, run('a', 1, true)] });
    await world.controller.settled;
    world.source.delete(run('a', 1, true));
    await world.settle();
    expect(world.sink.reports).toHaveLength(1);
    expect(world.controller.status().counts).toMatchObject({ objects: 0, failing: 0 });
  });

  it('of a subject that was reported about is told for all its aspects', async () => {
    await using world = createWorld(runs, { objects: [component, run('a', 1, true)] });
    await world.controller.settled;
    world.source.delete(component);
    await world.settle();
    expect(world.sink.reports[1]).toEqual({
      source: 'test',
      namespace: 'ns',
      subject: { apiVersion: 'example.com/v1', kind: 'Component', namespace: 'ns', name: 'web' },
      order: { class: 'run', uid: 'uid-web', detail: 0, epoch: 7, sequence: expect.any(Number) as number },
      body: { deleted: 'subject' },
    });
    expect(world.sink.reports).toHaveLength(2);
  });

  it('of the subject keeps a run from being reported, of a live cluster; a recording may just lack it', async () => {
    await using live = createWorld(runs, { objects: [run('a', 1, true)] });
    await live.controller.settled;
    expect(live.sink.reports).toEqual([]);
    live.source.apply(component);
    await live.settle();
    expect(names(live.sink.reports)).toEqual(['a']);
    await using recorded = createWorld(runs, { objects: [run('a', 1, true)], live: false });
    await recorded.controller.settled;
    expect(names(recorded.sink.reports)).toEqual(['a']);
  });

  it('of a subject while nobody looked is found by asking what the engine believes', async () => {
    await using world = createWorld(runs, { objects: [component] });
    for (const name of ['web', 'gone']) {
      const subject = { apiVersion: 'example.com/v1', kind: 'Component', namespace: 'ns', name, aspect: 'build' };
      world.active.push({ namespace: 'ns', subject });
    }
    await world.controller.settled;
    await world.settle();
    expect(names(world.sink.reports)).toEqual(['gone']);
    expect(titles(world.sink.reports)).toEqual([['deleted subject']]);
  });

  const left = (name: string) => {
    const subject = { apiVersion: 'example.com/v1', kind: 'Thing', namespace: 'ns', name: `of-${name}` };
    const observed = { apiVersion: 'example.com/v1', kind: 'Thing', name, uid: `uid-${name}` };
    return { namespace: 'ns', subject, observed };
  };
  const synced = (world: World) => world.syncs.map((listed) => listed.map(({ metadata }) => metadata.name));

  it('of an object that was never decided asks for another sync, where it may have an issue', async () => {
    const objects = [thing('a', {}), thing('b', { broken: true }), thing('never', {})];
    await using world = createWorld(states, { objects });
    world.active.push(left('a'));
    await world.controller.settled;
    await world.settle();
    world.source.delete(thing('never', {}));
    await world.settle();
    await world.clock.advance(3_600_000);
    expect(synced(world)).toEqual([['a', 'b', 'never']]);
    world.source.delete(thing('a', {}));
    await world.settle();
    expect(synced(world)).toEqual([['a', 'b', 'never'], ['b']]);
  });

  it('in a namespace that could not be read, and is empty when it can, is told by a sync', async () => {
    await using world = createWorld(states, {
      objects: [thing('a', { broken: true })],
      namespaces: ['ns', 'later'],
      prepare: (source) => source.fail('Thing', { reason: 'Forbidden', message: 'no right', retryInMs: 1 }, 'later'),
    });
    await world.controller.settled;
    await world.settle();
    expect(world.syncs).toEqual([]);
    world.source.fail('Thing', undefined, 'later');
    await world.settle();
    expect(synced(world)).toEqual([['a']]);
  });

  it('of many such objects asks for one sync in 10 s at most, then for fewer, and the last one is told', async () => {
    const many = ['a', 'b', 'c', 'd', 'e'];
    await using world = createWorld(states, { objects: many.map((name) => thing(name, {})) });
    world.active.push(...many.map(left));
    await world.controller.settled;
    await world.settle();
    for (const [name, ms] of [
      ['a', 10_000],
      ['b', 20_000],
      ['c', 40_000],
    ] as const) {
      const before = world.syncs.length;
      world.source.delete(thing(name, {}));
      await world.clock.advance(ms - 1);
      expect(world.syncs).toHaveLength(before);
      await world.clock.advance(1);
      expect(world.syncs).toHaveLength(before + 1);
    }
    expect(synced(world).at(-1)).toEqual(['d', 'e']);
    await world.clock.advance(300_000);
    world.source.delete(thing('d', {}));
    await world.settle();
    expect(synced(world).at(-1)).toEqual(['e']);
  });

  it('is told at once under a new number, also while a sync waits for its turn', async () => {
    await using world = createWorld(states, { objects: [thing('a', {}), thing('b', { broken: true })] });
    world.active.push(left('a'));
    await world.controller.settled;
    await world.settle();
    world.source.delete(thing('a', {}));
    await world.settle();
    expect(world.syncs).toHaveLength(1);
    world.sink.answer = ({ order }) => ({
      ...('epoch' in order && order.epoch < 8 ? { status: 409, error: 'fenced: epoch 7 is over' } : { status: 200 }),
    });
    world.source.apply(thing('b', { broken: false }));
    await world.settle();
    expect(synced(world)).toEqual([['a', 'b'], ['b']]);
  });
});

describe('a subject', () => {
  it('that two live objects claim is not reported until one of them goes', async () => {
    const [a, b] = [thing('a', { broken: true, subject: 's' }), thing('b', { broken: false, subject: 's' })];
    await using world = createWorld(states, { objects: [a, b] });
    await world.controller.settled;
    expect(world.sink.reports).toEqual([]);
    expect(world.controller.status().conditions[2]).toMatchObject({ type: 'SubjectConflict', status: 'True' });
    world.source.delete(b);
    await world.settle();
    expect(titles(world.sink.reports)).toEqual([['it is down']]);
    expect(world.controller.status().conditions[2]).toMatchObject({ status: 'False' });
  });

  it('that passes from one object to another while that one is looked at stays reported', async () => {
    const gate = Promise.withResolvers<void>();
    const passing = defineController<Thing, unknown>({
      apiVersion: 'controller/v1',
      watches: { apiVersion: 'example.com/v1', kind: 'Thing', fields: ['spec'] },
      order: 'state',
      onDelete: 'resolve',
      async observe({ metadata: { name, namespace = '' }, spec }) {
        if (name === 'b') await gate.promise;
        const subject = { apiVersion: 'example.com/v1', kind: 'Thing', namespace, name: spec?.subject ?? name };
        return { subject, findings: [finding] };
      },
    });
    await using world = createWorld(passing, { objects: [thing('a', { subject: 's' })] });
    await world.controller.settled;
    world.source.apply(thing('b', { subject: 's' }));
    await world.settle();
    world.source.apply(thing('a', { subject: 't' }));
    await world.settle();
    gate.resolve();
    await world.settle();
    const about = world.sink.reports.filter(({ subject }) => subject.name === 's');
    expect(titles(about)).toEqual([['it is down'], ['deleted object'], ['it is down']]);
    const numbers = about.map(({ order }) => ('sequence' in order ? order.sequence : 0));
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
  });

  it('that lost its object to another name is told to be gone', async () => {
    await using world = createWorld(states, { objects: [thing('a', { broken: true, subject: 's' })] });
    await world.controller.settled;
    world.source.apply(thing('a', { broken: true, subject: 't' }));
    await world.settle();
    expect(world.sink.reports.map(({ subject }) => subject.name)).toEqual(['s', 's', 't']);
    expect(titles(world.sink.reports)[1]).toEqual(['deleted object']);
  });
});

describe('a subject that its object gave up', () => {
  it('is told to be gone again when that was refused, with backoff', async () => {
    await using world = createWorld(states, { objects: [thing('a', { broken: true, subject: 's' })] });
    await world.controller.settled;
    world.sink.take();
    world.sink.answer = ({ body }) => ({ status: 'deleted' in body ? 409 : 200 });
    world.source.apply(thing('a', { broken: true, subject: 't' }));
    await world.settle();
    await world.clock.advance(5_000);
    expect(world.sink.take().filter(({ subject }) => subject.name === 's')).toHaveLength(2);
    await world.clock.advance(9_999);
    expect(world.sink.take()).toEqual([]);
    world.sink.answer = () => ({ status: 200 });
    await world.clock.advance(1);
    expect(world.sink.take().map(({ subject }) => subject.name)).toEqual(['s', 't']);
    world.source.apply(thing('a', { broken: false, subject: 't' }));
    await world.settle();
    expect(world.sink.take().map(({ subject }) => subject.name)).toEqual(['t']);
  });

  it('is told to be gone by a later process, where its object is there and was decided', async () => {
    const objects = [thing('a', { broken: true, subject: 't' }), thing('new', {}), thing('b', { broken: true })];
    await using world = createWorld(states, { objects });
    const observed = (name: string) => ({ apiVersion: 'example.com/v1', kind: 'Thing', name, uid: `uid-${name}` });
    const active = (name: string, of: object) => {
      const subject = { apiVersion: 'example.com/v1', kind: 'Thing', namespace: 'ns', name };
      world.active.push({ namespace: 'ns', subject, ...of });
    };
    active('lost', { observed: observed('a') });
    active('t', { observed: observed('a') });
    active('b', { observed: observed('a') });
    active('undecided', { observed: observed('new') });
    active('unlisted', { observed: observed('elsewhere') });
    active('other-kind', { observed: { ...observed('a'), kind: 'Run' } });
    active('unknown', {});
    await world.controller.settled;
    await world.settle();
    const deleted = world.sink.reports.filter(({ body }) => 'deleted' in body);
    expect(deleted.map(({ subject }) => subject.name)).toEqual(['lost']);
    expect(deleted[0]?.body).toEqual({ deleted: 'object' });
  });
});

describe('no verdict about one of several subjects', () => {
  const parts = defineController<Thing, unknown>({
    apiVersion: 'controller/v1',
    watches: { apiVersion: 'example.com/v1', kind: 'Thing', fields: ['spec'] },
    order: 'state',
    onDelete: 'resolve',
    observe({ metadata: { name, namespace = '' }, spec }) {
      const subject = { apiVersion: 'example.com/v1', kind: 'Thing', namespace, name };
      const last = { subject: { ...subject, aspect: 'last' }, findings: spec?.broken === true ? [finding] : [] };
      return [{ subject, findings: [] }, spec?.broken === 'later' ? { ...last, noVerdict: 'Forgotten' } : last];
    },
  });
  const said = (reports: readonly Report[]) =>
    reports.map(({ subject, body }) => [subject.aspect, 'deleted' in body ? body.deleted : body.findings.length]);

  it('leaves what is open of it alone, until there is one or the object is gone', async () => {
    await using world = createWorld(parts, { objects: [thing('a', { broken: true })] });
    await world.controller.settled;
    expect(said(world.sink.take())).toEqual([
      [undefined, 0],
      ['last', 1],
    ]);
    world.source.apply(thing('a', { broken: 'later' }));
    await world.settle();
    expect(said(world.sink.take())).toEqual([[undefined, 0]]);
    world.source.delete(thing('a', { broken: 'later' }));
    await world.settle();
    expect(said(world.sink.take())).toEqual([
      [undefined, 'object'],
      ['last', 'object'],
    ]);
  });
});

describe('filters', () => {
  it('leave out other namespaces and other labels', async () => {
    const objects = ['team-a', 'team-x', 'other'].map((namespace) =>
      thing('a', { broken: true }, { namespace, uid: namespace }),
    );
    await using world = createWorld(states, { objects, namespaces: ['!team-x'], settings: { namespaces: ['team-*'] } });
    await world.controller.settled;
    expect(world.sink.reports.map(({ namespace }) => namespace)).toEqual(['team-a']);
    expect(world.controller.status().counts.objects).toBe(1);
  });

  it('let cluster-scoped objects live where the manager says', async () => {
    const node = object('Thing', 'node', { spec: { broken: true } }, { namespace: undefined });
    await using world = createWorld(states, { objects: [node] });
    await world.controller.settled;
    expect(world.sink.reports[0]).toMatchObject({ namespace: 'faultline-system', subject: { name: 'node' } });
    expect(world.sink.reports[0]?.subject.namespace).toBeUndefined();
  });
});
