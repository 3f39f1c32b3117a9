import type { IssueSpec, ObservedObject, ResolvedReason } from '../../crds/issue.ts';
import type { Condition } from '../../crds/meta.ts';
import { sameJson } from '../../crds/same-json.ts';
import { formatTime } from '../../crds/time.ts';
import { countReopening, FLAPPING, type FlappingRule } from './flapping.ts';
import {
  type Content,
  type Episode,
  type IssueWrite,
  NOBODY,
  type PastContent,
  type StoredIssue,
  type TimelineLine,
} from './store.ts';
import { withCondition } from './stored-condition.ts';

/**
 * How one stored issue becomes the next: pure, shared by the decision table (`ingest`) and the sweeper. Every function
 * returns a new issue with `changedAt` set to `now`; `change` is set by the commit. All times are µs since 1970.
 *
 * Rules kept here (design.md, below the decision table): an episode never ends before it began and never begins before
 * the previous one ended; `generation` counts changes of the spec; `occurrences` counts distinct observed objects.
 */

/** What a failing observation says about an issue that is stored already. */
export interface Sighting {
  readonly spec: IssueSpec;
  readonly labels: Readonly<Record<string, string>>;
  readonly contentHash: string;
  readonly observed?: ObservedObject | undefined;
  readonly expiresAt?: number | undefined;
  /** When it was seen failing: completedAt or observedAt, else the database clock. `lastSeenAt` never goes back. */
  readonly seenAt: number;
}

/** Row 3B: an Active issue is seen failing again. Its spec may change, its episode goes on. */
export function updateIssue(issue: StoredIssue, sighting: Sighting, now: number): IssueWrite {
  const { escalated, ...rest } = seen(issue, escalatedSighting(issue, sighting));
  const holds = escalated?.from === sighting.spec.severity;
  const next = { ...rest, ...(holds && { escalated }), changedAt: now };
  return { op: 'update', issue: next, ...pastOf(issue, next) };
}

/**
 * What an Active issue said before it became `next`, for history (docs/adr/0010); nothing when it says the same. Links and
 * the observed object are no content: they follow the last run. Every write that changes the spec or the labels of an
 * Active issue carries it.
 */
export function pastOf(issue: StoredIssue, next: StoredIssue): { readonly past?: readonly PastContent[] } {
  if (saysTheSame(issue, next)) return {};
  return { past: [{ ...contentOf(issue), number: issue.reopened + 1, until: next.lastSeenAt }] };
}

function saysTheSame(a: StoredIssue, b: StoredIssue): boolean {
  if (!sameJson(a.labels, b.labels)) return false;
  if (a.generation === b.generation) return true;
  return sameJson({ ...a.spec, links: undefined }, { ...b.spec, links: undefined });
}

/** An escalation holds while the same severity is reported; what else a look says is taken over. */
function escalatedSighting({ escalated, spec: { severity } }: StoredIssue, sighting: Sighting): Sighting {
  return escalated?.from === sighting.spec.severity ? { ...sighting, spec: { ...sighting.spec, severity } } : sighting;
}

/** The issue's content as it was reported: without what age made of its severity (docs/adr/0008). */
export function reportedSpec({ spec, escalated }: Pick<StoredIssue, 'spec' | 'escalated'>): IssueSpec {
  return escalated ? { ...spec, severity: escalated.from } : spec;
}

/** The issue with the severity that was reported; the same object when it is not escalated. */
export function withoutEscalation(issue: StoredIssue): StoredIssue {
  const { escalated, ...rest } = issue;
  return escalated ? { ...rest, spec: reportedSpec(issue), generation: issue.generation + 1 } : issue;
}

/**
 * Row 3C: a Resolved issue fails again. Same row, id and name; a new episode that begins at `at`, but not before the
 * previous one ended, of which nobody has taken note yet and for which nobody has set a date; a snooze lasts until its
 * time. A hidden issue appears as a new object (`reveal`): uid from `newUid`, creationTimestamp `now` and generation 1,
 * because clients have seen the old uid deleted. `flapping`: the rule; without one nothing flaps.
 */
export function reopenIssue(
  issue: StoredIssue,
  sighting: Sighting,
  { at, now, newUid, flapping }: { at: number; now: number; newUid: () => string; flapping?: FlappingRule | undefined },
): IssueWrite {
  const { resolvedAt, hiddenAt, ...before } = seen(withoutEscalation(issue), sighting);
  const { resolvedReason: _reason, manual: _manual, acknowledged: _acknowledged, due: _due, ...rest } = before;
  const again: StoredIssue = {
    ...rest,
    state: 'Active',
    openedAt: Math.max(at, resolvedAt ?? at),
    reopened: issue.reopened + 1,
    changedAt: now,
  };
  const reopened = flapping ? countReopening(again, flapping, now) : again;
  if (hiddenAt === undefined) return { op: 'update', issue: reopened };
  return { op: 'reveal', issue: { ...reopened, uid: newUid(), createdAt: now, generation: 1 } };
}

