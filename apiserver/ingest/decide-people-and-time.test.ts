import { describe, expect, test } from 'vitest';
import type { Report, ReportOrder } from '../../crds/report.ts';
import type { SubjectState } from '../store/store.ts';
import { decide, type Verdict } from './decide.ts';
import { resolveByHand } from './issues.ts';
import type { NormalizedReport } from './normalized.ts';
import { cells, deciding, failing, HEALTHY, HOUR, issueOf, object, RED, run, state } from './testing/cells.ts';
import { at, context, DAY, finding, NOON, normal, report, SECOND } from './testing/world.ts';

/** design.md's decision table, cell by cell: row 7, expiry and age, people, and when an episode begins and ends. */

describe('row 7, a sync', () => {
  const unlisted = (epoch: number): NormalizedReport => ({
    ...normal(report(state(0, epoch), HEALTHY)),
    body: { kind: 'unlisted', keys: ['run'] },
  });

  test('7B resolves what was not listed as deleted', () => {
    const verdict = deciding([report(state(7, 1), RED), unlisted(2)]);
    expect(cells(verdict)).toEqual(['7B run']);
    expect(issueOf(verdict)).toMatchObject({ state: 'Resolved', resolvedReason: 'SubjectDeleted' });
  });

  test('1B leaves alone what the new epoch has looked at since', () => {
    expect(cells(deciding([report(state(1, 2), RED), unlisted(2)]))).toEqual(['1B run']);
    const stamped = { ...unlisted(2), order: normal(report(run(NOON, { epoch: 2 }), RED)).order };
    expect(cells(deciding([report(run(NOON - HOUR, { epoch: 2 }), RED), stamped]))).toEqual(['1B run']);
  });
});

describe('row 9 and age', () => {
  const past = { expiresAt: at(NOON - HOUR) };

  test('9B a newer failure that has expired ends what was Active', () => {
    const verdict = deciding([report(run(NOON - 3 * HOUR), RED), report(run(NOON - 2 * HOUR), RED, past)]);
    expect(cells(verdict)).toEqual(['9B run']);
    expect(issueOf(verdict)).toMatchObject({ resolvedReason: 'Expired', resolvedAt: NOON - HOUR });
  });

  test('4A 4C what has expired never opens and never reopens; its watermark stays', () => {
    expect(cells(deciding([report(run(NOON - 2 * HOUR), RED, past)]))).toEqual(['4A run']);
    const verdict = deciding([
      report(run(NOON - 5 * HOUR), RED),
      report(run(NOON - 4 * HOUR), HEALTHY),
      report(run(NOON - 3 * HOUR), RED, past),
    ]);
    expect(cells(verdict)).toEqual(['4C run']);
    expect(verdict.state.watermarks.get('')).toMatchObject({ completedAt: NOON - 3 * HOUR });
  });

  test('1A a run older than the retention is stale, and leaves no watermark', () => {
    const verdict = deciding([report(run(NOON - 91 * DAY), RED)]);
    expect(cells(verdict)).toEqual(['1A run']);
    expect(verdict.state.watermarks.size).toBe(0);
    expect(cells(deciding([report(run(NOON - 89 * DAY), RED)]))).toEqual(['3A run']);
  });

  test('4B a run older than the retention counts where an older one is remembered', () => {
    const opened = deciding([report(run(NOON - 92 * DAY), RED)], { now: NOON - 50 * DAY });
    const verdict = decide(opened.state, normal(report(run(NOON - 91 * DAY), HEALTHY)), context());
    expect(cells(verdict)).toEqual(['4B run']);
  });

  test('3A without a retention (folder, replay) no run is too old; a state never is', () => {
    expect(cells(deciding([report(run(NOON - 900 * DAY), RED)], { retention: Infinity }))).toEqual(['3A run']);
    expect(cells(deciding([report(state(1), RED, { observedAt: at(NOON - 900 * DAY) })]))).toEqual(['3A run']);
  });

  test('1A a run that completed before its namespace was created is stale', () => {
    const how = { namespaceCreatedAt: NOON - HOUR };
    expect(cells(deciding([report(run(NOON - 2 * HOUR), RED)], how))).toEqual(['1A run']);
    expect(cells(deciding([report(run(NOON - SECOND), RED)], how))).toEqual(['3A run']);
    expect(cells(deciding([report(state(1), RED)], how))).toEqual(['3A run']);
  });
});

