import { expect, test } from 'vitest';
import { issueFields, issueObject, servedLabels, unversionedIssue } from './issue-object.ts';
import { RecentCommits, type WrittenIssue } from './recent-commits.ts';
import { activeIssue, ref } from './samples.contract.ts';
import type { IssueWrite } from './store.ts';

const NOW = 1_800_000_000_000_000;

const inserted = (name: string): IssueWrite => ({ op: 'insert', issue: activeIssue(ref(name), NOW) });
const updated = (name: string): IssueWrite => {
  const before = activeIssue(ref(name), NOW);
  return { op: 'update', issue: { ...before, spec: { ...before.spec, severity: 'critical' } }, before };
};

const written = (write: IssueWrite, number: number): WrittenIssue => {
  const object = unversionedIssue(write.issue);
  return { write, number, object, rest: `,"spec":${JSON.stringify(object.spec)}` };
};

/** Commits of one change each, numbered from `first`. */
function commits(recent: RecentCommits, first: number, writes: readonly IssueWrite[]): void {
  writes.forEach((write, index) => {
    const number = first + index;
    recent.add(number - 1, number, [written(write, number)]);
  });
}

const numbersOf = (answer: ReturnType<RecentCommits['after']>): number[] | undefined =>
  answer?.changes.map(({ resourceVersion }) => resourceVersion);

test('an unbroken sequence of own commits is answered, oldest first', () => {
  const recent = new RecentCommits();
  commits(recent, 11, [inserted('a'), inserted('b'), inserted('c')]);
  expect(numbersOf(recent.after(10, 10))).toEqual([11, 12, 13]);
});

test('a change carries the object with its number, and labels and fields of the version before', () => {
  const recent = new RecentCommits();
  const write = updated('a');
  commits(recent, 11, [write]);
  const before = write.before as NonNullable<IssueWrite['before']>;
  expect(recent.after(10, 10)?.changes).toEqual([
    {
      ...{ resourceVersion: 11, type: 'MODIFIED', object: issueObject({ ...write.issue, change: 11 }) },
      rest: written(write, 11).rest,
      previous: { labels: servedLabels(before), fields: issueFields(issueObject(before)) },
    },
  ]);
});

test('what somebody else committed between is a gap, and the table is asked', () => {
  const recent = new RecentCommits();
  commits(recent, 11, [inserted('a')]);
  commits(recent, 13, [inserted('b')]);
  expect(recent.after(10, 10)).toMatchObject({ upTo: 11 });
  expect(recent.after(11, 10)).toBeUndefined();
  expect(numbersOf(recent.after(12, 10))).toEqual([13]);
});

test('what is older than the first commit in memory is not known', () => {
  const recent = new RecentCommits();
  commits(recent, 11, [inserted('a')]);
  expect(recent.after(9, 10)).toBeUndefined();
});

test('commits that finish out of order are answered in the order of their numbers', () => {
  const recent = new RecentCommits();
  commits(recent, 12, [inserted('b')]);
  commits(recent, 11, [inserted('a')]);
  expect(numbersOf(recent.after(10, 10))).toEqual([11, 12]);
});

test('a page ends in the middle of a batch, and the next one goes on there', () => {
  const recent = new RecentCommits();
  const batch = ['a', 'b', 'c'].map((name, index) => written(inserted(name), 11 + index));
  recent.add(10, 13, batch);
  const first = recent.after(10, 2);
  expect(numbersOf(first)).toEqual([11, 12]);
  expect(first?.upTo).toBe(12);
  expect(numbersOf(recent.after(12, 2))).toEqual([13]);
});

test('numbers that a conflict left unused do not break the sequence', () => {
  const recent = new RecentCommits();
  recent.add(10, 14, [written(inserted('a'), 12)]);
  commits(recent, 15, [inserted('b')]);
  expect(numbersOf(recent.after(10, 10))).toEqual([12, 15]);
});

test('a commit whose writer does not know what was before is left to the table', () => {
  const recent = new RecentCommits();
  const { before: _, ...write } = updated('a');
  commits(recent, 11, [write]);
  expect(recent.after(10, 10)).toBeUndefined();
});

test('a change of a hidden issue is nobody’s news', () => {
  const recent = new RecentCommits();
  const { issue, ...write } = updated('a');
  recent.add(10, 12, [written({ ...write, issue: { ...issue, hiddenAt: NOW } }, 11), written(inserted('b'), 12)]);
  expect(numbersOf(recent.after(10, 10))).toEqual([12]);
});

test('memory is bounded: the oldest commits are forgotten and read from the table', () => {
  const recent = new RecentCommits();
  commits(
    recent,
    1,
    Array.from({ length: 1_001 }, () => inserted('a')),
  );
  expect(recent.after(0, 10)).toBeUndefined();
  expect(numbersOf(recent.after(1, 2))).toEqual([2, 3]);
});

test('the logs of other resources learn how far nothing can be theirs, and never across what somebody else wrote', () => {
  const recent = new RecentCommits();
  expect(recent.quietAfter(0)).toBeUndefined();
  commits(recent, 11, [inserted('a'), inserted('b')]);
  expect([9, 10, 11, 12].map((after) => recent.quietAfter(after))).toEqual([undefined, 12, 12, undefined]);
  // 13 was somebody else's, or of another resource.
  commits(recent, 14, [inserted('c')]);
  expect([10, 12, 13].map((after) => recent.quietAfter(after))).toEqual([undefined, undefined, 14]);
  // Told late.
  recent.add(12, 13, []);
  expect(recent.quietAfter(12)).toBe(14);
  recent.clear();
  expect(recent.quietAfter(13)).toBeUndefined();
});
