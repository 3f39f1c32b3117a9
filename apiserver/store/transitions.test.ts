import { describe, expect, test } from 'vitest';
import { activeIssue, ref } from './samples.contract.ts';
import { withCondition } from './stored-condition.ts';
import {
  closeEpisode,
  conditionsOf,
  hideIssue,
  occurrencesAfter,
  reopenIssue,
  resolveIssue,
  type Sighting,
  updateIssue,
} from './transitions.ts';

const SECOND = 1_000_000;
const issue = activeIssue(ref('frontend'), 100 * SECOND);
const run = (uid: string) => ({ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: `run-${uid}`, uid });
const sighting = (changes: Partial<Sighting> = {}): Sighting => ({
  ...{
    spec: issue.spec,
    labels: issue.labels,
    contentHash: issue.contentHash,
    observed: issue.observed,
    seenAt: 200 * SECOND,
  },
  ...changes,
});
const resolve = (at: number) => resolveIssue(issue, { at, now: 300 * SECOND, reason: 'Recovered' });
const reopen = (from: typeof issue, at: number) =>
  reopenIssue(from, sighting(), { at, now: 400 * SECOND, newUid: () => 'new-uid' });

describe('an Active issue that is seen again', () => {
  test('keeps its episode and its generation when the spec is the same', () => {
    const { op, issue: next } = updateIssue(issue, sighting({ observed: run('b2') }), 200 * SECOND);
    expect(op).toBe('update');
    expect(next).toEqual({
      ...{ ...issue, observed: run('b2'), occurrences: 2, lastSeenAt: 200 * SECOND, changedAt: 200 * SECOND },
    });
  });

  test('has one more generation when its spec changed', () => {
    const spec = { ...issue.spec, severity: 'critical' as const };
    expect(updateIssue(issue, sighting({ spec }), 1).issue).toMatchObject({ generation: 2, spec });
  });

  test('was last seen never earlier than before', () => {
    expect(updateIssue(issue, sighting({ seenAt: 5 }), 1).issue.lastSeenAt).toBe(100 * SECOND);
  });

  test('expires when the last look says so, and no longer when it does not', () => {
    const expiring = updateIssue(issue, sighting({ expiresAt: 7 }), 1).issue;
    expect(expiring.expiresAt).toBe(7);
    expect(updateIssue(expiring, sighting(), 1).issue).not.toHaveProperty('expiresAt');
  });
});

describe('occurrences count distinct observed objects', () => {
  test.each([
    ['the same object again', issue.observed, 1],
    ['another object', run('b2'), 2],
    ['an object of the same name without a uid', { ...run('x'), name: 'frontend-x7k2p', uid: '' }, 1],
    ['no object', undefined, 1],
  ])('%s', (_, observed, occurrences) => {
    expect(occurrencesAfter(issue, observed)).toBe(occurrences);
  });
});

describe('what people said', () => {
  const said = { acknowledged: { by: 'ada', at: '2026-11-21T12:00:00Z' }, snoozedUntil: '2026-11-22T12:00:00Z' };

  test('stays while the issue is seen again and when it resolves', () => {
    expect(updateIssue({ ...issue, ...said }, sighting(), 1).issue).toMatchObject(said);
    expect(resolveIssue({ ...issue, ...said }, { at: 1, now: 1, reason: 'Recovered' }).issue).toMatchObject(said);
  });

  test('of a new episode nobody has taken note yet, but a snooze lasts until its time', () => {
    const { issue: again } = reopen({ ...resolve(250 * SECOND).issue, ...said }, 260 * SECOND);
    expect(again.acknowledged).toBeUndefined();
    expect(again.snoozedUntil).toBe(said.snoozedUntil);
  });
});

