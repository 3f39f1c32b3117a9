import { beforeEach, expect, test } from 'vitest';
import { formatTime } from '../../crds/time.ts';
import type { Database } from './database.ts';
import type { GroupIndex, IndexedIssue, IndexedMember } from './group-index.ts';
import { change, open, ref } from './samples.contract.ts';
import { SqlGroupIndex } from './sql-group-index.ts';
import type { SqlStore } from './sql-store.ts';
import { deleteIssues } from './sweep-rows.ts';
import { hideIssue, reopenIssue, resolveIssue, updateIssue } from './transitions.ts';

/** Which issue is in which group (docs/adr/0013), on PGlite and on PostgreSQL. */
export function groupIndexContract(get: () => SqlStore): void {
  const index = (): GroupIndex => get().groupIndex();
  const web = ref('web', { namespace: 'shop' });
  const api = ref('api', { namespace: 'bank' });

  beforeEach(async () => {
    await get().database.query('TRUNCATE group_members, stale_groups, objects');
  });

  async function put(issue: Pick<IndexedIssue, 'namespace' | 'name' | 'change'>, group: string): Promise<void> {
    const { namespace, name, change: number } = issue;
    await index().write([{ namespace, name, change: number, indexed: { group, digest: 'd1' } }]);
  }

  async function membersOf(groups: string[], namespaces?: string[]): Promise<IndexedMember[]> {
    const members: IndexedMember[] = [];
    for await (const page of index().members(groups, namespaces)) members.push(...page);
    return members;
  }

  const stale = async (): Promise<string[]> => (await index().stale(10)).map(({ name }) => name);

  test('tells each issue that changed once, and where the log ended', async () => {
    const before = await index().latest();
    const issue = await open(get(), web);
    await change(get(), web, (one, now) => resolveIssue(one, { at: now, now, reason: 'Recovered' }));
    const { keys, upTo, more } = await index().changed(before);
    expect(keys).toEqual([{ namespace: 'shop', name: issue.name }]);
    expect({ upTo, more }).toEqual({ upTo: await index().latest(), more: false });
    expect(await index().changed(upTo)).toEqual({ keys: [], upTo, more: false });
  });

  test('answers members in the order of groups, with the episodes before the current one', async () => {
    const first = await open(get(), web);
    const second = await open(get(), api);
    const { closed } = await change(get(), web, (one, now) => resolveIssue(one, { at: now, now, reason: 'Recovered' }));
    await change(get(), web, (one, now) => {
      const { spec, labels } = one;
      const sighting = { spec, labels, contentHash: one.contentHash, seenAt: now };
      return reopenIssue(one, sighting, { at: now, now, newUid: () => crypto.randomUUID() });
    });
    await put(first, 'one');
    await put(second, 'one');
    const members = await membersOf(['one', 'two']);
    expect(members.map(({ namespace, group, state, earlier }) => ({ namespace, group, state, earlier }))).toEqual([
      { namespace: 'bank', group: 'one', state: 'Active', earlier: [] },
      {
        ...{ namespace: 'shop', group: 'one', state: 'Active' },
        earlier: [{ openedAt: closed?.openedAt, resolvedAt: closed?.resolvedAt }],
      },
    ]);
    expect(members[0]).toMatchObject({
      spec: second.spec,
      openedAt: second.openedAt,
      hidden: false,
      observedName: 'frontend-x7k2p',
    });
    expect((await membersOf(['one'], ['shop'])).map(({ name }) => name)).toEqual([first.name]);
  });

  test('tells which groups are crowded, counts all members of one, and answers the worst open and the last resolved', async () => {
    const at = (name: string) => ref(name, { namespace: name === 'minor' ? 'bank' : 'shop' });
    for (const severity of ['minor', 'critical', 'major'] as const) {
      const issue = await open(get(), at(severity));
      await change(get(), at(severity), (one, now) =>
        updateIssue(one, { ...one, spec: { ...one.spec, severity }, seenAt: now }, now),
      );
      await put(issue, 'one');
    }
    for (const name of ['first', 'second', 'hidden']) {
      await put(await open(get(), at(name)), 'one');
      await change(get(), at(name), (one, now) => resolveIssue(one, { at: now, now, reason: 'Recovered' }));
    }
    await change(get(), at('hidden'), hideIssue);
    expect(await index().crowded(['one', 'two'], 5)).toEqual(['one']);
    expect(await index().crowded(['one'], 6)).toEqual([]);
    expect(await index().crowded(['one'], 4, ['shop'])).toEqual(['one']);
    expect(await index().crowded(['one'], 4, ['bank'])).toEqual([]);
    const tally = await index().tally('one');
    expect(tally).toMatchObject({ open: 3, resolved: 3, openNamespaces: 2, openReasons: 1 });
    expect(tally?.namespaces).toEqual([
      { namespace: 'shop', open: 2 },
      { namespace: 'bank', open: 1 },
    ]);
    expect(tally?.days.reduce((sum, { opened, resolved }) => sum + opened - resolved, 0)).toBe(3);
    expect(tally).not.toHaveProperty('resolvedAt');
    expect(await index().tally('one', ['bank'])).toMatchObject({ open: 1, resolved: 0, openNamespaces: 1 });
    expect(await index().tally('one', ['nowhere'])).toBeUndefined();
    const foremost = async (namespaces?: string[]): Promise<string[]> => {
      const found: string[] = [];
      for await (const page of index().foremost('one', { open: 2, resolved: 1 }, namespaces)) {
        found.push(...page.map(({ spec }) => spec.subject.name));
      }
      return found.sort();
    };
    expect(await foremost()).toEqual(['critical', 'major', 'second']);
    expect(await foremost(['bank'])).toEqual(['minor']);
  });

  test('does not count a crowded group to its end, and counts no other namespace', async () => {
    for (let n = 0; n < 9; n++) {
      await put(await open(get(), ref(`m${n}`, { namespace: n < 6 ? 'bank' : 'shop' })), 'one');
    }
    const read: number[] = [];
    const explaining = {
      query: async (sql: string, values: readonly unknown[]) => {
        const [row] = await get().database.query<{ 'QUERY PLAN': unknown }>(
          `EXPLAIN (ANALYZE, VERBOSE, FORMAT JSON) ${sql}`,
          values,
        );
        read.push(...membersRead(row?.['QUERY PLAN']));
        return get().database.query(sql, values);
      },
    } as unknown as Database;
    const crowded = (...asked: Parameters<GroupIndex['crowded']>) => new SqlGroupIndex(explaining).crowded(...asked);
    expect(await crowded(['one', 'two'], 2)).toEqual(['one']);
    // How many exactly is the planner's: a small table is read in more than one way.
    expect(Math.max(...read)).toBeLessThan(9);
    expect(await crowded(['one'], 3, ['shop'])).toEqual([]);
    expect(await crowded(['one'], 2, ['shop'])).toEqual(['one']);
  });

  test('marks the group that an issue joins and the one that it leaves, until each is settled', async () => {
    const issue = await open(get(), web);
    await put(issue, 'one');
    expect(await stale()).toEqual(['one']);
    const [mark] = await index().stale(10);
    await put(issue, 'two');
    // Marked again while it was being made: that was too early.
    await index().settle(mark ? [mark] : []);
    expect(await stale()).toEqual(['one', 'two']);
    await index().settle(await index().stale(10));
    expect(await stale()).toEqual([]);
    await index().write([{ namespace: 'shop', name: issue.name, change: issue.change }]);
    expect(await stale()).toEqual(['two']);
    expect(await membersOf(['two'])).toEqual([]);
  });

  test('an older version of an issue changes nothing, and a stored one is not taken for gone', async () => {
    const issue = await open(get(), web);
    await put(issue, 'new');
    await put({ ...issue, change: issue.change - 1 }, 'old');
    await index().write([{ namespace: 'shop', name: issue.name, change: issue.change - 1 }]);
    await index().write([{ namespace: 'shop', name: issue.name }]);
    expect((await membersOf(['new', 'old'])).map(({ group }) => group)).toEqual(['new']);
  });

  test('forgets issues that are no longer stored, and marks their groups', async () => {
    const issue = await open(get(), web);
    await put(issue, 'one');
    await index().settle(await index().stale(10));
    await deleteIssues(get(), 'namespace = $1', ['shop']);
    expect(await index().read([issue])).toEqual([{ namespace: 'shop', name: issue.name }]);
    expect(await index().prune()).toBe(1);
    expect(await index().read([issue])).toEqual([]);
    expect(await stale()).toEqual(['one']);
  });

  test('a scan answers what is visible, and of what is hidden only what names a group', async () => {
    const named = ref('named', { namespace: 'shop' });
    const visible = await open(get(), web);
    const { spec } = visible;
    await open(get(), named, { spec: { ...spec, subject: named.subject, group: 'CVE-2026-1234' } });
    await open(get(), api);
    for (const one of [named, api]) {
      await change(get(), one, (issue, now) => resolveIssue(issue, { at: now, now, reason: 'Recovered' }));
      await change(get(), one, hideIssue);
    }
    const { issues, next } = await index().scan(undefined);
    expect(new Set(issues.map((issue) => issue.spec.subject.name))).toEqual(new Set(['web', 'named']));
    expect(issues.find(({ hidden }) => hidden)?.resolvedAt).toBeGreaterThan(0);
    expect(next).toBeUndefined();
  });

  test('a position that the log does not reach back to is none, and followers of other names are forgotten', async () => {
    expect(await index().position('v1')).toBeUndefined();
    const latest = await index().latest();
    await index().save('v1', latest);
    await index().save('v1', latest - 1);
    expect(await index().position('v1')).toBe(latest);
    await index().save('v2', latest);
    expect(await index().position('v1')).toBeUndefined();
    await get().database.query('UPDATE meta SET change_floor = $1', [latest + 1]);
    expect(await index().position('v2')).toBeUndefined();
  });

  test('names of served groups come in pages, for a caller those with members where they may look', async () => {
    const log = get().resourceLog('issuegroups');
    const epoch = (await log.lead('one')) as number;
    const metadata = { uid: crypto.randomUUID(), creationTimestamp: formatTime(0) };
    const served = ['a', 'b', 'c'].map((name) => ({
      apiVersion: 'v1',
      kind: 'IssueGroup',
      metadata: { ...metadata, name },
    }));
    await log.write(
      epoch,
      served.map((object) => ({ op: 'ADDED', object })),
    );
    await put(await open(get(), web), 'b');
    await put(await open(get(), api), 'candidate');
    expect(await index().names('issuegroups', '', 2)).toEqual(['a', 'b']);
    expect(await index().names('issuegroups', 'b', 2)).toEqual(['c']);
    expect(await index().names('issuegroups', '', 10, ['shop', 'bank'])).toEqual(['b']);
    await index().markAll('issuegroups');
    expect(await stale()).toEqual(['a', 'b', 'c', 'candidate']);
  });
}

interface Plan {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

/** Rows of `group_members` that a statement looked at, by each of its scans. */
function membersRead(explained: unknown): number[] {
  const [{ Plan: plan }] = (typeof explained === 'string' ? JSON.parse(explained) : explained) as [{ Plan: Plan }];
  const all = (one: Plan): Plan[] => [one, ...(one.Plans ?? []).flatMap(all)];
  return all(plan)
    .filter((one) => one['Relation Name'] === 'group_members')
    .map((one) => (one['Actual Rows'] + (one['Rows Removed by Filter'] ?? 0)) * one['Actual Loops']);
}
