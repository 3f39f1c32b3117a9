import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LABELS } from '../../crds/names.ts';
import { changeLogContract } from './changes.contract.ts';
import { evidenceContract } from './evidence.contract.ts';
import { groupIndexContract } from './group-index.contract.ts';
import { issueTransitionsContract } from './issue-transitions.contract.ts';
import { lifecycleContract } from './lifecycle.contract.ts';
import { pastContract } from './past.contract.ts';
import { relationsContract } from './relations.contract.ts';
import { resourceLogContract } from './resource-log.contract.ts';
import {
  activeIssue,
  change,
  commitOne,
  empty,
  open,
  readOne,
  ref,
  run,
  SOURCE,
  stored,
  write,
} from './samples.contract.ts';
import { searchContract } from './search.contract.ts';
import type { SqlStore } from './sql-store.ts';
import { statisticsContract } from './statistics.contract.ts';
import { CommitRefused } from './store.ts';
import { sweeperContract } from './sweeper.contract.ts';
import { timelineContract } from './timeline.contract.ts';
import { resolveIssue } from './transitions.ts';

/** µs that the tests have let pass; shared between a suite and the store it opened. */
export interface Clock {
  offset: number;
}

/**
 * What every implementation of the port keeps; run on PGlite (`store.test.ts`) and on PostgreSQL (`store.e2e.test.ts`).
 * Only on PostgreSQL, and there in the e2e file: two servers that migrate at once, overlapping commits (V3), waking up
 * over LISTEN, the sweeper's lease, a database that goes away and comes back. PGlite has one connection.
 */
export function storeContract(openStore: (clock: Clock) => Promise<SqlStore>): void {
  const clock: Clock = { offset: 0 };
  let store: SqlStore;
  beforeAll(async () => {
    store = await openStore(clock);
  });
  beforeEach(async () => {
    clock.offset = 0;
    await empty(store);
  });
  afterAll(async () => store?.[Symbol.asyncDispose]());
  const get = (): SqlStore => store;

  describe('commit', () => commitContract(get));
  describe('watermarks', () => watermarkContract(get));
  describe('sources', () => sourceContract(get));
  describe('deliveries', () => deliveryContract(get, clock));
  describe('reads', () => readContract(get));
  describe('changes', () => changeLogContract(get));
  describe('resources of their own', () => resourceLogContract(get, clock));
  describe('transitions of issues', () => issueTransitionsContract(get));
  describe('timeline', () => timelineContract(get, clock));
  describe('links between issues', () => relationsContract(get, clock));
  describe('evidence', () => evidenceContract(get, clock));
  describe('history', () => pastContract(get, clock));
  describe('which issue is in which group', () => groupIndexContract(get));
  describe('what age does', () => lifecycleContract(get, clock));
  describe('search', () => searchContract(get));
  describe('statistics', () => statisticsContract(get));
  describe('sweeper', () => sweeperContract(get, clock));
}

