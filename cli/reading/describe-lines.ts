import { humanDuration } from '../../crds/duration.ts';
import type { Issue } from '../../crds/issue.ts';
import type { IssueEvidenceStatus } from '../../crds/issue-evidence.ts';
import type { IssueEvent, IssueTimelineStatus } from '../../crds/issue-timeline.ts';
import { oneLine } from '../../crds/text.ts';
import { evidenceLines } from '../actions/evidence-lines.ts';
import { facts, INDENT, MAX_LINE, rows, section, textLines } from './lines.ts';
import type { RelatedIssue, Relatives } from './relatives-then.ts';

/** What could be had of something, or why it could not. */
export type Part<T> = { readonly value: T; readonly missing?: undefined } | { readonly missing: string };

export interface Described {
  readonly issue: Issue;
  readonly asOf: string | undefined;
  readonly evidence?: Part<IssueEvidenceStatus>;
  readonly timeline?: Part<IssueTimelineStatus>;
  readonly relatives?: Part<Relatives>;
  /** Whom it belongs to, the outermost first. */
  readonly owners?: readonly string[] | undefined;
  /** Undefined: they may not be listed. */
  readonly others?: Others | undefined;
}

interface Others {
  readonly owner: string;
  readonly issues: readonly Issue[];
  /** So many are not among them. */
  readonly more: number;
  /** More than that, nobody counted how many. */
  readonly isCut?: boolean;
}

/**
 * For people. Nothing in it is executed by a terminal, whoever the server is. `now`: ms since 1970; `room`: cells of a line,
 * for the lists of other issues; texts and links are whole.
 */
export function descriptionLines(described: Described, now: number, room = Number.POSITIVE_INFINITY): string[] {
  const { issue, asOf, evidence, timeline, relatives, owners, others } = described;
  const { spec } = issue;
  return [
    oneLine(spec.title, MAX_LINE),
    ...(asOf === undefined
      ? []
      : [`As it was at ${oneLine(issue.metadata.annotations?.['faultline.dev/as-of'] ?? asOf, 64)}`]),
    '',
    ...facts([...factsOf(issue, now), ['Owners', owners && owners.length > 1 ? owners.join(' > ') : undefined]]),
    ...section('Why', spec.description === undefined ? [] : textLines(spec.description)),
    ...section('What to do', [
      ...(spec.remediation === undefined ? [] : textLines(spec.remediation.text)),
      ...(spec.remediation?.url === undefined ? [] : [oneLine(spec.remediation.url, MAX_LINE)]),
    ]),
    ...section('Links', rows((spec.links ?? []).map(({ rel, title, url }) => [rel, url, title]))),
    ...partSection('Evidence', evidence, evidenceLines),
    ...partSection('Timeline', timeline, timelineLines),
    ...partSection('Related', relatives, relativeLines),
    ...(others === undefined
      ? []
      : section(`Also wrong with ${oneLine(others.owner, 300)}`, otherLines(others, now, room))),
  ];
}

function factsOf({ metadata, spec, status }: Issue, now: number): [string, string | undefined][] {
  const ago = (time: string | undefined) =>
    time === undefined ? undefined : `${humanDuration(now - Date.parse(time))} ago (${time})`;
  const { subject } = spec;
  const { escalated, acknowledged, due, observed } = status;
  return [
    ['Name', metadata.name],
    ['Namespace', metadata.namespace],
    [
      'State',
      status.state === 'Active' ? 'Active' : `Resolved ${ago(status.resolvedAt) ?? ''}: ${status.resolvedReason}`,
    ],
    ['Since', ago(status.openedAt)],
    ['Severity', `${spec.severity}${escalated ? `, raised from ${escalated.from} at ${escalated.at}` : ''}`],
    ['Type', spec.type],
    ['Reason', spec.reason],
    ['Source', spec.source],
    ['Subject', `${subject.kind}/${subject.name}${subject.aspect ? ` ${subject.aspect}` : ''}`],
    ['Observed', observed && `${observed.kind}/${observed.name}`],
    ['Last seen', ago(status.lastSeenAt)],
    ['Seen', `${times(status.occurrences)}, reopened ${times(status.reopened)}`],
    ['Assignee', status.assignee],
    ['Taken note', acknowledged && `by ${acknowledged.by} at ${acknowledged.at}`],
    ['Snoozed', status.snoozedUntil && `until ${status.snoozedUntil}`],
    ['Due', due?.at ?? spec.dueAt],
    ['Group', spec.group],
  ];
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function partSection<T>(title: string, part: Part<T> | undefined, linesOf: (value: T) => readonly string[]): string[] {
  if (part === undefined) return [];
  if (part.missing !== undefined) return ['', `${title}: ${oneLine(part.missing, MAX_LINE)}`];
  return section(title, linesOf(part.value));
}

export function timelineLines({ complete, events }: IssueTimelineStatus): string[] {
  const said = events.map(({ at, event, actor, ...more }) => [
    String(at),
    String(event),
    actor === undefined ? '' : `by ${String(actor)}`,
    detailOf(more),
  ]);
  return [...(complete ? [] : ['What is older than the retention is gone.']), ...rows(said)];
}

function detailOf(more: Partial<IssueEvent>): string {
  const { comment, until, assignee, dueAt, from, to, reason, durationSeconds, issue } = more;
  const words = [
    reason && String(reason),
    typeof durationSeconds === 'number' && `after ${humanDuration(durationSeconds * 1_000)}`,
    from && to && `${String(from)} to ${String(to)}`,
    assignee && `to ${String(assignee)}`,
    until && `until ${String(until)}`,
    dueAt && `due ${String(dueAt)}`,
    issue && `${issue.namespace}/${issue.name}`,
    comment && `"${String(comment)}"`,
  ];
  return words.filter(Boolean).join(' ');
}

function relativeLines({ cause, consequences, related, among }: Relatives): string[] {
  const line = (how: string) => (issue: RelatedIssue) => [how, `${issue.namespace}/${issue.name}`, issue.title ?? ''];
  return [
    ...rows([
      ...(cause === null ? [] : [line('caused by')(cause)]),
      ...consequences.map(line('causes')),
      ...related.map(({ issue }) => line('linked')(issue)),
    ]),
    ...(among === undefined ? [] : [`Causes were looked for among the first ${among} issues; there were more.`]),
  ];
}

function otherLines({ issues, more, isCut }: Others, now: number, room: number): string[] {
  const columns = ['name', 'severity', 'since', 'title'];
  const lines = issues.map(({ metadata, spec, status }) => [
    ...[metadata.name, spec.severity, humanDuration(now - Date.parse(status.openedAt)), spec.title],
  ]);
  return [
    ...rows(lines, { columns, room: room - INDENT }),
    ...(more === 0 ? [] : [`and ${isCut ? 'more than ' : ''}${more} more`]),
  ];
}
