import { describe, expect, test } from 'vitest';
import type { Report, ReportBody } from '../../crds/report.ts';
import type { SubjectState } from '../store/store.ts';
import { hideIssue } from '../store/transitions.ts';
import { decide } from './decide.ts';
import { cells, deciding, failing, HEALTHY, HOUR, issueOf, object, RED, run, some, state } from './testing/cells.ts';
import { context, emptyState, finding, NOON, normal, report, SECOND, SUBJECT } from './testing/world.ts';

/** design.md's decision table, cell by cell: rows 1 to 6. */

describe('row 1, older than the watermark, changes nothing', () => {
  test.each([
    ['1A', [HEALTHY], [RED]],
    ['1B', [RED], [HEALTHY]],
    ['1C', [RED, HEALTHY], [RED]],
  ])('%s', (cell, stored, [late]) => {
    const before = deciding(stored.map((body, index) => report(run(NOON - HOUR + index * SECOND), body)));
    const verdict = decide(before.state, normal(report(run(NOON - 2 * HOUR), late as ReportBody)), context());
    expect(cells(verdict)).toEqual([`${cell} run`]);
    expect(verdict.state).toBe(before.state);
    expect(verdict.writes).toEqual([]);
  });

  test('1A a healthy look that is late has no key to name, and is counted all the same', () => {
    expect(cells(deciding([report(run(NOON), HEALTHY), report(run(NOON - HOUR), HEALTHY)]))).toEqual(['1A ']);
  });

  test('1B later in time is older in order: of two runs that end in the same second the uid decides', () => {
    const tie = deciding([report(run(NOON, { uid: 'b' }), RED), report(run(NOON, { uid: 'a' }), HEALTHY)]);
    expect(cells(tie)).toEqual(['1B run']);
  });

  test('1B a later look at the same run with less detail takes nothing away', () => {
    const detailed = failing(finding('run', { title: 'task build, step push: exit code 1' }));
    const verdict = deciding([
      report(run(NOON, { detail: 3, sequence: 1 }), detailed),
      report(run(NOON, { detail: 0, sequence: 2, epoch: 2 }), RED),
    ]);
    expect(cells(verdict)).toEqual(['1B run']);
    expect(issueOf(verdict).spec.title).toBe('task build, step push: exit code 1');
  });
});

describe('row 2, the same look again, writes nothing', () => {
  test.each([
    ['2B', [RED], ['2B run']],
    ['2C', [RED, HEALTHY], ['2C run']],
    ['A', [HEALTHY], []],
  ])('%s', (_cell, stored, expected) => {
    const reports = stored.map((body, index) => report(run(NOON + index), body));
    const before = deciding(reports);
    const verdict = decide(before.state, normal(reports.at(-1) as Report), context());
    expect(cells(verdict)).toEqual(expected);
    expect(verdict.state).toBe(before.state);
  });
});