function commitContract(get: () => SqlStore): void {
  test('an unknown subject has version 0 and nothing else', async () => {
    const state = await readOne(get(), ref('frontend'));
    expect(state).toMatchObject({ version: 0, everyAspectVersion: 0, everyAspect: undefined });
    expect(state.issues.size + state.watermarks.size).toBe(0);
  });

  test('an issue is read as it was written, to the microsecond and with every optional field', async () => {
    const subject = ref('frontend', { aspect: 'build/pr/18' });
    const written = await open(get(), subject, {
      openedAt: 1_700_000_000_123_457,
      expiresAt: 1_900_000_000_000_001,
      acknowledged: { by: 'ada', at: '2026-11-21T07:33:45Z' },
      snoozedUntil: '2026-12-01T00:00:00Z',
      assignee: 'grace',
      due: { by: 'grace', at: '2026-12-02T00:00:00Z' },
      reopenings: [1_700_000_000_000_001, 1_700_000_000_000_002],
      escalated: { from: 'minor', at: '2026-11-22T00:00:00Z' },
      conditions: [
        {
          type: 'Flapping',
          status: 'True',
          lastTransitionTime: '2026-11-21T07:33:45Z',
          reason: 'Reopened',
          message: '',
        },
      ],
      manual: { at: 1_700_000_000_000_000, hash: 'cd', healthySince: true },
    });
    const { id, uid, createdAt, changedAt, firstSeenAt, lastSeenAt, change: number, ...rest } = written;
    const expected = activeIssue(subject, createdAt, {
      ...rest,
      id,
      uid,
      changedAt,
      firstSeenAt,
      lastSeenAt,
      change: number,
    });
    expect(written).toEqual(expected);
    expect(written.openedAt).toBe(1_700_000_000_123_457);
    expect(number).toBe(await get().lastChange());
  });

  test('text that needs care comes back unchanged', async () => {
    const title = '"quoted" \\ back\\u0041slash ? $1 \u{1f4a5} ünïcode %s';
    const { spec } = activeIssue(ref('frontend'), 1);
    const written = await open(get(), ref('frontend'), { spec: { ...spec, title, description: 'a\nb\tc' } });
    expect(written.spec).toMatchObject({ title, description: 'a\nb\tc' });
  });

  test('a write on another version than the stored one conflicts and the rest of its batch commits', async () => {
    const [stale, fresh] = [await readOne(get(), ref('stale')), await readOne(get(), ref('fresh'))];
    await open(get(), ref('stale'));
    const writes = [stale, fresh].map((state) =>
      write(state, [{ op: 'insert', issue: activeIssue(state.ref, state.now) }]),
    );
    const result = await get().commit(writes);
    expect(result.outcomes).toEqual(['conflict', 'committed']);
    expect([...result.names.values()]).toEqual([(await stored(get(), ref('fresh'))).name]);
    expect((await get().changes('issues').snapshot()).objects).toHaveLength(2);
  });

  test('two writes of one subject in a batch: the first commits, the second conflicts', async () => {
    const state = await readOne(get(), ref('frontend'));
    const twice = [state, state].map(({ now }) => write(state, [{ op: 'insert', issue: activeIssue(state.ref, now) }]));
    expect((await get().commit(twice)).outcomes).toEqual(['committed', 'conflict']);
  });

  test('a name that is taken in its namespace becomes four characters longer, in the row and in the object', async () => {
    const first = await open(get(), ref('frontend'), { name: 'component-frontend-aaaaaaaa' });
    const second = await readOne(get(), ref('backend'));
    const third = await readOne(get(), ref('cart'));
    const { names } = await get().commit(
      [second, third].map((state) =>
        write(state, [{ op: 'insert', issue: activeIssue(state.ref, state.now, { name: first.name }) }]),
      ),
    );
    expect([...names.values()].sort()).toEqual([
      expect.stringMatching(/^component-backend-[a-z2-7]{12}$/),
      expect.stringMatching(/^component-cart-[a-z2-7]{12}$/),
    ]);
    const { objects } = await get().changes('issues').snapshot();
    const { changes } = await get().changes('issues').since(first.change, 10);
    const logged = changes.map(({ object }) => object.metadata.name);
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(
      expect.arrayContaining([first.name, ...names.values()]),
    );
    expect(logged.sort()).toEqual([...names.values()].sort());
  });

  test('two new issues that propose one name in one batch both get a name', async () => {
    const states = [await readOne(get(), ref('a')), await readOne(get(), ref('b'))];
    const { names } = await get().commit(
      states.map((state) =>
        write(state, [{ op: 'insert', issue: activeIssue(state.ref, state.now, { name: 'same' }) }]),
      ),
    );
    expect(new Set(names.values())).toEqual(new Set(['same', expect.stringMatching(/^component-b-[a-z2-7]{12}$/)]));
  });

  test('content that the database cannot take is refused and nothing of the batch is written', async () => {
    const [bad, good] = [await readOne(get(), ref('bad')), await readOne(get(), ref('good'))];
    const spec = { ...activeIssue(bad.ref, 1).spec, title: 'nul \u0000 byte' };
    const writes = [
      write(good, [{ op: 'insert', issue: activeIssue(good.ref, good.now) }]),
      write(bad, [{ op: 'insert', issue: activeIssue(bad.ref, bad.now, { spec }) }]),
    ];
    await expect(get().commit(writes)).rejects.toThrow(CommitRefused);
    expect((await readOne(get(), good.ref)).version).toBe(0);
  });

  test('a closed episode and an action are kept beside the issue', async () => {
    const issue = await open(get(), ref('frontend'));
    await change(get(), ref('frontend'), (active, now) => ({
      ...resolveIssue(active, { at: now, now, reason: 'Manual', manual: { at: now, hash: 'ef' } }),
      timeline: { actor: 'ada', action: 'resolve', comment: 'known flake', auditId: 'audit-1' },
    }));
    const { query } = { query: get().database.query.bind(get().database) };
    expect(await query('SELECT issue_id, number, reason FROM episodes')).toEqual([
      { issue_id: issue.id, number: 1, reason: 'Manual' },
    ]);
    expect(await query('SELECT issue_id, actor, action, comment, audit_id FROM timeline')).toEqual([
      { issue_id: issue.id, actor: 'ada', action: 'resolve', comment: 'known flake', audit_id: 'audit-1' },
    ]);
    expect(await stored(get(), ref('frontend'))).toMatchObject({ state: 'Resolved', manual: { hash: 'ef' } });
  });

  test('an empty batch commits nothing and answers the last change', async () => {
    expect(await get().commit([])).toEqual({ outcomes: [], names: new Map(), lastChange: await get().lastChange() });
  });
}

