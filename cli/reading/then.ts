import type { Issue } from '../../crds/issue.ts';
import type { IssueEvidenceStatus } from '../../crds/issue-evidence.ts';
import type { IssueTimelineStatus } from '../../crds/issue-timeline.ts';
import { oneLine } from '../../crds/text.ts';
import { momentOf } from '../commands/reading.ts';
import { Failure } from '../exit.ts';

/** How something was that the server keeps with its times. All moments in ms since 1970. */

/** The end of what `--as-of` asks for: a moment is a whole second unless it has a fraction (docs/history.md). */
export function endOfMoment(asOf: string, now: number): number {
  const at = momentOf(asOf, now) ?? now;
  return at % 1_000 === 0 ? at + 999 : at;
}

/** What had happened by then. */
export function timelineThen({ complete, events }: IssueTimelineStatus, end: number): IssueTimelineStatus {
  return { complete, events: events.filter(({ at }) => Date.parse(at) <= end) };
}

/** Whether what was recorded shows the issue as it was: stored by then, or of the object that showed the issue then. */
export function showsThen({ recordedAt, observed }: IssueEvidenceStatus, { status }: Issue, end: number): boolean {
  if (Date.parse(recordedAt) <= end) return true;
  const then = status.observed;
  return observed !== undefined && then !== undefined && observed.kind === then.kind && observed.uid === then.uid;
}

/** Throws a Failure of one line when what was recorded is of another time. */
export function requireThen(recorded: IssueEvidenceStatus, issue: Issue, end: number): void {
  if (showsThen(recorded, issue, end)) return;
  const at = oneLine(recorded.recordedAt, 64);
  throw new Failure(`what there is was recorded later, at ${at}: leave out --as-of to see it`);
}