describe("rows 10 and 10', a person resolves", () => {
  const manually = (from: Verdict): SubjectState => {
    const write = resolveByHand(issueOf(from), { now: NOON, actor: 'ann', comment: 'known' });
    return { ...from.state, issues: new Map([['run', write.issue]]) };
  };

  test('10B remembers the time and what was seen, and who', () => {
    const write = resolveByHand(issueOf(deciding([report(state(1), RED)])), { now: NOON, actor: 'ann' });
    expect(write).toMatchObject({
      op: 'update',
      issue: { state: 'Resolved', resolvedReason: 'Manual', resolvedAt: NOON, manual: { at: NOON } },
      closed: { reason: 'Manual' },
      timeline: { actor: 'ann', action: 'resolve' },
    });
  });

  const cases: [string, string, Report, Report[]][] = [
    ['run', "10'C", report(run(NOON - HOUR), RED), [report(run(NOON - SECOND), RED, object('r2'))]],
    ['run', '3C', report(run(NOON - HOUR), RED), [report(run(NOON + SECOND), RED)]],
    ['state, unchanged', "10'C", report(state(1), RED), [report(state(2), RED, object('other'))]],
    [
      'state, another title',
      '3C',
      report(state(1), RED),
      [report(state(2), failing(finding('run', { title: 'new' })))],
    ],
    ['state, healthy in between', '3C', report(state(1), RED), [report(state(2), HEALTHY), report(state(3), RED)]],
    [
      'state, deleted in between',
      '3C',
      report(state(1), RED),
      [report(state(2), { deleted: 'object' }), report(state(3), RED)],
    ],
  ];
  test.each(cases)('%s: %s', (_class, cell, before, later) => {
    let verdict = { ...deciding([before]), state: manually(deciding([before])) };
    for (const each of later) verdict = decide(verdict.state, normal(each), context({ now: NOON + HOUR }));
    expect(cells(verdict)).toEqual([`${cell} run`]);
    expect(issueOf(verdict).manual === undefined).toBe(cell === '3C');
  });

  test("10'C holds by moving the watermark only", () => {
    const before = deciding([report(state(1), RED)]);
    const verdict = decide(manually(before), normal(report(state(2), RED)), context());
    expect(verdict.writes).toEqual([]);
    expect(verdict.state.watermarks.get('')).toMatchObject({ sequence: 2 });
  });

  test('3C received: anything that arrives later reopens', () => {
    const stamped = (stampedAt: number): NormalizedReport => ({
      ...normal(report({ class: 'received' }, RED)),
      order: { class: 'received', stampedAt },
    });
    const verdict = decide(manually(deciding([stamped(NOON - 1)])), stamped(NOON + 1), context());
    expect(cells(verdict)).toEqual(['3C run']);
  });
});

describe('when an episode begins and ends', () => {
  test('a run began to fail when it completed, never when it was created', () => {
    expect(issueOf(deciding([report(run(NOON - HOUR), RED, { observedAt: at(NOON) })])).openedAt).toBe(NOON - HOUR);
    const { completedAt: _, ...unfinished } = run(NOON) as ReportOrder & { class: 'run' };
    expect(issueOf(deciding([report(unfinished, RED)])).openedAt).toBe(NOON);
    expect(issueOf(deciding([report(unfinished, RED, { observedAt: at(NOON - SECOND) })])).openedAt).toBe(
      NOON - SECOND,
    );
  });

  test('a state began at its transition, else now', () => {
    expect(issueOf(deciding([report(state(1), RED, { observedAt: at(NOON - HOUR) })])).openedAt).toBe(NOON - HOUR);
    expect(issueOf(deciding([report(state(1), RED)])).openedAt).toBe(NOON);
  });

  test('never in the future, and never before the previous episode ended', () => {
    expect(issueOf(deciding([report(run(NOON + 50 * SECOND), RED)])).openedAt).toBe(NOON);
    const verdict = deciding([
      report(state(1), RED, { observedAt: at(NOON - 3 * HOUR) }),
      report(state(2), HEALTHY, { observedAt: at(NOON - HOUR) }),
      report(state(3), RED, { observedAt: at(NOON - 2 * HOUR) }),
    ]);
    expect(issueOf(verdict)).toMatchObject({ openedAt: NOON - HOUR, reopened: 1 });
  });
});
