import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../crds/report.ts';
import { Backlog, type BacklogEntry, compareReports, isFailing, MAX_BACKLOG } from './backlog.ts';

function entry(key: string, minute: number, failing: boolean, subjectId = 's'): BacklogEntry {
  const finding = { key: 'run', type: 'build', severity: 'major', reason: 'Failed', title: 'failed' } as const;
  const report: Report = {
    source: 'x',
    namespace: 'ns',
    subject: { apiVersion: 'v1', kind: 'Component', name: subjectId },
    order: {
      class: 'run',
      completedAt: new Date(minute * 60_000).toISOString(),
      uid: key,
      detail: 0,
      epoch: 1,
      sequence: 1,
    },
    body: { complete: true, findings: failing ? [finding] : [] },
  };
  return { key, subjectId, report };
}

const keys = (backlog: Backlog): string[] => backlog.take().map(({ key }) => key);

describe('the backlog of an initial list', () => {
  it('keeps the newest run and the failing ones before it, back to the last healthy one, oldest first', () => {
    const backlog = new Backlog();
    for (const [minute, failing] of [
      [5, true],
      [1, true],
      [3, true],
      [2, false],
      [4, true],
      [0, false],
    ] as const) {
      backlog.put(`r${minute}`, [entry(`r${minute}`, minute, failing)]);
    }
    expect(keys(backlog)).toEqual(['r2', 'r3', 'r4', 'r5']);
  });

  it('needs one look at a subject that is healthy now', () => {
    const superseded: string[] = [];
    const backlog = new Backlog((key) => superseded.push(key));
    for (let minute = 0; minute < 9; minute++) backlog.put(`r${minute}`, [entry(`r${minute}`, minute, minute < 8)]);
    expect(keys(backlog)).toEqual(['r8']);
    expect(superseded).toEqual(['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7']);
  });

  it('keeps at most 50 failing runs of a subject, the newest', () => {
    const backlog = new Backlog();
    for (let minute = 0; minute < 80; minute++) backlog.put(`r${minute}`, [entry(`r${minute}`, minute, true)]);
    const kept = keys(backlog);
    expect(kept).toHaveLength(MAX_BACKLOG);
    expect([kept[0], kept.at(-1)]).toEqual(['r30', 'r79']);
  });

  it('replaces what an earlier look at the same object said, and forgets what was deleted', () => {
    const backlog = new Backlog();
    backlog.put('r1', [entry('r1', 1, true)]);
    backlog.put('r1', [entry('r1', 1, true, 'other')]);
    backlog.put('r2', [entry('r2', 2, true)]);
    backlog.drop('r2');
    expect(backlog.take().map(({ subjectId }) => subjectId)).toEqual(['other']);
  });

  it('does not depend on the order of the looks', () => {
    const runs = fc.uniqueArray(fc.record({ minute: fc.nat(200), failing: fc.boolean() }), {
      selector: (run) => run.minute,
      maxLength: 80,
    });
    const shuffled = runs.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    const property = fc.property(shuffled, ([list, other]) => {
      const select = (order: typeof list): string[] => {
        const backlog = new Backlog();
        for (const { minute, failing } of order) backlog.put(`r${minute}`, [entry(`r${minute}`, minute, failing)]);
        const entries = backlog.take();
        expect(entries.slice(1).every((each) => isFailing(each.report))).toBe(true);
        expect(entries.map((each) => each.report)).toEqual(entries.map((each) => each.report).sort(compareReports));
        return entries.map((each) => each.key);
      };
      expect(select(list)).toEqual(select(other));
    });
    fc.assert(property, { numRuns: 200 });
  });
});