function watermarkContract(get: () => SqlStore): void {
  test('order keys of every class come back as they were written', async () => {
    const orders = {
      '': run(1_700_000_000_123_456, { createdAt: 1_699_999_999_000_000, uid: 'u', detail: 3, epoch: 9, sequence: 12 }),
      unfinished: { class: 'run', uid: '', detail: 0, epoch: 0, sequence: 0 },
      state: { class: 'state', epoch: 1_795_248_359_719_020, sequence: 7 },
      received: { class: 'received', stampedAt: 1_795_248_359_719_021 },
    } as const;
    await commitOne(get(), ref('frontend'), () => ({ watermarks: new Map(Object.entries(orders)) }));
    expect((await readOne(get(), ref('frontend'))).watermarks).toEqual(new Map(Object.entries(orders)));
  });

  test('a subject without a complete observation has a version and no watermark', async () => {
    await commitOne(get(), ref('frontend'), () => ({
      watermarks: new Map([
        ['', undefined],
        ['run', run(5)],
      ]),
    }));
    const state = await readOne(get(), ref('frontend'));
    expect(state.watermarks).toEqual(new Map([['run', run(5)]]));
    expect(state.version).toBeGreaterThan(0);
  });

  test('the watermark of a key goes when it is written as undefined', async () => {
    await commitOne(get(), ref('frontend'), () => ({
      watermarks: new Map([
        ['', run(4)],
        ['run', run(5)],
      ]),
    }));
    await commitOne(get(), ref('frontend'), () => ({
      watermarks: new Map([
        ['', run(6)],
        ['run', undefined],
      ]),
    }));
    expect((await readOne(get(), ref('frontend'))).watermarks).toEqual(new Map([['', run(6)]]));
  });

  test('every commit of a subject changes its version, also when only a watermark moves', async () => {
    await commitOne(get(), ref('frontend'), () => ({ watermarks: new Map([['', run(1)]]) }));
    const before = await readOne(get(), ref('frontend'));
    await commitOne(get(), ref('frontend'), () => ({ watermarks: new Map([['', run(2)]]) }));
    expect((await readOne(get(), ref('frontend'))).version).toBeGreaterThan(before.version);
    expect((await get().commit([write(before, [])])).outcomes).toEqual(['conflict']);
  });

  test('aspects of one subject, sources and namespaces are apart', async () => {
    const refs = [
      ref('x'),
      ref('x', { aspect: 'pr/1' }),
      ref('x', { source: 'kite' }),
      ref('x', { namespace: 'team-b' }),
    ];
    await commitOne(get(), refs[0] as (typeof refs)[0], () => ({ watermarks: new Map([['', run(1)]]) }));
    const { subjects } = await get().readSubjects(refs);
    expect(subjects.map(({ version }) => version > 0)).toEqual([true, false, false, false]);
  });

  test('the deletion of a whole object is seen from every aspect and outdates what was decided before', async () => {
    const [a, b] = [ref('x', { aspect: 'pr/1' }), ref('x', { aspect: 'pr/2' })];
    const before = await readOne(get(), b);
    await commitOne(get(), a, () => ({ everyAspect: run(9) }));
    const after = await readOne(get(), b);
    expect(after).toMatchObject({ version: 0, everyAspect: run(9) });
    expect(after.everyAspectVersion).toBeGreaterThan(0);
    expect((await get().commit([write(before, [])])).outcomes).toEqual(['conflict']);
  });

  test('in one batch an aspect that was decided without the deletion of its object conflicts', async () => {
    const [a, b, other] = [ref('x', { aspect: 'pr/1' }), ref('x', { aspect: 'pr/2' }), ref('y', { aspect: 'pr/2' })];
    const { subjects } = await get().readSubjects([a, b, other]);
    const writes = subjects.map((state, index) => write(state, [], index === 0 ? { everyAspect: run(9) } : {}));
    expect((await get().commit(writes)).outcomes).toEqual(['committed', 'conflict', 'committed']);
  });

  test('the aspects of one deletion commit together or not at all', async () => {
    const refs = [ref('x', { aspect: 'pr/1' }), ref('x', { aspect: 'pr/2' })];
    const { subjects } = await get().readSubjects(refs);
    await commitOne(get(), refs[1] as (typeof refs)[0], () => ({}));
    const torn = await get().commit(subjects.map((state) => write(state, [], { everyAspect: run(9) })));
    expect(torn.outcomes).toEqual(['conflict', 'conflict']);
    expect((await readOne(get(), refs[0] as (typeof refs)[0])).everyAspect).toBeUndefined();
    const again = await get().readSubjects(refs);
    const whole = await get().commit(again.subjects.map((state) => write(state, [], { everyAspect: run(9) })));
    expect(whole.outcomes).toEqual(['committed', 'committed']);
  });
}

