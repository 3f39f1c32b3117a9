import { describe, expect, test } from 'vitest';
import { change, commitOne, open, readOne, ref, run, SOURCE, stored, write } from './samples.contract.ts';
import type { SqlStore } from './sql-store.ts';
import type { Clock } from './store.contract.ts';
import type { StoredIssue } from './store.ts';
import { namespacesMissingIn, sweepNamespace } from './sweep-namespaces.ts';
import { sweepOnce } from './sweeper.ts';
import { hideIssue, resolveIssue } from './transitions.ts';

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What happens because time passes. Each test moves the clock, none waits. */
export function sweeperContract(get: () => SqlStore, clock: Clock): void {
  const resolve = (name: string) =>
    change(get(), ref(name), (issue, now) => resolveIssue(issue, { at: now, now, reason: 'Recovered' }));
  const lead = (namespaces: string[]) =>
    get().lead('m', '', [{ name: SOURCE, class: 'run', filter: { namespaces, labelSelector: '' } }]);

  test('a resolved issue is visible for an hour of the server clock, whatever time it was resolved at', async () => {
    await open(get(), ref('old'), { openedAt: 1_000_000 });
    await change(get(), ref('old'), (issue, now) => resolveIssue(issue, { at: 2_000_000, now, reason: 'Recovered' }));
    await open(get(), ref('active'));
    clock.offset = 59 * MINUTE;
    expect(await sweepOnce(get())).toMatchObject({ hidden: 0 });
    clock.offset = 61 * MINUTE;
    const before = await get().lastChange();
    expect(await sweepOnce(get())).toMatchObject({ hidden: 1 });
    const { changes } = await get().changes('issues').since(before, 10);
    expect(changes.map(({ type, object }) => [type, object.metadata.name])).toEqual([
      ['DELETED', (await stored(get(), ref('old'))).name],
    ]);
    expect(await sweepOnce(get())).toMatchObject({ hidden: 0 });
  });

  test('more issues than one transaction takes leave in one sweep', async () => {
    const { subjects, now } = await get().readSubjects(Array.from({ length: 501 }, (_, index) => ref(`c${index}`)));
    const { activeIssue, write } = await import('./samples.contract.ts');
    await get().commit(
      subjects.map((state) => {
        const resolved = resolveIssue(activeIssue(state.ref, now), { at: now, now, reason: 'Recovered' });
        return write(state, [{ op: 'insert', issue: resolved.issue }]);
      }),
    );
    clock.offset = 2 * HOUR;
    expect(await sweepOnce(get())).toMatchObject({ hidden: 501 });
  });

  describe('when a namespace is gone (decision 11)', () => {
    const OLD = '00000000-0000-4000-8000-000000000001';
    const cluster = (uids: Record<string, string>, kubeSystem = get().clusterId) => ({
      resolve: (name: string) => {
        const uid = { 'team-b': 'b', 'kube-system': kubeSystem, ...uids }[name];
        return uid === undefined ? ('missing' as const) : { uid };
      },
    });
    const count = async (table: string): Promise<number> => {
      const [row] = await get().database.query<{ n: number }>(`SELECT count(*) AS n FROM ${table}`);
      return row?.n ?? 0;
    };
    const fill = async (): Promise<void> => {
      await open(get(), ref('active'));
      await open(get(), ref('healed'));
      await resolve('healed');
      await open(get(), ref('elsewhere', { namespace: 'team-b' }), { namespaceUid: 'b' });
    };

    test('its issues leave by DELETED changes, episodes close, rows and watermarks go', async () => {
      await fill();
      const before = await get().lastChange();
      expect(await sweepOnce(get(), { namespaces: cluster({}) })).toMatchObject({ homeless: 2 });
      const { changes } = await get().changes('issues').since(before, 10);
      expect(changes.map(({ type, object }) => [type, object.metadata.namespace])).toEqual([
        ['DELETED', 'team-a'],
        ['DELETED', 'team-a'],
      ]);
      const reasons = await get().database.query('SELECT reason FROM episodes ORDER BY reason');
      expect(reasons).toEqual([{ reason: 'Recovered' }, { reason: 'SubjectDeleted' }]);
      expect([await count('issues'), await count('watermarks')]).toEqual([1, 1]);
      expect(await readOne(get(), ref('active'))).toMatchObject({ version: 0 });
      expect(await sweepOnce(get(), { namespaces: cluster({}) })).toMatchObject({ homeless: 0 });
    });

    test('and made again: what the old one left goes, what the new one has shown stays', async () => {
      await fill();
      await change(get(), ref('active'), (issue, now) => ({
        op: 'update',
        issue: { ...issue, namespaceUid: 'new', changedAt: now },
      }));
      expect(await sweepOnce(get(), { namespaces: cluster({ 'team-a': 'new' }) })).toMatchObject({ homeless: 1 });
      expect(await stored(get(), ref('active'))).toMatchObject({ state: 'Active', namespaceUid: 'new' });
      expect(await count('issues')).toBe(2);
    });

    test('nothing leaves while it exists, while it terminates, or while nobody can say', async () => {
      await fill();
      const answers = [
        cluster({ 'team-a': OLD }),
        { resolve: (name: string) => (name === 'team-a' ? ('terminating' as const) : cluster({}).resolve(name)) },
        {
          resolve: (name: string) =>
            name === 'team-a' ? Promise.reject(new Error('connection refused')) : cluster({}).resolve(name),
        },
      ];
      for (const namespaces of answers) {
        expect(await sweepOnce(get(), { namespaces })).toMatchObject({ homeless: 0 });
      }
      expect(await count('issues')).toBe(3);
    });

    test('nothing leaves when the cluster that answers is another one: a wrong kubeconfig empties no database', async () => {
      await fill();
      expect(await sweepOnce(get(), { namespaces: cluster({}, 'another') })).toMatchObject({ homeless: 0 });
      expect(await count('issues')).toBe(3);
    });

    test('X4 one that was seen to go is swept alone and at once, hidden issues too', async () => {
      await fill();
      await open(get(), ref('hidden'));
      await resolve('hidden');
      await change(get(), ref('hidden'), (issue, now) => hideIssue(issue, now));
      expect(await sweepNamespace(get(), cluster({}), 'team-b')).toBe(0);
      expect(await sweepNamespace(get(), cluster({}), 'team-a')).toBe(2);
      expect([await count('issues'), await count('watermarks')]).toEqual([1, 1]);
    });

    test('X4 one that was made again starts empty: the same names get new uids', async () => {
      const before = await open(get(), ref('active'));
      expect(await sweepNamespace(get(), cluster({ 'team-a': 'new' }), 'team-a')).toBe(1);
      const after = await open(get(), ref('active'), { namespaceUid: 'new' });
      expect(after.name).toBe(before.name);
      expect(after.uid).not.toBe(before.uid);
      expect(after).toMatchObject({ occurrences: 1, reopened: 0 });
    });

    test('X4 a sweep of one rejects where nobody can say, so that it is done later; another cluster sweeps nothing', async () => {
      await fill();
      const away = { resolve: () => Promise.reject(new Error('connection refused')) };
      await expect(sweepNamespace(get(), away, 'team-a')).rejects.toThrow('connection refused');
      expect(await sweepNamespace(get(), cluster({}, 'another'), 'team-a')).toBe(0);
      expect(await count('issues')).toBe(3);
    });

    test('X4 a list of all namespaces tells which issues have none any more', async () => {
      await fill();
      const missing = async (uids: Record<string, string>) =>
        (await namespacesMissingIn(get(), new Map(Object.entries(uids)))).sort();
      expect(await missing({ 'team-a': OLD, 'team-b': 'b' })).toEqual([]);
      expect(await missing({ 'team-a': 'new', 'team-b': 'b' })).toEqual(['team-a']);
      expect(await missing({})).toEqual(['team-a', 'team-b']);
    });

    test('watermarks go also where no issue is left', async () => {
      await commitOne(get(), ref('fine'), ({ now }) => ({ watermarks: new Map([['', run(now)]]) }));
      await sweepOnce(get(), { namespaces: cluster({}) });
      expect(await count('watermarks')).toBe(0);
    });
  });

  test('retention takes nothing away under somebody who has just read it', async () => {
    await open(get(), ref('old'));
    await resolve('old');
    clock.offset = 2 * HOUR;
    await sweepOnce(get());
    clock.offset = 90 * DAY;
    // Healthy all the time: the watermark stays when the row goes.
    await commitOne(get(), ref('old'), ({ now }) => ({ watermarks: new Map([['', run(now)]]) }));
    const read = await readOne(get(), ref('old'));
    clock.offset = 91 * DAY;
    expect(await sweepOnce(get())).toMatchObject({ issues: 1, subjects: 0 });
    const issue = read.issues.get('run') as StoredIssue;
    const reveal = { op: 'reveal' as const, issue: { ...issue, state: 'Active' as const } };
    const { outcomes } = await get().commit([write(read, [reveal])]);
    expect(outcomes).toEqual(['conflict']);
  });

  test('row 9: an issue resolves as Expired when its time has passed', async () => {
    const { now } = await readOne(get(), ref('frontend'));
    await open(get(), ref('frontend'), { expiresAt: now + HOUR });
    await open(get(), ref('lasting'));
    expect(await sweepOnce(get())).toMatchObject({ expired: 0 });
    clock.offset = 2 * HOUR;
    expect(await sweepOnce(get())).toMatchObject({ expired: 1 });
    expect(await stored(get(), ref('frontend'))).toMatchObject({
      ...{ state: 'Resolved', resolvedReason: 'Expired', resolvedAt: now + HOUR },
    });
    expect(await stored(get(), ref('lasting'))).toMatchObject({ state: 'Active' });
  });

  test('row 8: the issues of a source that its manager dropped are marked at once and resolved after 24 hours', async () => {
    await open(get(), ref('frontend'));
    await open(get(), ref('kite', { source: 'kite' }));
    await lead(['*']);
    expect(await sweepOnce(get())).toMatchObject({ absent: 0 });
    await get().lead('m', '', []);
    expect(await sweepOnce(get())).toMatchObject({ absent: 1 });
    expect((await stored(get(), ref('frontend'))).conditions).toMatchObject([
      { type: 'SourceAbsent', status: 'True', reason: 'SourceNotRegistered' },
    ]);
    clock.offset = 23 * HOUR;
    expect(await sweepOnce(get())).toMatchObject({ absent: 0 });
    clock.offset = 25 * HOUR;
    expect(await sweepOnce(get())).toMatchObject({ absent: 1 });
    expect(await stored(get(), ref('frontend'))).toMatchObject({
      state: 'Resolved',
      resolvedReason: 'SourceRemoved',
      conditions: [],
    });
    expect(await stored(get(), ref('kite', { source: 'kite' }))).toMatchObject({ state: 'Active', conditions: [] });
  });

  test('row 8: a source that comes back takes the mark away', async () => {
    await open(get(), ref('frontend'));
    await lead(['*']);
    await get().lead('m', '', []);
    await sweepOnce(get());
    await lead(['*']);
    expect(await sweepOnce(get())).toMatchObject({ absent: 1 });
    expect(await stored(get(), ref('frontend'))).toMatchObject({ state: 'Active', conditions: [] });
  });

  test('row 8: a narrowed filter leaves out what is outside it, and only that', async () => {
    await open(get(), ref('inside', { namespace: 'team-a' }));
    await open(get(), ref('outside', { namespace: 'team-b' }));
    await lead(['team-*']);
    await sweepOnce(get());
    await lead(['team-*', '!team-b']);
    expect(await sweepOnce(get())).toMatchObject({ absent: 1 });
    expect((await stored(get(), ref('outside', { namespace: 'team-b' }))).conditions).toMatchObject([
      { type: 'SourceAbsent', reason: 'NamespaceNotCovered' },
    ]);
    clock.offset = 25 * HOUR;
    expect(await sweepOnce(get())).toMatchObject({ absent: 1 });
    expect(await stored(get(), ref('outside', { namespace: 'team-b' }))).toMatchObject({
      resolvedReason: 'SourceRemoved',
    });
    expect(await stored(get(), ref('inside', { namespace: 'team-a' }))).toMatchObject({
      state: 'Active',
      conditions: [],
    });
  });

  test('V4 changes are forgotten after an hour and the floor is the greatest that is gone', async () => {
    const old = await open(get(), ref('old'));
    clock.offset = 30 * MINUTE;
    const recent = await open(get(), ref('recent'));
    clock.offset = 61 * MINUTE;
    expect(await sweepOnce(get())).toMatchObject({ changes: 1 });
    const { changes, floor } = await get().changes('issues').since(old.change, 10);
    expect(floor).toBe(old.change);
    expect(changes.map(({ resourceVersion }) => resourceVersion)).toEqual([recent.change]);
    expect((await get().changes('issues').snapshot()).floor).toBe(old.change);
  });

  test('deliveries are forgotten after 24 hours', async () => {
    await commitOne(get(), ref('a'), () => ({ deliveries: [{ source: SOURCE, id: 'one', result: {} }] }));
    clock.offset = 23 * HOUR;
    expect(await sweepOnce(get())).toMatchObject({ deliveries: 0 });
    clock.offset = 25 * HOUR;
    expect(await sweepOnce(get())).toMatchObject({ deliveries: 1 });
  });

  test('retention takes hidden issues and idle watermarks after 90 days and closed months of episodes, never Active issues', async () => {
    await open(get(), ref('active'));
    await open(get(), ref('over'));
    await resolve('over');
    await commitOne(get(), ref('healthy'), () => ({}));
    clock.offset = 2 * HOUR;
    await sweepOnce(get());
    clock.offset = 80 * DAY;
    expect(await sweepOnce(get())).toMatchObject({ issues: 0, subjects: 0 });
    clock.offset = 92 * DAY;
    expect(await sweepOnce(get())).toMatchObject({ issues: 1, subjects: 2 });
    expect((await readOne(get(), ref('over'))).version).toBe(0);
    expect(await stored(get(), ref('active'))).toMatchObject({ state: 'Active' });
    clock.offset = 160 * DAY;
    expect((await sweepOnce(get())).partitions).toBeGreaterThan(0);
    expect(await get().database.query('SELECT FROM episodes')).toEqual([]);
  });

  test('a month without a partition gets one when an episode is closed in it', async () => {
    await open(get(), ref('frontend'));
    clock.offset = 4_000 * DAY;
    await resolve('frontend');
    expect(await get().database.query('SELECT number FROM episodes')).toEqual([{ number: 1 }]);
  });
}
