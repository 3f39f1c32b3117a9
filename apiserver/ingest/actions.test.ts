import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ReportBody } from '../../crds/report.ts';
import type { StoredIssue } from '../store/store.ts';
import { sweepOnce } from '../store/sweeper.ts';
import type { IssueAction } from './actions.ts';
import type { ActionRefused, Deed } from './deeds.ts';
import type { Engine } from './engine.ts';
import type { NamespaceIdentity } from './ports.ts';
import { CALLER, cellsOf, EngineFixture, HEALTHY, HOUR, RED } from './testing/engine-fixture.ts';
import { finding, report } from './testing/world.ts';

/** What people do to issues, on a real store. */
let fixture: EngineFixture;
let engine: Engine;
let name: string;
beforeAll(async () => {
  fixture = await EngineFixture.open();
});
beforeEach(async () => {
  await fixture.empty();
  engine = fixture.start();
  await engine.submit(report(fixture.run(2 * HOUR), RED), CALLER);
  name = (await fixture.issues())[0]?.metadata.name as string;
});
afterAll(async () => fixture?.[Symbol.asyncDispose]());

const SECOND = 1_000_000;
const RESOLVE: Deed = { action: 'resolve' };
const ACKNOWLEDGE: Deed = { action: 'acknowledge' };
const snoozeFor = (ms: number): Deed => ({ action: 'snooze', duration: ms * 1_000 });

const act = (what: Deed, more: Partial<IssueAction> = {}) =>
  engine.act({ namespace: 'team-a', name, actor: 'ann', what, ...more });
const stored = async () => (await fixture.store.issue('team-a', name)) as StoredIssue;
const timeline = async () =>
  (await fixture.store.timeline((await stored()).id)).map(({ actor, action, comment, auditId }) =>
    [actor, action, comment, auditId].filter((part) => part !== undefined).join(' '),
  );
const refusedAs = (reason: ActionRefused['reason']) => expect.objectContaining({ name: 'ActionRefused', reason });

/** What it does to the change log and to the timeline. */
async function writesOf(deed: () => Promise<unknown>): Promise<{ changes: number; lines: number }> {
  const [change, lines] = [await fixture.store.lastChange(), (await timeline()).length];
  await deed();
  const { changes } = await fixture.store.changes('issues').since(change, 100);
  return { changes: changes.length, lines: (await timeline()).length - lines };
}

describe('resolve', () => {
  test('10B resolves, is in the timeline, and holds against what was known', async () => {
    expect(await act(RESOLVE, { comment: 'known', auditId: 'audit-1' })).toMatchObject({
      state: 'Resolved',
      resolvedReason: 'Manual',
      manual: { at: expect.any(Number) },
      change: await fixture.store.lastChange(),
    });
    expect(await timeline()).toEqual(['ann resolve known audit-1']);
    expect(await cellsOf(engine, report(fixture.run(HOUR), RED))).toEqual([["10'C run"]]);
    fixture.pass(HOUR);
    expect(await cellsOf(engine, report(fixture.run(60_000), RED))).toEqual([['3C run']]);
  });

  test('S4 sent twice it answers the same and writes nothing the second time', async () => {
    const first = await act(RESOLVE, { comment: 'known' });
    const again = act(RESOLVE, { comment: 'known', auditId: 'another' });
    expect(await writesOf(() => again)).toEqual({ changes: 0, lines: 0 });
    expect(await again).toEqual(first);
    expect(await writesOf(() => act(RESOLVE))).toEqual({ changes: 0, lines: 0 });
  });

  test('of somebody else’s, or with other words, leaves a line and changes nothing', async () => {
    const first = await act(RESOLVE);
    expect(await writesOf(() => act(RESOLVE, { actor: 'bob' }))).toEqual({ changes: 0, lines: 1 });
    expect(await writesOf(() => act(RESOLVE, { actor: 'bob' }))).toEqual({ changes: 0, lines: 0 });
    expect(await writesOf(() => act(RESOLVE, { comment: 'a flake' }))).toEqual({ changes: 0, lines: 1 });
    expect(await stored()).toEqual(first);
  });

  test('of what was over by itself changes nothing; only words are kept', async () => {
    await engine.submit(report(fixture.run(HOUR), HEALTHY), CALLER);
    expect(await act(RESOLVE)).toMatchObject({ resolvedReason: 'Recovered' });
    expect(await writesOf(() => act(RESOLVE))).toEqual({ changes: 0, lines: 0 });
    expect(await writesOf(() => act(RESOLVE, { comment: 'I fixed it' }))).toEqual({ changes: 0, lines: 1 });
    expect((await stored()).resolvedReason).toBe('Recovered');
  });

  test('of a later episode is news again', async () => {
    await act(RESOLVE);
    fixture.pass(2 * HOUR);
    await engine.submit(report(fixture.run(HOUR), RED), CALLER);
    expect(await writesOf(() => act(RESOLVE))).toEqual({ changes: 1, lines: 1 });
  });
});