/**
 * Rows 4, 5, 7, 8, 9, 10: an Active issue is over at `at`, but not before it began. Conditions that only an Active issue
 * can have (SourceAbsent, SubjectConflict) go, and so does what age made of its severity; the closed episode keeps it. For
 * row 10 pass `manual`.
 */
export function resolveIssue(
  issue: StoredIssue,
  { at, now, reason, manual }: { at: number; now: number; reason: ResolvedReason; manual?: StoredIssue['manual'] },
): IssueWrite & { readonly closed: Episode } {
  const { spec, generation } = issue;
  const resolved: StoredIssue = {
    ...withoutEscalation(issue),
    state: 'Resolved',
    resolvedAt: Math.max(at, issue.openedAt),
    resolvedReason: reason,
    conditions: issue.conditions.filter((condition) => condition.type === FLAPPING),
    changedAt: now,
    ...(manual ? { manual } : {}),
  };
  return { op: 'update', issue: resolved, closed: closeEpisode({ ...resolved, spec, generation }) };
}

/** The episode of a Resolved issue, as it goes to `episodes`. Throws when the issue is Active. */
export function closeEpisode(issue: StoredIssue): Episode {
  if (issue.resolvedAt === undefined || issue.resolvedReason === undefined) {
    throw new Error(`issue ${issue.namespace}/${issue.name} is Active: its episode is not over`);
  }
  return {
    number: issue.reopened + 1,
    openedAt: issue.openedAt,
    resolvedAt: issue.resolvedAt,
    reason: issue.resolvedReason,
    uid: issue.uid,
    createdAt: issue.createdAt,
    ...contentOf(issue),
  };
}

function contentOf({ spec, labels, generation, observed, occurrences, lastSeenAt }: StoredIssue): Content {
  return { spec, labels, generation, occurrences, lastSeenAt, ...(observed && { observed }) };
}

/** A Resolved issue leaves the visible set: a DELETED change, the row stays. It flaps no more: nobody would end that. */
export function hideIssue(issue: StoredIssue, now: number): IssueWrite {
  return { op: 'hide', issue: { ...withCondition(issue, FLAPPING, undefined), hiddenAt: now, changedAt: now } };
}

/** A line of Faultline itself when the severity of an Active issue became another in the same episode. */
export function severityLine(before: StoredIssue, after: StoredIssue): TimelineLine | undefined {
  const [from, to] = [before.spec.severity, after.spec.severity];
  const goesOn = before.state === 'Active' && after.state === 'Active' && before.reopened === after.reopened;
  return goesOn && from !== to ? { actor: NOBODY, action: 'severity', detail: { from, to } } : undefined;
}

/**
 * The conditions as served: Active and Resolved from the state, then the stored ones, all with observedGeneration.
 * `kubectl wait --for=condition=Resolved` reads them.
 */
export function conditionsOf(
  issue: Pick<
    StoredIssue,
    'state' | 'spec' | 'openedAt' | 'resolvedAt' | 'resolvedReason' | 'generation' | 'conditions'
  >,
): Condition[] {
  const active = issue.state === 'Active';
  const at = formatTime((active ? issue.openedAt : (issue.resolvedAt ?? issue.openedAt)) / 1_000);
  const reason = active ? issue.spec.reason : (issue.resolvedReason ?? 'Recovered');
  const message = active ? issue.spec.title : '';
  const observedGeneration = issue.generation;
  const status = (is: boolean): Condition['status'] => (is ? 'True' : 'False');
  return [
    { type: 'Active', status: status(active), observedGeneration, lastTransitionTime: at, reason, message },
    { type: 'Resolved', status: status(!active), observedGeneration, lastTransitionTime: at, reason, message },
    ...issue.conditions.map((condition) => ({ ...condition, observedGeneration })),
  ];
}

/** How many distinct objects have shown the issue after `observed` did. An observation without an object adds none. */
export function occurrencesAfter(issue: StoredIssue, observed: ObservedObject | undefined): number {
  if (!observed || (issue.observed && sameObject(issue.observed, observed))) return issue.occurrences;
  return issue.occurrences + 1;
}

function sameObject(a: ObservedObject, b: ObservedObject): boolean {
  // Receivers may not know a uid; then the name is all there is.
  return a.uid && b.uid ? a.uid === b.uid : a.kind === b.kind && a.name === b.name;
}

function seen(issue: StoredIssue, sighting: Sighting): StoredIssue {
  const { observed = issue.observed, expiresAt, seenAt, spec, labels, contentHash } = sighting;
  const { expiresAt: _expired, ...kept } = issue;
  return {
    ...kept,
    spec,
    labels,
    contentHash,
    generation: sameJson(issue.spec, spec) ? issue.generation : issue.generation + 1,
    lastSeenAt: Math.max(issue.lastSeenAt, seenAt),
    occurrences: occurrencesAfter(issue, sighting.observed),
    ...(observed ? { observed } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}