function sourceContract(get: () => SqlStore): void {
  const filter = { namespaces: ['*'], labelSelector: '' };
  const source = (name: string) => ({ name, class: 'run', filter }) as const;

  test('whoever begins to lead gets a greater epoch, for each source and shard, below 2^53', async () => {
    const [first, other] = await get().lead('m', '', [source('a'), source('b')]);
    const [second] = await get().lead('m2', '', [source('a')]);
    const [sharded] = await get().lead('m', 'shard-1', [source('a')]);
    expect(second).toBeGreaterThan(first as number);
    expect([first, other, second, sharded].every((epoch) => Number.isSafeInteger(epoch))).toBe(true);
    expect(await get().source('a', '')).toEqual({ ...source('a'), manager: 'm2', shard: '', epoch: second });
    expect(await get().source('a', 'shard-1')).toMatchObject({ manager: 'm', epoch: sharded });
    expect(await get().source('never', '')).toBeUndefined();
  });

  test('an epoch is greater than all that its source had in any shard, also of leads at the same time', async () => {
    const shards = Array.from({ length: 8 }, (_, index) => `${index}-of-8`);
    const leads = [...shards, ...shards].map((shard) => get().lead('m', shard, [source('a')]));
    const epochs = (await Promise.all(leads)).flat();
    expect(new Set(epochs).size).toBe(16);
    const [next] = await get().lead('m', '0-of-8', [source('a')]);
    expect(next).toBeGreaterThan(Math.max(...epochs));
    expect(await get().shards('a')).toHaveLength(8);
    expect(await get().shards('never')).toEqual([]);
  });

  test('a manager that divides its namespaces anew ends the shards of before, and no others', async () => {
    const part = (name: string, index: number, count: number) => ({
      ...source(name),
      filter: { ...filter, shard: { index, count } },
    });
    const absent = async (name: string) =>
      Object.fromEntries(
        (await get().shards(name)).map(({ shard, absentSince }) => [shard, absentSince !== undefined]),
      );
    await get().lead('m', '', [source('a'), source('b')]);
    await get().lead('m', 'rules', [source('a')]);
    await get().lead('other', '', [source('c')]);
    await get().lead('m', '1-of-2', [part('a', 1, 2), part('c', 1, 2)]);
    await get().lead('m', '0-of-2', [part('a', 0, 2)]);
    expect(await absent('a')).toEqual({ '': true, rules: false, '0-of-2': false, '1-of-2': false });
    expect(await absent('b')).toEqual({ '': true });
    expect(await absent('c')).toEqual({ '': false, '1-of-2': false });
    await get().lead('m', '2-of-3', [part('a', 2, 3)]);
    expect(await absent('a')).toEqual({ '': true, rules: false, '0-of-2': true, '1-of-2': true, '2-of-3': false });
    await get().lead('m', '', [source('a')]);
    expect(await absent('a')).toEqual({ '': false, rules: false, '0-of-2': true, '1-of-2': true, '2-of-3': true });
  });

  test('epochs are answered in the order of the request', async () => {
    const [b] = await get().lead('m', '', [source('b')]);
    const epochs = await get().lead('m', '', [source('z'), source('b'), source('c')]);
    expect(epochs).toHaveLength(3);
    expect((await get().source('b', ''))?.epoch).toBe(epochs[1]);
    expect(epochs[1]).toBeGreaterThan(b as number);
  });

  test('a source that gets another class forgets the order keys of the old one, and nothing else', async () => {
    await open(get(), ref('a'));
    const keys = new Map([
      ['', run(2)],
      ['lint', run(3)],
    ] as const);
    await commitOne(get(), ref('b'), () => ({ watermarks: keys, everyAspect: run(4) }));
    await open(get(), ref('a', { source: 'other' }));
    const before = await readOne(get(), ref('a'));
    await get().lead('m', '', [{ ...source(SOURCE), class: 'run' }]);
    expect(await readOne(get(), ref('a'))).toMatchObject({ version: before.version, watermarks: before.watermarks });
    await get().lead('m', '', [{ ...source(SOURCE), class: 'state' }]);
    const after = await readOne(get(), ref('a'));
    expect(after).toMatchObject({ watermarks: new Map(), issues: before.issues });
    expect(after.version).toBeGreaterThan(before.version);
    expect(await readOne(get(), ref('b'))).toMatchObject({ watermarks: new Map(), everyAspect: undefined });
    expect((await readOne(get(), ref('a', { source: 'other' }))).watermarks.size).toBe(1);
  });

  test('a source that its manager knows nothing about now is not absent', async () => {
    await get().lead('m', '', ['rule.a.x', 'rule.a.y', 'rules', 'clusterrule.z'].map(source));
    await get().lead('m', '', [], ['rule.*', 'clusterrule.z', 'rule.a.y']);
    const absent = async (name: string) => (await get().source(name, ''))?.absentSince !== undefined;
    expect(await Promise.all(['rule.a.x', 'rule.a.y', 'rules', 'clusterrule.z'].map(absent))).toEqual([
      ...[false, false, true, false],
    ]);
    await get().lead('m', '', [], ['rule.a.y']);
    expect(await Promise.all(['rule.a.x', 'rule.a.y', 'clusterrule.z'].map(absent))).toEqual([true, false, true]);
  });

  test('a source that its manager leaves out is absent until somebody registers it again', async () => {
    await get().lead('m', '', [source('a'), source('b')]);
    await get().lead('other', '', [source('c')]);
    await get().lead('m', '', [source('a')]);
    const absent = (await get().source('b', ''))?.absentSince;
    expect(absent).toBeGreaterThan(0);
    expect((await get().source('c', ''))?.absentSince).toBeUndefined();
    await get().lead('m', '', []);
    expect((await get().source('b', ''))?.absentSince).toBe(absent);
    await get().lead('m3', '', [source('b')]);
    expect((await get().source('b', ''))?.absentSince).toBeUndefined();
    expect((await get().source('a', ''))?.absentSince).toBeGreaterThan(0);
  });
}

