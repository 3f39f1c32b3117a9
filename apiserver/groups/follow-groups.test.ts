import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { groupName } from '../../crds/identity.ts';
import type { IssueSpec } from '../../crds/issue.ts';
import type { GroupIndex } from '../store/group-index.ts';
import { openStore } from '../store/open-store.ts';
import { change, empty, open, ref, stored } from '../store/samples.contract.ts';
import type { SqlStore } from '../store/sql-store.ts';
import type { StoredIssue } from '../store/store.ts';
import { deleteIssues } from '../store/sweep-rows.ts';
import { hideIssue, reopenIssue, resolveIssue, updateIssue } from '../store/transitions.ts';
import { foldGroup, type GroupContent } from './fold.ts';
import { catchUp, followGroups, type GroupObjects } from './follow-groups.ts';
import { type GroupIdentity, membershipOf } from './member.ts';
import { readGroups } from './read-groups.ts';
import type { FoldedMember } from './tally.ts';

let store: SqlStore;
beforeAll(async () => {
  store = await openStore({ database: { embedded: 'memory' }, clusterId: 'folder:test' });
});
afterAll(() => store[Symbol.asyncDispose]());
beforeEach(reset);

const MINUTE = 60_000_000;
const signal = new AbortController().signal;

async function reset(): Promise<void> {
  await empty(store);
  await store.database.query('TRUNCATE group_members, stale_groups');
}

/** What is served. */
class Served extends Map<string, GroupContent> implements GroupObjects {
  async put(groups: Parameters<GroupObjects['put']>[0]): Promise<void> {
    for (const { metadata, ...content } of groups) this.set(metadata.name, content);
  }

  async remove(keys: readonly { readonly name: string }[]): Promise<void> {
    for (const { name } of keys) this.delete(name);
  }

  async complete(): Promise<void> {}

  named(text: string): GroupContent | undefined {
    return [...this.values()].find(({ spec }) => spec.group === text);
  }
}

function follow(served: Served, index: GroupIndex = store.groupIndex()): Promise<unknown> {
  return catchUp({ index, objects: served, resource: 'issuegroups', signal, now: () => 0, sleep: async () => {} });
}

/** Whoever makes everything again begins without an index. */
async function rebuilt(): Promise<Served> {
  await store.database.query('TRUNCATE group_members, stale_groups, positions');
  const served = new Served();
  await follow(served);
  return served;
}

const spec = (of: ReturnType<typeof ref>, more: Partial<IssueSpec>): { spec: IssueSpec } => ({
  spec: {
    ...{ source: of.source, subject: of.subject, key: 'run', type: 'security', severity: 'major' },
    ...{ reason: 'Vulnerable', title: `${of.subject.name} contains libfoo 1.1`, ...more },
  },
});

const resolve = (issue: StoredIssue, now: number) => resolveIssue(issue, { at: now, now, reason: 'Recovered' });