describe('acknowledge', () => {
  test('says who has taken note, and when, and leaves the state alone', async () => {
    const { acknowledged, state, generation } = await act(ACKNOWLEDGE);
    expect({ state, generation, by: acknowledged?.by }).toEqual({ state: 'Active', generation: 1, by: 'ann' });
    expect(acknowledged?.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(await cellsOf(engine, report(fixture.run(HOUR), RED))).toEqual([['3B run']]);
    expect((await stored()).acknowledged).toEqual(acknowledged);
  });

  test('S4 sent twice it writes once; the newest person shows, and everybody is in the timeline', async () => {
    await act(ACKNOWLEDGE);
    expect(await writesOf(() => act(ACKNOWLEDGE))).toEqual({ changes: 0, lines: 0 });
    expect(await writesOf(() => act(ACKNOWLEDGE, { comment: 'TICKET-1' }))).toEqual({ changes: 0, lines: 1 });
    expect(await writesOf(() => act(ACKNOWLEDGE, { actor: 'bob' }))).toEqual({ changes: 1, lines: 1 });
    expect((await stored()).acknowledged?.by).toBe('bob');
    expect(await timeline()).toEqual(['ann acknowledge', 'ann acknowledge TICKET-1', 'bob acknowledge']);
  });

  test('of what is resolved is refused', async () => {
    await act(RESOLVE);
    await expect(act(ACKNOWLEDGE)).rejects.toEqual(refusedAs('not active'));
    await expect(act(snoozeFor(HOUR))).rejects.toThrow('it is Resolved (Manual): there is nothing to snooze');
  });
});

describe('snooze', () => {
  const now = () => fixture.store.now();

  test('lasts until a time, in whole seconds and never shorter than asked', async () => {
    const until = Math.floor(((await now()) + HOUR * 1_000) / SECOND) * SECOND + 1;
    const { snoozedUntil } = await act({ action: 'snooze', until });
    expect(Date.parse(snoozedUntil as string) * 1_000).toBe(until - 1 + SECOND);
    expect(await fixture.store.timeline((await stored()).id)).toMatchObject([
      { action: 'snooze', until: until - 1 + SECOND },
    ]);
  });

  test('or for a duration from now', async () => {
    const before = await now();
    const { snoozedUntil } = await act(snoozeFor(HOUR));
    const lasts = Date.parse(snoozedUntil as string) * 1_000 - before;
    expect(lasts).toBeGreaterThanOrEqual(HOUR * 1_000);
    expect(lasts).toBeLessThan(HOUR * 1_000 + 60 * SECOND);
  });

  test('S4 sent again within a minute it is the same snooze; later it is another', async () => {
    const { snoozedUntil } = await act(snoozeFor(HOUR));
    fixture.pass(50_000);
    expect(await writesOf(() => act(snoozeFor(HOUR)))).toEqual({ changes: 0, lines: 0 });
    expect((await stored()).snoozedUntil).toBe(snoozedUntil);
    fixture.pass(20_000);
    expect(await writesOf(() => act(snoozeFor(HOUR)))).toEqual({ changes: 1, lines: 1 });
  });

  test('for seconds can be repeated after seconds', async () => {
    await act(snoozeFor(30_000));
    fixture.pass(10_000);
    expect(await writesOf(() => act(snoozeFor(30_000)))).toEqual({ changes: 1, lines: 1 });
  });

  test('until the same time is sent twice; until an earlier one shortens it', async () => {
    const until = (await now()) + HOUR * 1_000;
    await act({ action: 'snooze', until });
    expect(await writesOf(() => act({ action: 'snooze', until }))).toEqual({ changes: 0, lines: 0 });
    expect(await writesOf(() => act({ action: 'snooze', until: until - 1_800 * SECOND }))).toEqual({
      changes: 1,
      lines: 1,
    });
  });

  test('ends in the future and at most 90 days ahead', async () => {
    const at = async (ms: number): Promise<Deed> => ({ action: 'snooze', until: (await now()) + ms * 1_000 });
    await expect(act(await at(-1))).rejects.toEqual(refusedAs('time'));
    await expect(act(await at(91 * 24 * HOUR))).rejects.toThrow(/^must be at most 90d ahead: it is \d{4}-/);
    expect(await act(await at(90 * 24 * HOUR - 60_000))).toMatchObject({ snoozedUntil: expect.any(String) });
    expect(await act(snoozeFor(90 * 24 * HOUR))).toMatchObject({ snoozedUntil: expect.any(String) });
  });
});

describe('assign', () => {
  const assign = (assignee: string | undefined): Deed => ({ action: 'assign', assignee });
  const lines = async () =>
    (await fixture.store.timeline((await stored()).id)).map(({ actor, detail }) => [actor, detail]);

  test('says who works on it, then who else, then nobody, and leaves the state alone', async () => {
    expect(await act(assign('ann'))).toMatchObject({ assignee: 'ann', state: 'Active', generation: 1 });
    expect((await act(assign('team-web\u001b[31m'), { actor: 'bob' })).assignee).toBe('team-web');
    expect(await act(assign(undefined))).not.toHaveProperty('assignee');
    expect(await stored()).not.toHaveProperty('assignee');
    expect(await lines()).toEqual([
      ['ann', { assignee: 'ann' }],
      ['bob', { assignee: 'team-web' }],
      ['ann', {}],
    ]);
  });

  test('S4 sent twice it writes once; taking away what is not there says nothing', async () => {
    await act(assign('bob'));
    expect(await writesOf(() => act(assign('bob')))).toEqual({ changes: 0, lines: 0 });
    expect(await writesOf(() => act(assign('bob'), { actor: 'bob' }))).toEqual({ changes: 0, lines: 1 });
    await act(assign(undefined), { actor: 'cy' });
    expect(await writesOf(() => act(assign(undefined), { actor: 'dee' }))).toEqual({ changes: 0, lines: 0 });
  });

  test('stays when the issue resolves and opens again, and can be said of a resolved one', async () => {
    await act(RESOLVE);
    await act(assign('bob'));
    fixture.pass(2 * HOUR);
    expect(await cellsOf(engine, report(fixture.run(HOUR), RED))).toEqual([['3C run']]);
    expect(await stored()).toMatchObject({ state: 'Active', assignee: 'bob' });
  });
});

describe('due', () => {
  const due = (more: { until: number } | { duration: number } | { clear: true }): Deed => ({ action: 'due', ...more });
  const DAYS = 24 * HOUR * 1_000;

  test('sets a date of a person beside that of the finding, which reports leave alone and do not take away', async () => {
    const until = Math.floor(((await fixture.store.now()) + DAYS) / SECOND) * SECOND;
    const at = new Date(until / 1_000).toISOString().replace('.000', '');
    expect((await act(due({ until }))).due).toEqual({ by: 'ann', at });
    const dated = { complete: true as const, findings: [finding('run', { dueAt: '2027-01-01T00:00:00Z' })] };
    expect(await cellsOf(engine, report(fixture.run(HOUR), dated))).toEqual([['3B run']]);
    expect(await stored()).toMatchObject({ due: { by: 'ann', at }, spec: { dueAt: '2027-01-01T00:00:00Z' } });
    expect(await fixture.store.timeline((await stored()).id)).toMatchObject([{ action: 'due', detail: { dueAt: at } }]);
  });

  test('S4 sent twice it writes once, a duration within a minute too', async () => {
    await act(due({ duration: DAYS }));
    fixture.pass(50_000);
    expect(await writesOf(() => act(due({ duration: DAYS })))).toEqual({ changes: 0, lines: 0 });
    expect(await writesOf(() => act(due({ duration: 2 * DAYS })))).toEqual({ changes: 1, lines: 1 });
    expect(await writesOf(() => act(due({ clear: true })))).toEqual({ changes: 1, lines: 1 });
    expect(await writesOf(() => act(due({ clear: true })))).toEqual({ changes: 0, lines: 0 });
    expect(await stored()).not.toHaveProperty('due');
  });

  test('is in the future, of an Active issue, and belongs to its episode', async () => {
    await expect(act(due({ until: (await fixture.store.now()) - 1 }))).rejects.toEqual(refusedAs('time'));
    await expect(act(due({ duration: 3_651 * DAYS }))).rejects.toThrow(/^must be at most 3650d ahead/);
    await act(due({ duration: DAYS }));
    await act(RESOLVE);
    await expect(act(due({ clear: true }))).rejects.toThrow('there is nothing to give a due date to');
    fixture.pass(2 * HOUR);
    await engine.submit(report(fixture.run(HOUR), RED), CALLER);
    expect(await stored()).not.toHaveProperty('due');
  });
});

describe('comment', () => {
  const say = (comment: string, more: Partial<IssueAction> = {}) => act({ action: 'comment' }, { comment, ...more });

  test('is kept in the timeline and changes nothing, also of what is resolved', async () => {
    const before = await stored();
    expect(await writesOf(() => say('found it', { auditId: 'audit-1' }))).toEqual({ changes: 0, lines: 1 });
    expect(await stored()).toEqual(before);
    await act(RESOLVE);
    await say('was a flake', { actor: 'bob' });
    expect(await timeline()).toEqual(['ann comment found it audit-1', 'ann resolve', 'bob comment was a flake']);
  });

  test('S4 the same words within a minute were sent twice; later, or of somebody else, they are said again', async () => {
    await say('still broken');
    expect(await writesOf(() => say('still broken'))).toEqual({ changes: 0, lines: 0 });
    expect(await writesOf(() => say('still broken', { actor: 'bob' }))).toEqual({ changes: 0, lines: 1 });
    expect(await writesOf(() => say('again'))).toEqual({ changes: 0, lines: 1 });
    fixture.pass(61_000);
    expect(await writesOf(() => say('still broken'))).toEqual({ changes: 0, lines: 1 });
  });
});

describe("10' what a person resolved, in each class", () => {
  const source = (name: string) => ({ source: name });
  const state = (sequence: number) => ({ class: 'state' as const, epoch: 1, sequence });
  const resolveOf = async (name: string) => {
    const found = (await fixture.issues()).find(({ spec }) => (spec as unknown as { source: string }).source === name);
    await act(RESOLVE, { name: found?.metadata.name as string });
  };

  test('run: holds against what completed before the resolve, opens for what completed after', async () => {
    await act(RESOLVE);
    expect(await cellsOf(engine, report(fixture.run(HOUR), RED))).toEqual([["10'C run"]]);
    fixture.pass(HOUR);
    expect(await cellsOf(engine, report(fixture.run(HOUR / 2), RED))).toEqual([['3C run']]);
  });

  test('state: holds against the same failure, opens for another one and after it was healthy', async () => {
    await engine.submit(report(state(1), RED, source('rule.pods')), CALLER);
    await resolveOf('rule.pods');
    expect(await cellsOf(engine, report(state(2), RED, source('rule.pods')))).toEqual([["10'C run"]]);
    const other: ReportBody = { complete: true, findings: [finding('run', { reason: 'Other' })] };
    expect(await cellsOf(engine, report(state(3), other, source('rule.pods')))).toEqual([['3C run']]);
    await resolveOf('rule.pods');
    expect(await cellsOf(engine, report(state(4), other, source('rule.pods')))).toEqual([["10'C run"]]);
    expect(await cellsOf(engine, report(state(5), HEALTHY, source('rule.pods')))).toEqual([['4C run']]);
    expect(await cellsOf(engine, report(state(6), other, source('rule.pods')))).toEqual([['3C run']]);
  });

  test('received: opens for anything that arrives later', async () => {
    await engine.submit(report({ class: 'received' }, RED, source('receiver.ci')), CALLER);
    await resolveOf('receiver.ci');
    expect(await cellsOf(engine, report({ class: 'received' }, RED, source('receiver.ci')))).toEqual([['3C run']]);
  });

  test('state: holds too when age had raised the severity that the person saw', async () => {
    await engine.submit(report(state(1), RED, source('rule.pods')), CALLER);
    await sweepOnce(fixture.store, { escalation: [{ severity: 'major', after: 0, to: 'critical' }] });
    await resolveOf('rule.pods');
    expect(await cellsOf(engine, report(state(2), RED, source('rule.pods')))).toEqual([["10'C run"]]);
  });
});

describe('every action', () => {
  test('S2 as a dry run answers what would be and writes nothing', async () => {
    const before = await stored();
    expect(await writesOf(() => act(RESOLVE, { dryRun: true }))).toEqual({ changes: 0, lines: 0 });
    expect(await act(RESOLVE, { dryRun: true, comment: 'x' })).toMatchObject({ state: 'Resolved' });
    expect(await act(ACKNOWLEDGE, { dryRun: true })).toMatchObject({ acknowledged: { by: 'ann' } });
    expect(await stored()).toEqual(before);
  });

  test('S4 that is refused by what the caller expects writes nothing', async () => {
    const expectation = (issue: StoredIssue): void => {
      if (issue.change !== 7) throw new Error(`another version: ${issue.change}`);
    };
    const deed = act(RESOLVE, { expect: expectation });
    await expect(deed).rejects.toThrow(`another version: ${(await stored()).change}`);
    expect((await stored()).state).toBe('Active');
  });

  test('E3 of an issue that does not exist or is hidden is refused', async () => {
    await expect(act(RESOLVE, { name: 'nobody' })).rejects.toEqual(refusedAs('no issue'));
    await expect(act(RESOLVE, { name: 'nul\u0000' })).rejects.toEqual(refusedAs('no issue'));
    await expect(act(RESOLVE, { namespace: 'team-b' })).rejects.toEqual(refusedAs('no issue'));
    await fixture.store.database.query('UPDATE issues SET hidden_at = now()');
    await expect(act(ACKNOWLEDGE)).rejects.toEqual(refusedAs('no issue'));
  });

  test('S6 in a namespace that is missing or terminating is refused, and nothing is said when nobody knows', async () => {
    const answers: (NamespaceIdentity | 'missing' | 'terminating')[] = ['missing', 'terminating'];
    const resolve = () => answers.shift() ?? Promise.reject(new Error('the cluster is away'));
    engine = fixture.start({ namespaces: { resolve } });
    await expect(act(RESOLVE)).rejects.toEqual(refusedAs('no namespace'));
    await expect(act(RESOLVE)).rejects.toEqual(refusedAs('namespace terminating'));
    await expect(act(RESOLVE)).rejects.toThrow('the cluster is away');
    expect((await stored()).state).toBe('Active');
  });

  test('text from people is made harmless for terminals and for the database', async () => {
    await act(ACKNOWLEDGE, { actor: 'ann\u001b[31m\n', comment: 'first\nsecond\u0000\u001b]0;x\u0007\ud800 ' });
    expect((await stored()).acknowledged?.by).toBe('ann');
    expect(await timeline()).toEqual(['ann acknowledge first\nsecond\ufffd']);
    expect(await writesOf(() => act(ACKNOWLEDGE, { comment: ' \u0007 ' }))).toEqual({ changes: 0, lines: 0 });
  });

  test('of many people at once, beside reports, loses nobody’s line', async () => {
    const observed = (index: number) => ({
      observed: { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: `late-${index}`, uid: `late-${index}` },
    });
    const people = Array.from({ length: 12 }, (_, index) => `person-${index}`);
    const engines = [engine, fixture.start()];
    const acting = people.map((actor, index) => {
      const what = [ACKNOWLEDGE, snoozeFor((index + 2) * HOUR), ACKNOWLEDGE][index % 3] as Deed;
      return (engines[index % 2] as Engine).act({ namespace: 'team-a', name, actor, what });
    });
    const reporting = Array.from({ length: 5 }, (_, index) =>
      engine.submit(report(fixture.run(HOUR - index * 60_000, `late-${index}`), RED, observed(index)), CALLER),
    );
    await Promise.all([...acting, ...reporting]);
    await Promise.all(people.map((actor) => act(RESOLVE, { actor })));
    const lines = await timeline();
    for (const actor of people) {
      expect(lines.filter((line) => line.startsWith(`${actor} `)).map((line) => line.split(' ')[1])).toEqual([
        expect.stringMatching(/acknowledge|snooze/),
        'resolve',
      ]);
    }
    expect(await stored()).toMatchObject({ state: 'Resolved', resolvedReason: 'Manual', observed: { uid: 'late-4' } });
  });
});