function deliveryContract(get: () => SqlStore, clock: Clock): void {
  const deliver = (name: string, id: string, result: unknown): Promise<number> =>
    commitOne(get(), ref(name), () => ({ deliveries: [{ source: SOURCE, id, result }] }));
  const known = async (): Promise<unknown> => Object.fromEntries(await get().deliveries(SOURCE, ['one', 'two']));

  test('a delivery is answered as the first time, for 24 hours', async () => {
    await deliver('a', 'one', { index: 0, status: 200 });
    await deliver('b', 'one', { index: 0, status: 422 });
    expect(await known()).toEqual({ one: { source: SOURCE, id: 'one', result: { index: 0, status: 200 } } });
    expect(await get().deliveries('another', ['one'])).toEqual(new Map());
    clock.offset = 25 * 3_600_000_000;
    expect(await known()).toEqual({});
    await deliver('c', 'one', { index: 0, status: 404 });
    expect(await known()).toMatchObject({ one: { result: { status: 404 } } });
  });

  test('the delivery of a write that conflicts is not remembered', async () => {
    const state = await readOne(get(), ref('a'));
    await open(get(), ref('a'));
    await get().commit([write(state, [], { deliveries: [{ source: SOURCE, id: 'two', result: {} }] })]);
    expect(await known()).toEqual({});
  });
}

