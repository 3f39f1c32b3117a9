import { expect, test } from 'vitest';
import type { KubernetesObject } from '../../crds/meta.ts';
import { formatTime } from '../../crds/time.ts';
import { change, commitOne, open, readOne, ref, stored, write } from './samples.contract.ts';
import type { SqlStore } from './sql-store.ts';
import type { Clock } from './store.contract.ts';
import { NOBODY, type StoredIssue } from './store.ts';
import { sweepOnce } from './sweeper.ts';
import { resolveIssue } from './transitions.ts';

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;

/** What people did, beside what they changed; and the end of a snooze. */
export function timelineContract(get: () => SqlStore, clock: Clock): void {
  const acknowledge = (by: string) =>
    change(get(), ref('frontend'), (issue, now) => ({
      op: 'update',
      issue: { ...issue, acknowledged: { by, at: formatTime(now / 1_000) } },
      timeline: { actor: by, action: 'acknowledge', comment: `${by} looks`, auditId: `audit-${by}` },
    }));
  const snooze = (name: string, until: number) =>
    change(get(), ref(name), (issue) => ({
      op: 'update',
      issue: { ...issue, snoozedUntil: formatTime(until / 1_000) },
      timeline: { actor: 'ada', action: 'snooze', until },
    }));

  test('the lines of an issue come back oldest first, with all that was said', async () => {
    const issue = await open(get(), ref('frontend'));
    const other = await open(get(), ref('backend'));
    const began = await get().now();
    await acknowledge('ada');
    await acknowledge('bob');
    await snooze('frontend', began + HOUR);
    expect(await get().timeline(issue.id)).toEqual([
      { at: expect.any(Number), actor: 'ada', action: 'acknowledge', comment: 'ada looks', auditId: 'audit-ada' },
      { at: expect.any(Number), actor: 'bob', action: 'acknowledge', comment: 'bob looks', auditId: 'audit-bob' },
      { at: expect.any(Number), actor: 'ada', action: 'snooze', until: began + HOUR },
    ]);
    const times = (await get().timeline(issue.id)).map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(began);
    expect(await get().timeline(other.id)).toEqual([]);
  });

  test('the history has the closed episodes, and the lines of people and of Faultline, in order', async () => {
    const issue = await open(get(), ref('frontend'), { openedAt: 1_700_000_000_000_000 });
    await acknowledge('ada');
    await change(get(), ref('frontend'), (found) => ({
      op: 'update',
      issue: { ...found, spec: { ...found.spec, severity: 'critical' } },
      timeline: { actor: NOBODY, action: 'severity', detail: { from: 'major', to: 'critical' } },
    }));
    const { closed } = await change(get(), ref('frontend'), (found, now) =>
      resolveIssue(found, { at: now, now, reason: 'Recovered' }),
    );
    const { episodes, lines } = await get().history(issue.id);
    expect(episodes).toEqual([{ ...closed, openedAt: 1_700_000_000_000_000, number: 1 }]);
    expect(lines).toMatchObject([
      { actor: 'ada', action: 'acknowledge' },
      { actor: NOBODY, action: 'severity', detail: { from: 'major', to: 'critical' } },
    ]);
    expect((await get().timeline(issue.id)).map(({ actor }) => actor)).toEqual(['ada']);
    expect(await get().history(crypto.randomUUID())).toEqual({ episodes: [], lines: [] });
  });

  test('V7 a remark is kept with the issue and no watch hears of it', async () => {
    const issue = await open(get(), ref('frontend'));
    const remarks = [{ issueId: issue.id, actor: 'ada', action: 'acknowledge', comment: 'still' }];
    expect(await commitOne(get(), ref('frontend'), () => ({ remarks }))).toBe(issue.change);
    expect(await get().timeline(issue.id)).toMatchObject([{ actor: 'ada', comment: 'still' }]);
    expect(await stored(get(), ref('frontend'))).toEqual(issue);
    expect((await get().changes('issues').since(issue.change, 10)).changes).toEqual([]);
  });

  test('of two remarks on one state the second conflicts and leaves nothing: who made it decides again', async () => {
    const issue = await open(get(), ref('frontend'));
    const state = await readOne(get(), ref('frontend'));
    const remark = (actor: string) =>
      get().commit([write(state, [], { remarks: [{ issueId: issue.id, actor, action: 'resolve' }] })]);
    const outcomes = (await Promise.all([remark('ada'), remark('bob')])).map(({ outcomes: [one] }) => one);
    expect(outcomes.toSorted()).toEqual(['committed', 'conflict']);
    expect(await get().timeline(issue.id)).toHaveLength(1);
  });

  test('the snooze of an Active issue ends by a change that watches see', async () => {
    await open(get(), ref('frontend'));
    await open(get(), ref('backend'));
    const now = await get().now();
    await snooze('frontend', now + HOUR);
    await snooze('backend', now + 3 * HOUR);
    const before = await get().lastChange();
    clock.offset = HOUR - MINUTE;
    expect(await sweepOnce(get())).toMatchObject({ snoozes: 0 });
    clock.offset = HOUR + MINUTE;
    expect(await sweepOnce(get())).toMatchObject({ snoozes: 1 });
    const { changes } = await get().changes('issues').since(before, 10);
    expect(
      changes.map(({ type, object }) => [type, (object as KubernetesObject & StatusOf).status.snoozedUntil]),
    ).toEqual([['MODIFIED', undefined]]);
    expect(await sweepOnce(get())).toMatchObject({ snoozes: 0 });
    expect((await stored(get(), ref('backend'))).snoozedUntil).toBeDefined();
  });

  test('a resolved issue leaves when it would have left without the end of its snooze', async () => {
    await open(get(), ref('frontend'));
    await snooze('frontend', (await get().now()) + 30 * MINUTE);
    await change(get(), ref('frontend'), (issue, now) => resolveIssue(issue, { at: now, now, reason: 'Recovered' }));
    clock.offset = 40 * MINUTE;
    expect(await sweepOnce(get())).toMatchObject({ snoozes: 1, hidden: 0 });
    clock.offset = 61 * MINUTE;
    expect(await sweepOnce(get())).toMatchObject({ snoozes: 0, hidden: 1 });
  });
}

type StatusOf = { readonly status: { readonly snoozedUntil?: StoredIssue['snoozedUntil'] } };
