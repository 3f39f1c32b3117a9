import { beforeAll, expect, test } from 'vitest';
import { silentLogger } from '../runtime/logger.ts';
import type { ClusterObject } from '../runtime/object.ts';
import type { ObjectSource } from '../runtime/source.ts';
import type { ControllerStatus } from '../runtime/status.ts';
import { ManualClock, settle } from '../testing/manual-clock.ts';
import { MemorySource } from '../testing/memory-source.ts';
import type { RuleEntry } from './entry.ts';
import { RuleControllers } from './rule-controllers.ts';
import { MAX_RULES, MAX_RULES_A_NAMESPACE, RuleSet } from './rule-set.ts';
import { statusOf } from './rule-status.ts';

interface How {
  readonly namespace?: string;
  readonly when?: string;
  readonly generation?: number;
  readonly status?: object;
}

function rule(name: string, { namespace, when = 'object.status.x', generation = 1, status }: How = {}): ClusterObject {
  return {
    apiVersion: 'config.faultline.dev/v1alpha1',
    kind: namespace === undefined ? 'ClusterIssueRule' : 'IssueRule',
    metadata: { name, uid: `uid-${name}`, generation, ...(namespace === undefined ? {} : { namespace }) } as never,
    spec: {
      watches: { apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
      when,
      findings: [{ key: 'k', type: 'workload', severity: 'major', reason: 'Bad', title: 't' }],
    },
    ...(status === undefined ? {} : { status }),
  };
}

async function running(source: ObjectSource, how: { namespaces?: string[]; configured?: string[] } = {}) {
  const clock = new ManualClock();
  const applied: string[][] = [];
  const unknown: (readonly string[])[] = [];
  const ending = new AbortController();
  let isSettled = false;
  const set = new RuleSet({
    source,
    clock,
    logger: silentLogger,
    namespaces: how.namespaces ?? ['*'],
    configured: () => new Set(how.configured),
    controllers: new RuleControllers(),
    async apply(controllers, missing) {
      applied.push(controllers.map(({ name }) => name).sort());
      unknown.push(missing);
    },
  });
  void set.settled.then(() => {
    isSettled = true;
  });
  const end = set.run(ending.signal);
  await settle(20);
  return {
    set,
    clock,
    applied,
    unknown,
    isSettled: () => isSettled,
    /** What runs after a change that came with others, a while after the one before. */
    async now() {
      await settle(20);
      await clock.advance(5_000);
      await settle(20);
      return applied.at(-1);
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await end;
    },
  };
}

// Loading expressions takes real time, which no clock of a test knows.
beforeAll(() => import('../../cel/index.ts'));

const fault = (reason: 'NotInstalled' | 'Forbidden' | 'Unreachable') =>
  ({ reason, message: reason, retryInMs: 1 }) as const;

test('rules run together once all of them are known, and as they come and go', async () => {
  const source = new MemorySource([rule('a'), rule('b', { namespace: 'shop' })]);
  source.fail('IssueRule', fault('Unreachable'));
  await using world = await running(source);
  // Else the sources of the others would be told to be gone.
  expect([world.applied, world.isSettled()]).toEqual([[], false]);
  source.fail('IssueRule', undefined);
  await settle(20);
  expect([world.applied, world.isSettled()]).toEqual([[['clusterrule.a', 'rule.shop.b']], true]);
  for (const name of ['c', 'd', 'e']) source.apply(rule(name));
  source.delete(rule('a'));
  expect(await world.now()).toEqual(['clusterrule.c', 'clusterrule.d', 'clusterrule.e', 'rule.shop.b']);
  expect(world.applied).toHaveLength(2);
});

test('rules that are edited all the time are applied every five seconds, and the last edit is not lost', async () => {
  const source = new MemorySource([rule('a')]);
  await using world = await running(source);
  await world.clock.advance(60_000);
  for (let edit = 0; edit < 40; edit++) {
    source.apply(rule(`b${edit}`));
    await settle(20);
    await world.clock.advance(250);
  }
  // At once, and twice in the ten seconds.
  expect(world.applied.length).toBeLessThanOrEqual(4);
  expect(world.applied[1]).toEqual(['clusterrule.a', 'clusterrule.b0']);
  expect(await world.now()).toHaveLength(41);
});

test('a cluster without the kinds, or where they may not be read, is one without rules', async () => {
  const source = new MemorySource([rule('a')]);
  source.fail('ClusterIssueRule', fault('NotInstalled'));
  source.fail('IssueRule', fault('Forbidden'));
  await using world = await running(source);
  expect([world.applied, world.isSettled()]).toEqual([[[]], true]);
  // Nobody removed what may not be read.
  expect(world.unknown.at(-1)).toEqual(['rule.*']);
  source.fail('ClusterIssueRule', undefined);
  expect(await world.now()).toEqual(['clusterrule.a']);
  source.fail('IssueRule', undefined);
  await world.now();
  expect(world.unknown.at(-1)).toEqual([]);
});

test('what a list lacks is gone', async () => {
  const again = Promise.withResolvers<void>();
  const source: ObjectSource = {
    live: true,
    async *watch({ kind }, signal) {
      const list = (...objects: ClusterObject[]) =>
        [{ type: 'listing' }, { type: 'listed', objects }, { type: 'synced' }] as const;
      if (kind === 'IssueRule') yield* list();
      else {
        yield* list(rule('a'), rule('b'));
        await again.promise;
        yield* list(rule('a'));
      }
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
  };
  await using world = await running(source);
  expect(world.applied).toEqual([['clusterrule.a', 'clusterrule.b']]);
  again.resolve();
  expect(await world.now()).toEqual(['clusterrule.a']);
});

test('a broken edit keeps what was valid before, a new rule that is broken does not run', async () => {
  const source = new MemorySource([rule('a'), rule('new', { when: 'nope' })]);
  await using world = await running(source);
  expect(world.applied.at(-1)).toEqual(['clusterrule.a']);
  // It may have run before this process began: its issues stay.
  expect(world.unknown.at(-1)).toEqual(['clusterrule.new']);
  source.apply(rule('a', { when: 'objct.x', generation: 2 }));
  expect(await world.now()).toEqual(['clusterrule.a']);
  const [entry] = world.set.entries as [RuleEntry];
  const how = { running: undefined, whyNot: undefined, noted: undefined, now: 0 };
  expect(statusOf(entry, how)).toMatchObject({
    observedGeneration: 2,
    conditions: [
      {
        type: 'Accepted',
        status: 'False',
        reason: 'Invalid',
        message: expect.stringMatching(/^spec\.when 1:1: nothing is called objct;.*what was valid before goes on/),
        observedGeneration: 2,
      },
      { type: 'Ready', status: 'False' },
    ],
  });
  source.apply(rule('a', { when: 'object.status.y', generation: 3 }));
  await world.now();
  expect(world.set.entries[0]?.faults).toEqual([]);
});

test('a change of the status alone changes nothing', async () => {
  const source = new MemorySource([rule('a')]);
  await using world = await running(source);
  source.apply(rule('a', { status: { objects: 3 } }));
  await world.now();
  expect(world.applied).toHaveLength(1);
  expect(world.set.entries[0]?.object.status).toEqual({ objects: 3 });
});

test('a rule of the configuration comes before an object of its name', async () => {
  await using world = await running(new MemorySource([rule('a'), rule('b')]), { configured: ['clusterrule.a'] });
  expect(world.applied).toEqual([['clusterrule.b']]);
  const [entry] = world.set.entries as [RuleEntry];
  const status = statusOf(entry, { running: undefined, whyNot: world.set.whyNot(entry), noted: undefined, now: 0 });
  expect(status.conditions[0]).toMatchObject({ type: 'Accepted', status: 'False', reason: 'Shadowed' });
});

test('rules of namespaces that are not looked at are somebody else’s; where they are named, one watch each', async () => {
  const all = [
    rule('a', { namespace: 'team-a' }),
    rule('b', { namespace: 'team-b' }),
    rule('c', { namespace: 'other' }),
  ];
  await using globs = await running(new MemorySource(all), { namespaces: ['team-*', '!team-b'] });
  expect(globs.applied).toEqual([['rule.team-a.a']]);
  await using named = await running(new MemorySource(all), { namespaces: ['team-b', 'other'] });
  expect(named.applied).toEqual([['rule.other.c', 'rule.team-b.b']]);
});

test('the status of a rule says what runs, counts, and the last object that could not be told about', async () => {
  const before = {
    type: 'Accepted',
    status: 'True',
    reason: 'x',
    message: '',
    lastTransitionTime: '2026-11-20T00:00:00Z',
  };
  await using world = await running(new MemorySource([rule('a', { status: { conditions: [before] } })]));
  const counts = {
    objects: 9,
    decided: 6,
    failing: 2,
    findings: 3,
    undecided: 2,
    undecidedTerminal: 0,
    settledUndecided: 0,
  };
  const controller: ControllerStatus = {
    name: 'clusterrule.a',
    caches: [],
    use: '',
    counts: { ...counts, failed: 1, reported: 0, refused: 0, errors: 0, skipped: 0 },
    conditions: [{ type: 'Ready', status: 'False', reason: 'Forbidden', message: 'a ClusterRole needs …' }],
  };
  const noted = { object: 'shop/x', message: 'spec.when 1:8: there is no object.status' };
  const now = Date.parse('2026-11-21T10:00:00Z');
  const [entry] = world.set.entries as [RuleEntry];
  expect(statusOf(entry, { running: controller, whyNot: undefined, noted, now })).toEqual({
    observedGeneration: 1,
    ...{ source: 'clusterrule.a', objects: 9, failing: 2, undecided: 2, failed: 1, findings: 3, lastError: noted },
    conditions: [
      {
        ...{ type: 'Accepted', status: 'True', reason: 'Valid', message: 'runs as it is', observedGeneration: 1 },
        lastTransitionTime: '2026-11-20T00:00:00Z',
      },
      {
        ...{ type: 'Ready', status: 'False', reason: 'Forbidden', message: 'a ClusterRole needs …' },
        ...{ observedGeneration: 1, lastTransitionTime: '2026-11-21T10:00:00Z' },
      },
    ],
  });
});

test('of more rules than a namespace may have the oldest run, and the others say so', async () => {
  const many = Array.from({ length: MAX_RULES_A_NAMESPACE + 1 }, (_, index) =>
    rule(`n${index}`, { namespace: 'shop' }),
  );
  const young = { ...many[0], metadata: { ...many[0]?.metadata, creationTimestamp: '2026-11-21T10:00:00Z' } };
  await using world = await running(new MemorySource([...many.slice(1), young as ClusterObject, rule('other')]));
  expect(world.applied[0]).toHaveLength(MAX_RULES_A_NAMESPACE + 1);
  expect(world.applied[0]).not.toContain('rule.shop.n0');
  const entry = world.set.entries.find(({ source }) => source === 'rule.shop.n0') as RuleEntry;
  const status = statusOf(entry, { running: undefined, whyNot: world.set.whyNot(entry), noted: undefined, now: 0 });
  expect(status.conditions[0]).toMatchObject({ type: 'Accepted', status: 'False', reason: 'TooMany' });
});

test('of more rules than fit into one lead the oldest run, whatever their namespaces', async () => {
  const at = (one: ClusterObject, creationTimestamp: string): ClusterObject =>
    ({ ...one, metadata: { ...one.metadata, creationTimestamp } }) as ClusterObject;
  const many = Array.from({ length: MAX_RULES }, (_, index) =>
    at(rule(`n${index}`, { namespace: `team-${index % 10}` }), '2026-11-20T10:00:00Z'),
  );
  await using world = await running(
    new MemorySource([
      at(rule('young'), '2026-11-21T10:00:00Z'),
      ...many,
      at(rule('old', { namespace: 'shop' }), '2026-11-19T10:00:00Z'),
    ]),
  );
  await world.now();
  expect(world.applied[0]).toHaveLength(MAX_RULES);
  expect(world.applied[0]).toContain('rule.shop.old');
  expect(world.applied[0]).not.toContain('clusterrule.young');
  const entry = world.set.entries.find(({ source }) => source === 'clusterrule.young') as RuleEntry;
  expect(world.set.whyNot(entry)).toMatchObject({ reason: 'TooMany', message: expect.stringContaining('800') });
});
