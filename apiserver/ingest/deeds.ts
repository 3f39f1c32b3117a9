import { MAX_DUE, MAX_DUE_MS } from '../../crds/issue-due-date.ts';
import { MAX_SNOOZE, MAX_SNOOZE_MS } from '../../crds/issue-snooze.ts';
import { formatTime } from '../../crds/time.ts';
import type { IssueWrite, StoredIssue, TimelineDetail, TimelineEntry, TimelineLine } from '../store/store.ts';
import { hideIssue } from '../store/transitions.ts';
import { resolveByHand } from './issues.ts';

/** What each action makes of an issue, and which line it leaves: pure. `act` (actions.ts) reads and writes. */

/** Times in µs. `assignee` undefined: nobody. */
export type Deed =
  | { readonly action: 'resolve' }
  /** Resolves it and takes it out of the visible set at once; its row and name stay, and a newer failure shows it again. */
  | { readonly action: 'delete' }
  | { readonly action: 'acknowledge' }
  | { readonly action: 'comment' }
  | { readonly action: 'assign'; readonly assignee: string | undefined }
  | ({ readonly action: 'snooze' } & Ahead)
  | ({ readonly action: 'due' } & (Ahead | { readonly clear: true }));

/** A moment in the future. */
type Ahead = { readonly until: number } | { readonly duration: number };

/** A deed of somebody. */
export interface Done {
  readonly actor: string;
  readonly comment?: string;
  readonly auditId?: string;
  readonly what: Deed;
}

/** Why an action cannot be done to this issue now. Nothing was written. */
export class ActionRefused extends Error {
  override readonly name = 'ActionRefused';
  readonly reason: RefusedReason;