describe('row 3, newer and failing', () => {
  test('3A opens: row, first episode, watermark', () => {
    const verdict = deciding([report(run(NOON - HOUR), RED, object('r1'))]);
    expect(cells(verdict)).toEqual(['3A run']);
    expect(verdict.writes).toMatchObject([{ op: 'insert' }]);
    expect(verdict.decisions[0]?.issue).toEqual({ namespace: 'team-a', name: issueOf(verdict).name });
    expect(issueOf(verdict)).toMatchObject({
      state: 'Active',
      openedAt: NOON - HOUR,
      firstSeenAt: NOON - HOUR,
      occurrences: 1,
      reopened: 0,
      generation: 1,
      namespaceUid: 'ns-1',
      observed: { name: 'r1' },
    });
    expect(verdict.state.watermarks.get('')).toMatchObject({ class: 'run', completedAt: NOON - HOUR });
  });

  test('3B identical finding and identical observed object: the watermark only', () => {
    const verdict = deciding([report(state(1), RED, object('r1')), report(state(2), RED, object('r1'))]);
    expect(cells(verdict)).toEqual(['3B run']);
    expect(verdict.writes).toEqual([]);
    expect(verdict.state.watermarks.get('')).toMatchObject({ sequence: 2 });
  });

  test('3B another object that shows the same counts as another occurrence', () => {
    const verdict = deciding([report(run(NOON - HOUR), RED, object('r1')), report(run(NOON), RED, object('r2'))]);
    expect(verdict.writes).toMatchObject([{ op: 'update', issue: { occurrences: 2, observed: { name: 'r2' } } }]);
    expect(issueOf(verdict)).toMatchObject({ openedAt: NOON - HOUR, lastSeenAt: NOON, generation: 1 });
  });

  test('3B a later look at the same run corrects its content, and is no new occurrence', () => {
    const verdict = deciding([
      report(run(NOON, { detail: 0 }), RED, object('r1')),
      report(run(NOON, { detail: 2 }), failing(finding('run', { title: 'step push' })), object('r1')),
    ]);
    expect(issueOf(verdict)).toMatchObject({ spec: { title: 'step push' }, occurrences: 1, generation: 2 });
  });

  test('3C reopens the same row and name, with the same uid while it is visible', () => {
    const opened = deciding([report(run(NOON - 3 * HOUR), RED)]);
    const healed = decide(opened.state, normal(report(run(NOON - 2 * HOUR), HEALTHY)), context());
    const again = decide(healed.state, normal(report(run(NOON - HOUR), RED)), context());
    expect(cells(again)).toEqual(['3C run']);
    const [first, second] = [issueOf(opened), issueOf(again)];
    expect(second).toMatchObject({ id: first.id, uid: first.uid, name: first.name, state: 'Active', reopened: 1 });
    expect(second.openedAt).toBe(NOON - HOUR);
    expect(second.resolvedAt).toBeUndefined();
    expect(again.writes).toMatchObject([{ op: 'update' }]);
  });

  test('3C gives a hidden issue a new uid', () => {
    const healed = deciding([report(run(NOON - 3 * HOUR), RED), report(run(NOON - 2 * HOUR), HEALTHY)]);
    const hidden = hideIssue(issueOf(healed), NOON).issue;
    const state = { ...healed.state, issues: new Map([['run', hidden]]) };
    const again = decide(state, normal(report(run(NOON - HOUR), RED)), context());
    expect(again.writes).toMatchObject([{ op: 'reveal', issue: { id: hidden.id } }]);
    expect(issueOf(again).uid).not.toBe(hidden.uid);
  });
});

describe('row 4, newer and healthy', () => {
  test('4A stores the watermark, nothing else', () => {
    const verdict = deciding([report(run(NOON), HEALTHY)]);
    expect(cells(verdict)).toEqual(['4A ']);
    expect(verdict.writes).toEqual([]);
    expect(verdict.state.issues.size).toBe(0);
    expect(verdict.state.watermarks.get('')).toMatchObject({ completedAt: NOON });
  });

  test('4B resolves Recovered when the run completed, and closes the episode', () => {
    const verdict = deciding([report(run(NOON - HOUR), RED), report(run(NOON - SECOND), HEALTHY)]);
    expect(cells(verdict)).toEqual(['4B run']);
    expect(verdict.writes).toMatchObject([
      {
        op: 'update',
        issue: { state: 'Resolved', resolvedReason: 'Recovered', resolvedAt: NOON - SECOND },
        closed: { number: 1, openedAt: NOON - HOUR, resolvedAt: NOON - SECOND, reason: 'Recovered' },
      },
    ]);
  });

  test('4B resolves what a complete look no longer names, and keeps the rest', () => {
    const verdict = deciding([
      report(state(1), failing(finding('a'), finding('b'))),
      report(state(2), failing(finding('b'))),
    ]);
    expect(cells(verdict)).toEqual(['3B b', '4B a']);
  });

  test('4C moves the watermark only', () => {
    const verdict = deciding([report(state(1), RED), report(state(2), HEALTHY), report(state(3), HEALTHY)]);
    expect(cells(verdict)).toEqual(['4C run']);
    expect(verdict.writes).toEqual([]);
    expect(verdict.state.watermarks.get('')).toMatchObject({ sequence: 3 });
  });
});

