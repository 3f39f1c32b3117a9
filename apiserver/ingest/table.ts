import type { Cell } from '../../crds/report.ts';
import type { FlappingRule } from '../store/flapping.ts';
import type { IssueWrite, StoredIssue } from '../store/store.ts';
import { closeIssue, confirmIssue, mayReopen, openIssue, rememberHealthy, showAgain } from './issues.ts';
import type { NormalizedFinding, NormalizedReport } from './normalized.ts';

/** Rows 3 to 5, 9 and 10' of the decision table: what a look that is the newest about a key does to that key. Pure. */

export interface Context {
  /** The database clock, µs. */
  readonly now: number;
  readonly namespaceUid: string;
  /** µs; a run that completed before its namespace was created is stale. */
  readonly namespaceCreatedAt?: number | undefined;
  /** µs; a run that completed longer ago is stale unless a run's watermark is there to compare with. Infinity: never. */
  readonly retention: number;
  /** When an issue that opens again flaps; absent: never. */
  readonly flapping?: FlappingRule | undefined;
  /** A new random UUID, for ids and uids. */
  readonly newId: () => string;
}

export type Column = 'A' | 'B' | 'C';

/** What was observed about one key. Rows 4 and 5 observed its absence: healthy, or the subject is gone. */
export type Seen =
  | { readonly row: 3; readonly finding: NormalizedFinding }
  | { readonly row: 4 | 5; readonly finding?: undefined };

export interface Outcome {
  readonly cell: Cell;
  readonly write?: IssueWrite;
}

export function columnOf(issue: StoredIssue | undefined): Column {
  if (!issue) return 'A';
  return issue.state === 'Active' ? 'B' : 'C';
}

export function settle(
  issue: StoredIssue | undefined,
  seen: Seen,
  report: NormalizedReport,
  context: Context,
): Outcome {
  if (seen.row === 3) return found(issue, seen.finding, report, context);
  return absent(issue, seen.row, report, context);
}

function found(
  issue: StoredIssue | undefined,
  finding: NormalizedFinding,
  report: NormalizedReport,
  context: Context,
): Outcome {
  const { now } = context;
  // Row 9: whatever failed is over already. It never opens, and what it would have confirmed ends with it.
  const over = report.expiresAt !== undefined && report.expiresAt <= now;
  if (!issue) {
    return over ? { cell: '4A' } : { cell: '3A', write: openIssue(finding, report, context) };
  }
  const cell = `3${issue.state === 'Active' ? 'B' : 'C'}` as const;
  switch (cell) {
    case '3B':
      if (over) return { cell: '9B', write: closeIssue(issue, { at: report.expiresAt, now, reason: 'Expired' }) };
      // Identical finding and identical observed object: the watermark only. What a namespace of the same name left
      // behind belongs to this one from now on, or it would go with the old one.
      if (issue.contentHash === finding.contentHash && issue.namespaceUid === context.namespaceUid) return { cell };
      return { cell, write: confirmIssue(issue, finding, report, context) };
    case '3C':
      if (over) return { cell: '4C' };
      if (!mayReopen(issue, finding, report)) return { cell: "10'C" };
      return { cell, write: showAgain(issue, finding, report, context) };
  }
}

function absent(issue: StoredIssue | undefined, row: 4 | 5, report: NormalizedReport, { now }: Context): Outcome {
  const cell = `${row}${columnOf(issue)}` as const;
  // 4A, 5A: the watermark is all that stays.
  if (!issue) return { cell };
  switch (cell) {
    case '4B':
      return { cell, write: closeIssue(issue, { report, now, reason: 'Recovered' }) };
    case '5B':
      return { cell, write: closeIssue(issue, { report, now, reason: 'SubjectDeleted' }) };
    default: {
      // 4C, 5C: the watermark only, but a person's resolve remembers that it was healthy since.
      const write = rememberHealthy(issue, report, now);
      return write ? { cell, write } : { cell };
    }
  }
}