  constructor(reason: RefusedReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** `time`: the end of a snooze, or a due date, is none. */
export type RefusedReason = 'no namespace' | 'namespace terminating' | 'no issue' | 'not active' | 'time';

/** Within so many µs, and a tenth of its duration, something was sent twice: kube-apiserver gives up after a minute. */
const SENT_TWICE = 60_000_000;
const LIMITS = {
  snooze: { ms: MAX_SNOOZE_MS, text: MAX_SNOOZE },
  due: { ms: MAX_DUE_MS, text: MAX_DUE },
} as const;

/** What the action makes of the issue; undefined when it is so already. Throws ActionRefused. */
export function deedTo(issue: StoredIssue, done: Done, now: number): IssueWrite | undefined {
  const { what, actor } = done;
  switch (what.action) {
    case 'resolve':
      return issue.state === 'Active' ? resolveByHand(issue, { now, ...wordsOf(done) }) : undefined;
    case 'delete':
      return deletion(issue, done, now);
    case 'acknowledge':
      requireActive(issue, 'acknowledge');
      if (issue.acknowledged?.by === actor) return undefined;
      return changed(issue, { acknowledged: { by: actor, at: timeText(now) } }, lineOf(done), now);
    case 'comment':
      return undefined;
    case 'assign':
      return assign(issue, what.assignee, done, now);
    case 'snooze': {
      requireActive(issue, 'snooze');
      const until = momentOf('snooze', what, now);
      if (isAt(issue.snoozedUntil, what, until)) return undefined;
      return changed(issue, { snoozedUntil: timeText(until) }, lineOf(done, { until }), now);
    }
    case 'due':
      requireActive(issue, 'give a due date to');
      return 'clear' in what ? clearDue(issue, done, now) : setDue(issue, momentOf('due', what, now), done, now);
    default:
      throw new Error(`no such action: ${what satisfies never}`);
  }
}

/** Undefined when it is hidden already: then the line alone says that somebody deleted it. */
function deletion(issue: StoredIssue, done: Done, now: number): IssueWrite | undefined {
  if (issue.hiddenAt !== undefined) return undefined;
  const timeline = lineOf(done);
  if (issue.state === 'Resolved') return { ...hideIssue(issue, now), timeline };
  const resolved = resolveByHand(issue, { now, ...wordsOf(done) });
  return { ...resolved, ...hideIssue(resolved.issue, now), timeline };
}

/** Of a Resolved issue too: whoever it is assigned to has it when it opens again. */
function assign(issue: StoredIssue, assignee: string | undefined, done: Done, now: number): IssueWrite | undefined {
  if (issue.assignee === assignee) return undefined;
  const { assignee: _before, ...rest } = issue;
  const detail = assignee === undefined ? {} : { assignee };
  return changed({ ...rest, ...detail }, {}, lineOf(done, { detail }), now);
}

function setDue(issue: StoredIssue, moment: number, done: Done, now: number): IssueWrite | undefined {
  const { what, actor } = done;
  if (isAt(issue.due?.at, what, moment)) return undefined;
  const at = timeText(moment);
  return changed(issue, { due: { by: actor, at } }, lineOf(done, { detail: { dueAt: at } }), now);
}

function clearDue({ due, ...rest }: StoredIssue, done: Done, now: number): IssueWrite | undefined {
  return due && changed(rest, {}, lineOf(done, { detail: {} }), now);
}

/**
 * Whether the line of an action that changes nothing is news: somebody else's, or other words than this person's last
 * ones about this episode. What was only sent twice is not. A comment is news unless the same words came a minute ago; a
 * bare "resolve" of what was over by itself, or taking away what is not there, says nothing.
 */
export function isNews(issue: StoredIssue, done: Done, timeline: readonly TimelineEntry[], now: number): boolean {
  const { actor, comment, what } = done;
  const { action } = what;
  const since = action === 'comment' ? now - SENT_TWICE : issue.openedAt;
  const mine = timeline.filter((line) => line.actor === actor && line.action === action && line.at >= since);
  if (action === 'comment') return !mine.some((line) => line.comment === comment);
  const last = mine.at(-1);
  if (last) return comment !== undefined && comment !== last.comment;
  return comment !== undefined || !isBare(issue, what);
}

function isBare(issue: StoredIssue, what: Deed): boolean {
  if (what.action === 'resolve') return issue.state === 'Resolved' && issue.resolvedReason !== 'Manual';
  return (what.action === 'assign' && what.assignee === undefined) || 'clear' in what;
}

/** The line that an action leaves which changes nothing: what it says is what the issue shows. */
export function remarkOf(issue: StoredIssue, done: Done): TimelineLine {
  const { what } = done;
  const until = what.action === 'snooze' ? microsOf(issue.snoozedUntil) : undefined;
  const detail = detailOf(issue, what);
  return lineOf(done, { ...(until !== undefined && { until }), ...(detail && { detail }) });
}

function detailOf({ assignee, due }: StoredIssue, { action }: Deed): TimelineDetail | undefined {
  if (action === 'assign') return assignee === undefined ? {} : { assignee };
  if (action === 'due') return due ? { dueAt: due.at } : {};
  return undefined;
}

function changed(issue: StoredIssue, change: Partial<StoredIssue>, timeline: TimelineLine, now: number): IssueWrite {
  return { op: 'update', issue: { ...issue, ...change, changedAt: now }, timeline };
}

function wordsOf({ actor, comment, auditId }: Done): Omit<TimelineLine, 'action'> {
  return { actor, ...(comment !== undefined && { comment }), ...(auditId !== undefined && { auditId }) };
}

function lineOf(done: Done, more: Pick<TimelineLine, 'until' | 'detail'> = {}): TimelineLine {
  return { ...wordsOf(done), action: done.what.action, ...more };
}

/** In whole seconds, as it is shown; never earlier than what was asked for. */
function momentOf(action: keyof typeof LIMITS, what: Ahead, now: number): number {
  const { ms, text } = LIMITS[action];
  const until = Math.ceil(('until' in what ? what.until : now + what.duration) / 1_000_000) * 1_000_000;
  if ('until' in what && what.until <= now) {
    throw new ActionRefused('time', `must be in the future: it is ${timeText(now)}`);
  }
  if (until > now + (ms + 1_000) * 1_000) {
    throw new ActionRefused('time', `must be at most ${text} ahead: it is ${timeText(now)}`);
  }
  return until;
}

function isAt(current: string | undefined, what: Deed, moment: number): boolean {
  const stored = microsOf(current);
  if (stored === undefined) return false;
  if (!('duration' in what)) return stored === moment;
  return Math.abs(stored - moment) < Math.min(SENT_TWICE, what.duration / 10);
}

function microsOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time) * 1_000;
}

function timeText(micros: number): string {
  return formatTime(micros / 1_000);
}

function requireActive(issue: StoredIssue, action: string): void {
  if (issue.state === 'Active') return;
  throw new ActionRefused('not active', `it is Resolved (${issue.resolvedReason}): there is nothing to ${action}`);
}