function readContract(get: () => SqlStore): void {
  test('crowded names who has more than so many Active issues, or counts one', async () => {
    for (const name of ['a', 'b', 'c']) await open(get(), ref(name));
    await open(get(), ref('d', { source: 'kite' }));
    await change(get(), ref('c'), (issue, now) => resolveIssue(issue, { at: now, now, reason: 'Recovered' }));
    expect(await get().crowded(1)).toEqual([{ namespace: 'team-a', source: SOURCE, count: 2 }]);
    expect(await get().crowded(0, { namespace: 'team-a', source: 'kite' })).toEqual([
      { namespace: 'team-a', source: 'kite', count: 1 },
    ]);
    expect(await get().crowded(0, { namespace: 'team-b', source: 'kite' })).toEqual([]);
  });

  test('aspectsOf names each aspect that has an issue, resolved ones too', async () => {
    const aspects = ['build/push/main', 'build/pr/18'].map((aspect) => ref('x', { aspect }));
    for (const aspect of aspects) await open(get(), aspect);
    await open(get(), ref('y', { aspect: 'build/pr/19' }));
    await open(get(), ref('x', { source: 'kite', aspect: 'build/pr/20' }));
    await change(get(), aspects[1] as (typeof aspects)[0], (issue, now) =>
      resolveIssue(issue, { at: now, now, reason: 'Recovered' }),
    );
    const found = await get().aspectsOf('team-a', SOURCE, ref('x').subject);
    expect(found.map(({ aspect }) => aspect)).toEqual(['build/pr/18', 'build/push/main']);
  });

  test('activeIssues answers each Active issue of the source with the watermark that decided it', async () => {
    const [complete, incremental, healed] = [ref('complete'), ref('incremental'), ref('healed')];
    for (const subject of [complete, incremental, healed, ref('z', { source: 'kite' })]) await open(get(), subject);
    await commitOne(get(), incremental, () => ({
      watermarks: new Map([
        ['', run(5)],
        ['run', run(9)],
      ]),
    }));
    await change(get(), healed, (issue, now) => resolveIssue(issue, { at: now, now, reason: 'Recovered' }));
    const active = await get().activeIssues(SOURCE);
    expect(active.map(({ ref: { subject } }) => subject.name).sort()).toEqual(['complete', 'incremental']);
    const decided = active.find(({ ref: { subject } }) => subject.name === 'incremental');
    expect(decided?.watermark).toEqual(run(9));
    expect(decided?.ref).toEqual(incremental);
  });

  test('an issue is found by namespace and name', async () => {
    const issue = await open(get(), ref('frontend'));
    expect(await get().issue('team-a', issue.name)).toEqual(issue);
    expect(await get().issue('team-b', issue.name)).toBeUndefined();
    expect(issue.labels[LABELS.stage]).toBe('releasable');
  });

  test('the namespaces that have issues are each named once, in order', async () => {
    const before = await get().namespaces();
    await open(get(), ref('one', { namespace: 'listed-b' }));
    await open(get(), ref('two', { namespace: 'listed-b' }));
    await open(get(), ref('one', { namespace: 'listed-a' }));
    const added = (await get().namespaces()).filter((namespace) => !before.includes(namespace));
    expect(added).toEqual(['listed-a', 'listed-b']);
  });

  test('ping tells that the database answers', async () => {
    expect(await get().ping()).toBe(true);
  });
}
