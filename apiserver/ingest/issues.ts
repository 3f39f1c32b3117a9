import { fingerprint, issueName } from '../../crds/identity.ts';
import type { ResolvedReason } from '../../crds/issue.ts';
import type { IssueWrite, StoredIssue } from '../store/store.ts';
import { reopenIssue, reportedSpec, resolveIssue, type Sighting, updateIssue } from '../store/transitions.ts';
import { manualHashOf } from './normalize.ts';
import type { NormalizedFinding, NormalizedReport } from './normalized.ts';
import type { Context } from './table.ts';

/**
 * What the cells of the decision table do to one issue, on top of the transitions that the store shares with its
 * sweeper. Content (spec, labels, observed object, expiry) always becomes exactly what the newest look said, so that
 * it does not depend on the looks before.
 */

/** 3A: the issue's first episode. Its name is a proposal: the store makes it longer when it is taken. */
export function openIssue(finding: NormalizedFinding, report: NormalizedReport, context: Context): IssueWrite {
  const { ref, observed, expiresAt } = report;
  const { now } = context;
  const print = fingerprint(ref.namespace, ref.source, ref.subject, finding.key);
  const at = momentOf(report, now);
  const issue: StoredIssue = {
    id: context.newId(),
    namespace: ref.namespace,
    namespaceUid: context.namespaceUid,
    fingerprint: print.toString('hex'),
    name: issueName(ref.subject, print),
    uid: context.newId(),
    generation: 1,
    createdAt: now,
    labels: finding.labels,
    spec: finding.spec,
    state: 'Active',
    openedAt: at,
    firstSeenAt: at,
    lastSeenAt: Math.max(at, seenAt(report, now)),
    occurrences: 1,
    reopened: 0,
    ...(observed ? { observed } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    contentHash: finding.contentHash,
    conditions: [],
    changedAt: now,
    change: 0,
  };
  return { op: 'insert', issue };
}

/** 3B: what changed. */
export function confirmIssue(
  issue: StoredIssue,
  finding: NormalizedFinding,
  report: NormalizedReport,
  { now, namespaceUid }: Context,
): IssueWrite {
  return observedAsReported(updateIssue({ ...issue, namespaceUid }, sighting(finding, report, now), now), report);
}

/** 3C: a new episode of the same row. */
export function showAgain(
  issue: StoredIssue,
  finding: NormalizedFinding,
  report: NormalizedReport,
  { now, newId, namespaceUid, flapping }: Context,
): IssueWrite {
  const at = momentOf(report, now);
  const here = { ...issue, namespaceUid };
  const how = { at, now, newUid: newId, flapping };
  return observedAsReported(reopenIssue(here, sighting(finding, report, now), how), report);
}

/** 4B, 5B, 9B: the episode is over, at the moment of the report or at a given time. */
export function closeIssue(
  issue: StoredIssue,
  how: { readonly now: number; readonly reason: ResolvedReason } & (
    | { readonly report: NormalizedReport }
    | { readonly at: number }
  ),
): IssueWrite {
  const { now, reason } = how;
  const at = 'report' in how ? momentOf(how.report, now) : Math.min(how.at, now);
  return resolveIssue(issue, { at, now, reason });
}

/** 10B: a person resolves. The time and what they saw are remembered for row 10'. */
export function resolveByHand(
  issue: StoredIssue,
  { now, ...timeline }: { now: number; actor: string; comment?: string; auditId?: string },
): IssueWrite {
  const manual = { at: now, hash: manualHashOf(reportedSpec(issue)) };
  const write = resolveIssue(issue, { at: now, now, reason: 'Manual', manual });
  return { ...write, timeline: { ...timeline, action: 'resolve' } };
}

/** Row 10': whether a failing look may reopen what a person resolved. Always true for what healed by itself. */
export function mayReopen(issue: StoredIssue, finding: NormalizedFinding, report: NormalizedReport): boolean {
  const { manual } = issue;
  if (!manual) return true;
  const { order } = report;
  switch (order.class) {
    case 'run':
      // A run without completion time is taken at its word about its creation: it cannot have completed before.
      return (order.completedAt ?? order.createdAt ?? 0) > manual.at;
    case 'state':
      return manual.healthySince === true || manual.hash !== manualHashOf(finding.spec);
    case 'received':
      return true;
  }
}

/** 4C and 5C of class state after a manual resolve: it was healthy in between, so the next failure reopens (row 10'). */
export function rememberHealthy(issue: StoredIssue, report: NormalizedReport, now: number): IssueWrite | undefined {
  const { manual } = issue;
  if (report.order.class !== 'state' || !manual || manual.healthySince) return undefined;
  return { op: 'update', issue: { ...issue, manual: { ...manual, healthySince: true }, changedAt: now } };
}

/**
 * When it began or ended: for runs completedAt, else observedAt, else the database clock; never a creationTimestamp,
 * never in the future.
 */
function momentOf(report: NormalizedReport, now: number): number {
  const completedAt = report.order.class === 'run' ? report.order.completedAt : undefined;
  return Math.min(completedAt ?? report.observedAt ?? now, now);
}

/** A finished run was seen failing when it completed; a state is seen failing now, whenever that began. */
function seenAt(report: NormalizedReport, now: number): number {
  return report.order.class === 'run' ? momentOf(report, now) : now;
}

function sighting(finding: NormalizedFinding, report: NormalizedReport, now: number): Sighting {
  const { spec, labels, contentHash } = finding;
  const { observed, expiresAt } = report;
  return { spec, labels, contentHash, observed, expiresAt, seenAt: seenAt(report, now) };
}

/** A look that names no observed object must not keep the one of an older look: order would show. */
function observedAsReported(write: IssueWrite, report: NormalizedReport): IssueWrite {
  if (report.observed) return write;
  const { observed: _older, ...issue } = write.issue;
  return { ...write, issue };
}
