import { expect, test } from 'vitest';
import { SqlIssueTransitions } from './issue-transitions.ts';
import { change, open, ref, stored } from './samples.contract.ts';
import type { SqlStore } from './sql-store.ts';
import type { StoredIssue } from './store.ts';
import { hideIssue, reopenIssue, resolveIssue, type Sighting, updateIssue } from './transitions.ts';

/** What Events are made of: every opening, reopening and resolving once, from where the last follower stopped. */
export function issueTransitionsContract(get: () => SqlStore): void {
  let followers = 0;
  const follower = (name = `follower-${followers++}`) => new SqlIssueTransitions(get().database, name);
  const resolve = (name: string) =>
    change(get(), ref(name), (issue, now) => resolveIssue(issue, { at: now, now, reason: 'Recovered' }));
  const reopen = (name: string) =>
    change(get(), ref(name), (issue, now) =>
      reopenIssue(issue, sighting(issue), { at: now, now, newUid: () => crypto.randomUUID() }),
    );
  const hide = (name: string) => change(get(), ref(name), (issue, now) => hideIssue(issue, now));
  const kinds = async (after: number) =>
    (await follower().since(after, 100)).transitions.map(({ kind, issue }) => `${issue.spec.subject.name} ${kind}`);

  test('an issue opens, resolves, reopens, leaves and comes back: each is one transition, leaving is none', async () => {
    const before = await get().lastChange();
    await open(get(), ref('a'));
    await resolve('a');
    await reopen('a');
    await resolve('a');
    await hide('a');
    await reopen('a');
    expect(await kinds(before)).toEqual(['a opened', 'a resolved', 'a reopened', 'a resolved', 'a reopened']);
  });

  test('an issue that flaps is one transition when that begins; what it does meanwhile is none', async () => {
    const flapping = { reopened: 3, within: 3_600_000_000 };
    await open(get(), ref('a'));
    const before = await get().lastChange();
    for (const second of [1, 2, 3, 4, 5]) {
      await resolve('a');
      await change(get(), ref('a'), (issue, now) => {
        const at = now + second * 1_000_000;
        return reopenIssue(issue, sighting(issue), { at, now, newUid: () => crypto.randomUUID(), flapping });
      });
    }
    await resolve('a');
    expect(await kinds(before)).toEqual([
      ...['a resolved', 'a reopened', 'a resolved', 'a reopened'],
      ...['a resolved', 'a flapping'],
    ]);
  });

  test('a change of text or severity is no transition', async () => {
    await open(get(), ref('a'));
    const before = await get().lastChange();
    await change(get(), ref('a'), (issue, now) =>
      updateIssue(issue, { ...sighting(issue), spec: { ...issue.spec, severity: 'critical', title: 'worse' } }, now),
    );
    expect(await kinds(before)).toEqual([]);
  });

  test('a transition has the issue as it was served, with its number and the time of its commit', async () => {
    const before = await get().lastChange();
    const issue = await open(get(), ref('a'), { openedAt: 1_000_000 });
    const now = (await get().now()) / 1_000;
    const [only] = (await follower().since(before, 10)).transitions;
    expect(only).toMatchObject({ kind: 'opened', change: issue.change });
    expect(only?.issue.metadata).toMatchObject({
      name: issue.name,
      uid: issue.uid,
      resourceVersion: `${issue.change}`,
    });
    expect(only?.at).toBeGreaterThan(now - 60_000);
    expect(only?.at).toBeLessThanOrEqual(now);
  });

  test('a new follower begins at the end of the log, a later one where the last one stopped, never before', async () => {
    await open(get(), ref('a'));
    expect(await follower('events').begin()).toBe(await get().lastChange());
    const middle = (await open(get(), ref('b'))).change;
    await open(get(), ref('c'));
    await follower('events').save(middle);
    expect(await follower('events').begin()).toBe(middle);
    await follower('events').save(middle - 1);
    expect(await follower('events').begin()).toBe(middle);
    expect(await follower('others').begin()).toBe(await get().lastChange());
  });

  test('pages end where the next one begins, and a page without transitions goes on to the end', async () => {
    const before = await get().lastChange();
    for (const name of ['a', 'b', 'c']) await open(get(), ref(name));
    const first = await follower().since(before, 2);
    expect(first.upTo).toBe((await stored(get(), ref('b'))).change);
    const second = await follower().since(first.upTo, 2);
    expect([...first.transitions, ...second.transitions].map(({ issue }) => issue.spec.subject.name)).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(second.upTo).toBe(await get().lastChange());
    expect([first.more, second.more]).toEqual([true, false]);
    expect(await follower().since(second.upTo, 2)).toMatchObject({ transitions: [], upTo: second.upTo, more: false });
  });
}

/** What `issue` would be seen with again. */
function sighting({ spec, labels, contentHash, observed, lastSeenAt: seenAt }: StoredIssue): Sighting {
  return { spec, labels, contentHash, observed, seenAt };
}