describe('following the issues', () => {
  const [web, api] = [ref('web', { namespace: 'shop' }), ref('api', { namespace: 'bank' })];

  test('a group appears with its members, shrinks as each heals, resolves with the last and leaves with it', async () => {
    const served = new Served();
    await open(store, web, spec(web, { group: 'CVE-2026-1234' }));
    await follow(served);
    await open(store, api, spec(api, { group: 'CVE-2026-1234', severity: 'critical' }));
    await follow(served);
    expect([...served.keys()]).toEqual([expect.stringMatching(/^cve-2026-1234-[a-z2-7]{12}$/)]);
    expect(served.named('CVE-2026-1234')).toMatchObject({ spec: { severity: 'critical' }, status: { open: 2 } });
    await change(store, api, resolve);
    await follow(served);
    expect(served.named('CVE-2026-1234')).toMatchObject({
      spec: { severity: 'major' },
      status: { open: 1, resolved: 1 },
    });
    await change(store, api, hideIssue);
    await change(store, web, resolve);
    await follow(served);
    // What left the list of issues still counts.
    expect(served.named('CVE-2026-1234')?.status).toMatchObject({ state: 'Resolved', open: 0, resolved: 2 });
    await change(store, web, hideIssue);
    await follow(served);
    expect(served.size).toBe(0);
  });

  test('of a crowded group only the foremost members are read, and all are counted', async () => {
    for (const [name, severity] of [
      ['a', 'minor'],
      ['b', 'critical'],
      ['c', 'major'],
    ] as const) {
      const of = ref(name, { namespace: `team-${name}` });
      await open(store, of, spec(of, { group: 'CVE-2026-1234', severity }));
    }
    await follow(new Served());
    const name = groupName('CVE-2026-1234');
    const folded = await readGroups(store.groupIndex(), [name], undefined, { open: 2, resolved: 0 });
    expect(folded.get(name)).toMatchObject({
      spec: { severity: 'critical' },
      status: { open: 3, resolved: 0, sampled: 2, openNamespaces: 3, unlisted: { members: 1 } },
    });
  });

  test('an issue that changes its group leaves the old one', async () => {
    const served = new Served();
    await open(store, web, spec(web, { group: 'old' }));
    await open(store, api, spec(api, { group: 'old' }));
    await follow(served);
    await change(store, web, (issue, now) => seenAgain(issue, { group: 'new' }, now));
    await follow(served);
    expect(served.named('old')?.status).toMatchObject({ open: 1, namespaces: [{ namespace: 'bank', open: 1 }] });
    expect(served.named('new')?.status).toMatchObject({ open: 1, namespaces: [{ namespace: 'shop', open: 1 }] });
  });

  test('equal messages of three issues are proposed as a group, but not of those that name one', async () => {
    const served = new Served();
    const names = ['web', 'api', 'search', 'named'];
    for (const [index, name] of names.entries()) {
      const of = ref(name, { namespace: `team-${index}` });
      const description = `pod ${name}-x7k2${index}: no space left on device after ${index} s`;
      await open(store, of, spec(of, { description, ...(name === 'named' && { group: 'disk' }) }));
    }
    await follow(served);
    expect([...served.values()].map(({ spec: { origin, group, title } }) => ({ origin, group, title }))).toEqual(
      expect.arrayContaining([
        { origin: 'Reported', group: 'disk', title: 'named contains libfoo 1.1' },
        {
          origin: 'Proposed',
          group: 'pod <name>-<id>: no space left on device after <n> s',
          title: '<name> contains libfoo <n>',
        },
      ]),
    );
    expect(served.size).toBe(2);
  });

  test('what took rows away without a change is found when the index is pruned', async () => {
    const served = new Served();
    await open(store, web, spec(web, { group: 'CVE-2026-1234' }));
    await open(store, api, spec(api, { group: 'CVE-2026-1234' }));
    await follow(served);
    await deleteIssues(store, 'namespace = $1', ['shop']);
    expect(await store.groupIndex().prune()).toBe(1);
    await follow(served);
    expect(served.named('CVE-2026-1234')?.status).toMatchObject({ open: 1, resolved: 0 });
  });

  test('a follower that was away for longer than the log reaches begins with everything', async () => {
    const served = new Served();
    await open(store, web, spec(web, { group: 'CVE-2026-1234' }));
    await follow(served);
    await open(store, api, spec(api, { group: 'CVE-2026-1234' }));
    await store.database.query('DELETE FROM changes');
    await store.database.query('UPDATE meta SET change_floor = last_change');
    await follow(served);
    expect(served.named('CVE-2026-1234')?.status.open).toBe(2);
  });

  test('what is equal to what was there is not made again', async () => {
    const served = new Served();
    await open(store, web, spec(web, { group: 'CVE-2026-1234' }));
    await follow(served);
    const log = { rel: 'log', title: 'Log', url: 'https://example.com/run-2' } as const;
    await change(store, web, (issue, now) => seenAgain(issue, { group: 'CVE-2026-1234', links: [log] }, now));
    served.clear();
    await follow(served);
    expect(served.size).toBe(0);
  });

  test('it is complete when everything was read, and then looks again until it is stopped', async () => {
    const served = new Served();
    const stop = new AbortController();
    const seen: string[] = [];
    served.complete = async () => void seen.push(`complete with ${served.size}`);
    await open(store, web, spec(web, { group: 'one' }));
    await followGroups({
      ...{ index: store.groupIndex(), objects: served, resource: 'issuegroups', signal: stop.signal, now: () => 0 },
      async sleep(ms) {
        seen.push(`rests ${ms} ms with ${served.size}`);
        if (served.size === 2) stop.abort();
        else await open(store, api, spec(api, { group: 'two' }));
      },
    });
    expect(seen).toEqual(['complete with 1', 'rests 1000 ms with 1', 'rests 1000 ms with 2']);
  });
});

function seenAgain(issue: StoredIssue, more: Partial<IssueSpec>, now: number) {
  const { group: _, ...before } = issue.spec;
  const { labels } = issue;
  return updateIssue(issue, { spec: { ...before, ...more }, labels, contentHash: 'cd'.repeat(32), seenAt: now }, now);
}

