import type { IssueEvent } from '../../crds/issue-timeline.ts';
import { formatTime } from '../../crds/time.ts';
import { type IssueHistory, NOBODY, type StoredIssue, type TimelineEntry } from '../store/store.ts';

/** All that happened to an issue, in the order of time: episodes, severities, and what people did. Pure. */

/** `others`: those of the linked issues that the caller may get, by id. */
export function eventsOf(
  issue: StoredIssue,
  { episodes, lines }: IssueHistory,
  others: ReadonlyMap<string, Pick<StoredIssue, 'id' | 'namespace' | 'name'>>,
): IssueEvent[] {
  const events: (readonly [number, IssueEvent])[] = [
    ...episodes.flatMap(({ number, openedAt, resolvedAt, reason, spec: { severity, title } }) => [
      beginning(number, openedAt),
      [
        resolvedAt,
        {
          ...{ at: time(resolvedAt), event: 'resolved', episode: number, reason, severity, title },
          durationSeconds: Math.round((resolvedAt - openedAt) / 1_000_000),
        },
      ] as const,
    ]),
    ...(issue.state === 'Active' ? [beginning(issue.reopened + 1, issue.openedAt)] : []),
    ...lines.map((line) => [line.at, lineEvent(line, others)] as const),
  ];
  // Stable: what a person did comes after the episode that it ended at the same time.
  return events.sort(([a], [b]) => a - b).map(([, event]) => event);
}

/** Whether nothing of its past is forgotten: every episode is there that the issue counts. */
export function isComplete({ state, reopened }: StoredIssue, { episodes }: IssueHistory): boolean {
  return episodes.length === reopened + (state === 'Active' ? 0 : 1);
}

function beginning(number: number, at: number): readonly [number, IssueEvent] {
  return [at, { at: time(at), event: number === 1 ? 'opened' : 'reopened', episode: number }];
}

function lineEvent(
  { at, actor, action, comment, auditId, until, detail = {} }: TimelineEntry,
  others: Parameters<typeof eventsOf>[2],
): IssueEvent {
  const { other: otherId, ...more } = detail;
  const other = otherId === undefined ? undefined : others.get(otherId);
  return {
    ...{ at: time(at), event: action },
    ...(actor !== NOBODY && { actor }),
    ...(comment !== undefined && { comment }),
    ...(auditId !== undefined && { auditId }),
    ...(until !== undefined && { until: time(until) }),
    ...more,
    ...(other && { issue: { id: other.id, namespace: other.namespace, name: other.name } }),
  };
}

function time(micros: number): string {
  return formatTime(micros / 1_000);
}