describe('an episode', () => {
  test('ends when the issue resolves', () => {
    const { issue: resolved, closed } = resolve(250 * SECOND);
    expect(resolved).toMatchObject({ state: 'Resolved', resolvedAt: 250 * SECOND, resolvedReason: 'Recovered' });
    // With the content that it had: who asks for a past moment is shown that.
    const { spec, labels, uid, generation, createdAt, lastSeenAt, occurrences, observed } = issue;
    expect(closed).toEqual({
      ...{ number: 1, openedAt: 100 * SECOND, resolvedAt: 250 * SECOND, reason: 'Recovered' },
      ...{ spec, labels, uid, generation, createdAt, lastSeenAt, occurrences, observed },
    });
  });

  test('never ends before it began', () => {
    expect(resolve(50 * SECOND).closed.resolvedAt).toBe(100 * SECOND);
  });

  test('never begins before the previous one ended', () => {
    const { issue: next } = reopen(resolve(250 * SECOND).issue, 200 * SECOND);
    expect(next).toMatchObject({ state: 'Active', openedAt: 250 * SECOND, reopened: 1 });
    expect(next).not.toHaveProperty('resolvedAt');
    expect(next).not.toHaveProperty('resolvedReason');
    expect(reopen(resolve(250 * SECOND).issue, 260 * SECOND).issue.openedAt).toBe(260 * SECOND);
  });

  test('has the next number after each reopening', () => {
    const again = reopen(resolve(250 * SECOND).issue, 260 * SECOND).issue;
    expect(resolveIssue(again, { at: 270 * SECOND, now: 1, reason: 'Expired' }).closed.number).toBe(2);
  });

  test('of an Active issue is not over', () => {
    expect(() => closeEpisode(issue)).toThrow(`issue team-a/${issue.name} is Active`);
  });
});

describe('a reopened issue', () => {
  test('keeps uid and generation while it was visible', () => {
    const { op, issue: next } = reopen(resolve(250 * SECOND).issue, 260 * SECOND);
    expect({ op, uid: next.uid, generation: next.generation }).toEqual({ op: 'update', uid: issue.uid, generation: 1 });
  });

  test('is a new object of the old name and id when it was hidden', () => {
    const hidden = hideIssue({ ...resolve(250 * SECOND).issue, generation: 4 }, 300 * SECOND).issue;
    const { op, issue: next } = reopen(hidden, 350 * SECOND);
    expect(op).toBe('reveal');
    expect(next).toMatchObject({
      id: issue.id,
      name: issue.name,
      uid: 'new-uid',
      generation: 1,
      createdAt: 400 * SECOND,
    });
    expect(next).not.toHaveProperty('hiddenAt');
  });

  test('forgets that a person had resolved it', () => {
    const manual = resolveIssue(issue, { at: 1, now: 1, reason: 'Manual', manual: { at: 1, hash: 'x' } }).issue;
    expect(manual.manual).toEqual({ at: 1, hash: 'x' });
    expect(reopen(manual, 2).issue).not.toHaveProperty('manual');
  });
});

describe('conditions', () => {
  const types = (of: typeof issue) => conditionsOf(of).map(({ type, status, reason }) => [type, status, reason]);

  test('L6 of an Active issue, with observedGeneration for kubectl wait', () => {
    expect(types(issue)).toEqual([
      ['Active', 'True', 'TaskRunFailed'],
      ['Resolved', 'False', 'TaskRunFailed'],
    ]);
    expect(conditionsOf(issue)[0]).toMatchObject({ observedGeneration: 1, lastTransitionTime: '1970-01-01T00:01:40Z' });
  });

  test('of a Resolved issue', () => {
    const resolved = resolve(250 * SECOND).issue;
    expect(types(resolved)).toEqual([
      ['Active', 'False', 'Recovered'],
      ['Resolved', 'True', 'Recovered'],
    ]);
    expect(conditionsOf(resolved)[1]).toMatchObject({ lastTransitionTime: '1970-01-01T00:04:10Z' });
  });

  test('stored ones follow, and only Flapping outlives the episode', () => {
    const absent = { reason: 'SourceNotRegistered', message: 'gone', since: 120 * SECOND };
    const marked = withCondition(withCondition(issue, 'SourceAbsent', absent), 'Flapping', {
      ...absent,
      reason: 'Often',
    });
    expect(types(marked).slice(2)).toEqual([
      ['SourceAbsent', 'True', 'SourceNotRegistered'],
      ['Flapping', 'True', 'Often'],
    ]);
    const { issue: resolved } = resolveIssue(marked, { at: 1, now: 1, reason: 'Recovered' });
    expect(resolved.conditions.map(({ type }) => type)).toEqual(['Flapping']);
  });

  test('one that says the same again changes nothing, one that is taken away is gone', () => {
    const condition = { reason: 'A', message: 'b', since: 1 };
    const marked = withCondition(issue, 'SourceAbsent', condition);
    expect(withCondition(marked, 'SourceAbsent', { ...condition, since: 2 })).toBe(marked);
    expect(withCondition(marked, 'SourceAbsent', undefined).conditions).toEqual([]);
    expect(withCondition(issue, 'SourceAbsent', undefined)).toBe(issue);
  });
});
