import { MAX_SNOOZE, MAX_SNOOZE_MS } from '../../crds/issue-snooze.ts';
import { DNS_SUBDOMAIN } from '../../crds/names.ts';
import { multiLine, oneLine } from '../../crds/text.ts';
import { formatTime } from '../../crds/time.ts';
import {
  type IssueWrite,
  type Store,
  type StoredIssue,
  StoreUnavailable,
  type SubjectState,
  type SubjectWrite,
  type TimelineEntry,
  type TimelineLine,
} from '../store/store.ts';
import { resolveByHand } from './issues.ts';
import { refOf } from './normalize.ts';
import type { Namespaces } from './ports.ts';

/**
 * What people do to issues, outside of any report: row 10 of the decision table, and what leaves the state alone. The
 * change and its line in the timeline are one transaction, on condition that nobody wrote the subject meanwhile; who
 * lost such a race decides again, so that nobody's line is lost, whichever replica they asked.
 */
export interface IssueAction {
  readonly namespace: string;
  readonly name: string;
  /** Who, as the API server knows them. Their right was checked before. */
  readonly actor: string;
  readonly comment?: string;
  readonly auditId?: string;
  readonly what: Deed;
  /** Called with what is stored right before it is written; what it throws refuses the action. */
  readonly expect?: (issue: StoredIssue) => void;
  /** Answer what would be and write nothing. */
  readonly dryRun?: boolean;
}

/** Times in µs. */
export type Deed =
  | { readonly action: 'resolve' }
  | { readonly action: 'acknowledge' }
  | { readonly action: 'snooze'; readonly until: number }
  | { readonly action: 'snooze'; readonly duration: number };

/** Why an action cannot be done to this issue now. Nothing was written. */
export class ActionRefused extends Error {
  override readonly name = 'ActionRefused';
  readonly reason: RefusedReason;