describe('row 5, deleted', () => {
  const GONE: ReportBody = { deleted: 'object' };

  test.each([
    ['5A', [], ['5A '], []],
    ['5B', [RED], ['5B run'], ['SubjectDeleted']],
    ['5C', [RED, HEALTHY], ['5C run'], []],
  ])('%s the observed object', (_cell, stored, expected, reasons) => {
    const before = stored.map((body, index) => report(state(index + 1), body));
    const verdict = deciding([...before, report(state(9), GONE)]);
    expect(cells(verdict)).toEqual(expected);
    expect(verdict.writes.map(({ issue }) => issue.resolvedReason)).toEqual(reasons);
    expect(verdict.state.watermarks.get('')).toMatchObject({ sequence: 9 });
  });

  test('1A a look that is older than the deletion cannot open', () => {
    const verdict = deciding([report(state(9), GONE), report(state(8), RED)]);
    expect(cells(verdict)).toEqual(['1A run']);
  });

  const BRANCH = { subject: { ...SUBJECT, aspect: 'build/push/main' } };

  test('5B the subject with an aspect leaves the other aspects alone', () => {
    const verdict = deciding([report(state(1), RED, BRANCH), report(state(2), { deleted: 'subject' }, BRANCH)]);
    expect(cells(verdict)).toEqual(['5B run']);
    expect(verdict.state.everyAspect).toBeUndefined();
  });

  test('5B the subject without an aspect is remembered for every aspect', () => {
    const branch = deciding([report(state(1), RED, BRANCH)]).state;
    const verdict = decide(branch, normal(report(state(2), { deleted: 'subject' })), context());
    expect(cells(verdict)).toEqual(['5B run']);
    expect(verdict.state.everyAspect).toMatchObject({ sequence: 2 });
  });

  test('1A a late look at an aspect that nobody had reported cannot open after its subject was deleted', () => {
    const deleted = deciding([report(state(5), { deleted: 'subject' })]).state;
    const other: SubjectState = { ...emptyState(report(state(1), RED, BRANCH)), everyAspect: deleted.everyAspect };
    expect(cells(decide(other, normal(report(state(4), RED, BRANCH)), context()))).toEqual(['1A run']);
    expect(cells(decide(other, normal(report(state(6), RED, BRANCH)), context()))).toEqual(['3A run']);
  });

  test('5B a repeated deletion finishes what an interrupted one left', () => {
    const branch = deciding([report(state(1), RED, BRANCH)]).state;
    const gone = normal(report(state(2), { deleted: 'subject' }));
    const interrupted = { ...branch, everyAspect: gone.order };
    expect(cells(decide(interrupted, gone, context()))).toEqual(['5B run']);
  });
});

describe('row 6, incremental', () => {
  test('6A 6B 6C each named key on its own; the others are not touched', () => {
    const verdict = deciding([
      report(state(1), failing(finding('a'), finding('b'), finding('c'))),
      report(state(2), failing(finding('a'), finding('b'))),
      report(state(3), some([finding('b', { title: 'worse' }), finding('c'), finding('d')], ['a', 'e'])),
    ]);
    expect(cells(verdict)).toEqual(['6B b', '6C c', '6A d', '6B a', '6A e']);
    expect(issueOf(verdict, 'a')).toMatchObject({ state: 'Resolved', resolvedReason: 'Recovered' });
    expect(issueOf(verdict, 'c')).toMatchObject({ state: 'Active', reopened: 1 });
    expect(verdict.state.watermarks.get('')).toMatchObject({ sequence: 2 });
    expect(verdict.state.watermarks.get('d')).toMatchObject({ sequence: 3 });
  });

  test('6A the resolve of an unknown key stores its watermark, so that its late failure stays away', () => {
    const resolved = deciding([report(state(5), some([], ['a']))]);
    expect(resolved.state.watermarks.get('a')).toMatchObject({ sequence: 5 });
    expect(cells(decide(resolved.state, normal(report(state(4), some([finding('a')]))), context()))).toEqual(['1A a']);
  });

  test('1B a complete look leaves alone every key whose own watermark is newer', () => {
    const verdict = deciding([report(state(5), some([finding('a')])), report(state(4), failing(finding('b')))]);
    expect(cells(verdict)).toEqual(['3A b', '1B a']);
    expect(issueOf(verdict, 'a').state).toBe('Active');
  });

  test('4B a complete look forgets the marks that it is newer than', () => {
    const verdict = deciding([report(state(4), some([finding('a')])), report(state(5), HEALTHY)]);
    expect(cells(verdict)).toEqual(['4B a']);
    expect([...verdict.state.watermarks.keys()]).toEqual(['']);
  });

  test('1C 2B 2C compare with the newer of both marks', () => {
    const before = [report(state(5), failing(finding('a'))), report(state(6), some([], ['a']))];
    expect(cells(deciding([...before, report(state(5), some([finding('a')]))]))).toEqual(['1C a']);
    expect(cells(deciding([...before, report(state(6), some([], ['a']))]))).toEqual(['2C a']);
    expect(cells(deciding([report(state(5), RED), report(state(5), some([finding('run')]))]))).toEqual(['2B run']);
  });
});