const SUBJECTS = ['web', 'api', 'search', 'docs'].map((name, index) => ref(name, { namespace: `team-${index % 3}` }));
const subject = fc.nat({ max: SUBJECTS.length - 1 });
const content = fc.record(
  {
    group: fc.constantFrom('CVE-2026-1', 'base image'),
    description: fc.constantFrom('disk is full on node 1', 'disk is full on node 2', 'the registry does not answer'),
    severity: fc.constantFrom('critical' as const, 'minor' as const),
  },
  { requiredKeys: ['description', 'severity'] },
);
const step = fc.oneof(
  fc.record({ kind: fc.constant('report' as const), subject, content }),
  fc.record({ kind: fc.constantFrom('resolve' as const, 'hide' as const, 'delete' as const), subject }),
  fc.record({ kind: fc.constant('follow' as const), failsAfter: fc.option(fc.nat({ max: 8 })) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Breaks off before the call after so many: a server that was killed there. */
function failing(index: GroupIndex, after: number): GroupIndex {
  let calls = 0;
  return new Proxy(index, {
    get(target, name) {
      const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        calls += 1;
        if (calls > after) throw new Error('killed');
        return method.apply(target, args);
      };
    },
  });
}

async function apply(given: Step, served: Served): Promise<void> {
  if (given.kind === 'follow') {
    const index = store.groupIndex();
    await follow(served, given.failsAfter === null ? index : failing(index, given.failsAfter)).catch(() => {});
    return;
  }
  const of = SUBJECTS[given.subject] as (typeof SUBJECTS)[number];
  const { subjects } = await store.readSubjects([of]);
  const issue = subjects[0]?.issues.get('run');
  switch (given.kind) {
    case 'report':
      if (!issue) await open(store, of, spec(of, given.content));
      else if (issue.state === 'Active') await change(store, of, (now, at) => seenAgain(now, given.content, at));
      else await change(store, of, (now, at) => reopen(now, given.content, at));
      return;
    case 'resolve':
      if (issue?.state === 'Active') await change(store, of, resolve);
      return;
    case 'hide':
      if (issue?.state === 'Resolved' && issue.hiddenAt === undefined) await change(store, of, hideIssue);
      return;
    case 'delete':
      if (issue?.hiddenAt !== undefined) await deleteIssues(store, 'id = $1', [issue.id]);
      return;
    default:
      given satisfies never;
  }
}

function reopen(issue: StoredIssue, more: Partial<IssueSpec>, now: number) {
  const { group: _, ...before } = issue.spec;
  const sighting = { spec: { ...before, ...more }, labels: issue.labels, contentHash: 'ef'.repeat(32), seenAt: now };
  return reopenIssue(issue, sighting, { at: now + MINUTE, now, newUid: () => crypto.randomUUID() });
}

/** The definition: every issue that is stored, put into its group, and the groups folded. */
async function fromScratch(): Promise<Map<string, GroupContent>> {
  const groups = new Map<string, { group: GroupIdentity; members: FoldedMember[] }>();
  for (const of of SUBJECTS) {
    const { subjects } = await store.readSubjects([of]);
    if (!subjects[0]?.issues.has('run')) continue;
    const issue = await stored(store, of);
    const observedName = issue.observed?.name;
    const found = membershipOf({
      ...issue,
      hidden: issue.hiddenAt !== undefined,
      ...(observedName && { observedName }),
    });
    if (!found) continue;
    const earlier = await store.database.query<{ openedAt: number; resolvedAt: number }>(
      `SELECT (extract(epoch FROM opened_at) * 1000000)::bigint AS "openedAt",
         (extract(epoch FROM resolved_at) * 1000000)::bigint AS "resolvedAt"
       FROM episodes WHERE issue_id = $1 AND number <= $2`,
      [issue.id, issue.reopened],
    );
    const entry = groups.get(found.group.name) ?? { group: found.group, members: [] };
    groups.set(found.group.name, entry);
    entry.members.push({ ...found.member, earlier });
  }
  return new Map(
    [...groups].flatMap(([name, { group, members }]) => {
      const folded = foldGroup(group, members);
      return folded ? [[name, folded] as const] : [];
    }),
  );
}

/** As if each of these groups had more members than are read: a few of them are, and the database counts. */
async function crowdedCounts(expected: ReadonlyMap<string, GroupContent>): Promise<Map<string, object>> {
  const index = store.groupIndex();
  const names = [...expected.keys()];
  const all: Pick<GroupIndex, 'members' | 'crowded' | 'foremost' | 'tally'> = {
    crowded: async () => names,
    members: (given) => index.members(given),
    foremost(name) {
      const few = expected.get(name)?.spec.origin === 'Proposed' ? 3 : 1; // fewer would be no proposal
      return index.foremost(name, { open: few, resolved: few });
    },
    tally: (name) => index.tally(name),
  };
  const groups = await readGroups(all, names);
  return new Map([...groups].map(([name, { status }]) => [name, countsOf(status)]));
}

/** What is counted of all members, however many are read. */
function countsOf({ members: _, unlisted: __, sampled: ___, ...counts }: GroupContent['status']): object {
  return counts;
}

test('whatever happens to issues, and wherever followers are killed, groups are what a fold over all issues makes', async () => {
  await fc.assert(
    fc
      .asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        const served = new Served();
        for (const one of steps) await apply(one, served);
        await store.groupIndex().prune();
        await follow(served);
        const expected = await fromScratch();
        expect(new Map(served)).toEqual(expected);
        expect(new Map(await rebuilt())).toEqual(expected);
        expect(await crowdedCounts(expected)).toEqual(
          new Map([...expected].map(([name, { status }]) => [name, countsOf(status)])),
        );
      })
      .beforeEach(reset),
    { numRuns: 40, endOnFailure: true },
  );
}, 120_000);