  constructor(reason: RefusedReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** `time`: the end of a snooze is not one. */
export type RefusedReason = 'no namespace' | 'namespace terminating' | 'no issue' | 'not active' | 'time';

const MAX_TRIES = 20;
/** Within so many µs, and a tenth of its duration, a snooze was sent twice: kube-apiserver gives up after a minute. */
const SENT_TWICE = 60_000_000;
const MAX_ACTOR = 1_024;
const MAX_COMMENT_BYTES = 4_096;

/**
 * The issue as it is afterwards; the same when there was nothing to do. Rejects with ActionRefused, with what `expect`
 * throws, and with StoreUnavailable or NamespacesUnavailable.
 */
export async function act(store: Store, namespaces: Namespaces, given: IssueAction): Promise<StoredIssue> {
  const action = harmless(given);
  const { namespace, name } = action;
  await requireNamespace(namespaces, namespace);
  // What is no name would not even be text to the database.
  const found = DNS_SUBDOMAIN.test(name) ? await store.issue(namespace, name) : undefined;
  if (!found) throw missing(action);
  const { source, subject, key } = found.spec;
  for (let tried = 0; tried < MAX_TRIES; tried++) {
    const { now, subjects } = await store.readSubjects([refOf(namespace, source, subject)]);
    const [state] = subjects;
    const issue = state?.issues.get(key);
    if (!state || !issue || issue.hiddenAt !== undefined) throw missing(action);
    action.expect?.(issue);
    const write = deedTo(issue, action, now);
    if (action.dryRun) return write?.issue ?? issue;
    const more = write ? { issues: [write] } : await remarkOn(store, issue, action);
    if (!more) return issue;
    const { outcomes, lastChange } = await store.commit([conditionally(state, more)]);
    if (outcomes[0] === 'committed') return write ? { ...write.issue, change: lastChange } : issue;
  }
  throw new StoreUnavailable(`issue ${namespace}/${name} changes too often: try again`);
}

/** Names and words end in somebody's terminal. */
function harmless({ comment = '', ...action }: IssueAction): IssueAction {
  const words = multiLine(comment, MAX_COMMENT_BYTES);
  return { ...action, actor: oneLine(action.actor, MAX_ACTOR), ...(words !== '' && { comment: words }) };
}

/** What the action makes of the issue; undefined when it is so already. Throws ActionRefused. */
export function deedTo(issue: StoredIssue, action: IssueAction, now: number): IssueWrite | undefined {
  const { what } = action;
  switch (what.action) {
    case 'resolve':
      return issue.state === 'Active' ? resolveByHand(issue, { now, ...wordsOf(action) }) : undefined;
    case 'acknowledge':
      requireActive(issue, 'acknowledge');
      if (issue.acknowledged?.by === action.actor) return undefined;
      return changed(issue, { acknowledged: { by: action.actor, at: timeText(now) } }, lineOf(action), now);
    case 'snooze': {
      requireActive(issue, 'snooze');
      const until = endOf(what, now);
      if (isSnoozedUntil(issue, what, until)) return undefined;
      return changed(issue, { snoozedUntil: timeText(until) }, lineOf(action, until), now);
    }
  }
}

/**
 * Whether the line of an action that changes nothing is news: somebody else's, or other words than this person's last
 * ones about this episode. What was only sent twice is not. A bare "resolve" of what was over by itself says nothing.
 */
export function isNews(
  issue: StoredIssue,
  { actor, comment, what: { action } }: IssueAction,
  timeline: readonly TimelineEntry[],
): boolean {
  const last = timeline.findLast((line) => line.actor === actor && line.action === action && line.at >= issue.openedAt);
  if (last) return comment !== undefined && comment !== last.comment;
  return comment !== undefined || issue.state === 'Active' || issue.resolvedReason === 'Manual';
}

async function remarkOn(
  store: Store,
  issue: StoredIssue,
  action: IssueAction,
): Promise<Pick<SubjectWrite, 'issues' | 'remarks'> | undefined> {
  if (!isNews(issue, action, await store.timeline(issue.id))) return undefined;
  const until = action.what.action === 'snooze' ? endMicros(issue) : undefined;
  return { issues: [], remarks: [{ issueId: issue.id, ...lineOf(action, until) }] };
}

function conditionally(state: SubjectState, more: Pick<SubjectWrite, 'issues' | 'remarks'>): SubjectWrite {
  return {
    ref: state.ref,
    expectedVersion: state.version,
    expectedEveryAspectVersion: state.everyAspectVersion,
    watermarks: new Map([['', state.watermarks.get('')]]),
    ...more,
  };
}

function changed(issue: StoredIssue, change: Partial<StoredIssue>, timeline: TimelineLine, now: number): IssueWrite {
  return { op: 'update', issue: { ...issue, ...change, changedAt: now }, timeline };
}

function wordsOf({ actor, comment, auditId }: IssueAction): Omit<TimelineLine, 'action'> {
  return { actor, ...(comment !== undefined && { comment }), ...(auditId !== undefined && { auditId }) };
}

function lineOf(action: IssueAction, until?: number): TimelineLine {
  return { ...wordsOf(action), action: action.what.action, ...(until !== undefined && { until }) };
}

/** In whole seconds, as it is shown; never earlier than what was asked for. */
function endOf(what: Deed & { action: 'snooze' }, now: number): number {
  const until = Math.ceil(('until' in what ? what.until : now + what.duration) / 1_000_000) * 1_000_000;
  if ('until' in what && what.until <= now) {
    throw new ActionRefused('time', `must be in the future: it is ${timeText(now)}`);
  }
  if (until > now + (MAX_SNOOZE_MS + 1_000) * 1_000) {
    throw new ActionRefused('time', `must be at most ${MAX_SNOOZE} ahead: it is ${timeText(now)}`);
  }
  return until;
}

function isSnoozedUntil(issue: StoredIssue, what: Deed & { action: 'snooze' }, until: number): boolean {
  const current = endMicros(issue);
  if (current === undefined) return false;
  if (!('duration' in what)) return current === until;
  return Math.abs(current - until) < Math.min(SENT_TWICE, what.duration / 10);
}

function endMicros({ snoozedUntil }: StoredIssue): number | undefined {
  return snoozedUntil === undefined ? undefined : Date.parse(snoozedUntil) * 1_000;
}

function timeText(micros: number): string {
  return formatTime(micros / 1_000);
}

function requireActive(issue: StoredIssue, action: string): void {
  if (issue.state === 'Active') return;
  throw new ActionRefused('not active', `it is Resolved (${issue.resolvedReason}): there is nothing to ${action}`);
}

/** kube-apiserver admits nothing for aggregated resources: a namespace that goes takes nothing more (S6, decision 11). */
async function requireNamespace(namespaces: Namespaces, name: string): Promise<void> {
  const known = await namespaces.resolve(name);
  if (known === 'missing') throw new ActionRefused('no namespace', `namespace ${name} not found`);
  if (known === 'terminating') {
    throw new ActionRefused('namespace terminating', `namespace ${name} is being terminated`);
  }
}

function missing({ namespace, name }: IssueAction): ActionRefused {
  return new ActionRefused('no issue', `issue ${namespace}/${name} not found`);
}
