import type { IssueSpec, ObservedObject, ResolvedReason } from '../../crds/issue.ts';
import type { Database } from './database.ts';
import { micros } from './issue-row.ts';
import { type Episode, NOBODY, type TimelineDetail, type TimelineEntry } from './store.ts';

/** Nobody reads more, and nothing but retention bounds how often somebody acts on an issue. */
const MAX_LINES = 1_000;

interface Row {
  at: number;
  actor: string;
  action: string;
  comment: string | null;
  audit_id: string | null;
  until: number | null;
  detail: TimelineDetail | null;
}

/** See `Store.timeline` (`people`) and `Store.history` (`all`). */
export async function readTimeline(
  database: Database,
  issueId: string,
  whose: 'people' | 'all',
): Promise<TimelineEntry[]> {
  const rows = await database.query<Row>(
    `SELECT ${micros('t.at')} AS at, t.actor, t.action, t.comment, t.audit_id, ${micros('t.until')} AS until, t.detail
     FROM timeline t WHERE t.issue_id = $1 ${whose === 'people' ? `AND t.actor <> '${NOBODY}'` : ''}
     ORDER BY t.at DESC, t.id DESC LIMIT ${MAX_LINES}`,
    [issueId],
  );
  return rows.toReversed().map(({ at, actor, action, comment, audit_id: auditId, until, detail }) => ({
    ...{ at, actor, action },
    ...(comment !== null && { comment }),
    ...(auditId !== null && { auditId }),
    ...(until !== null && { until }),
    ...(detail !== null && { detail }),
  }));
}

interface EpisodeRow {
  number: number;
  opened_at: number;
  resolved_at: number;
  reason: ResolvedReason;
  spec: IssueSpec;
  uid: string;
  created_at: number;
  generation: number;
  labels: Record<string, string>;
  observed: ObservedObject | null;
  occurrences: number;
  last_seen_at: number;
}

/** The closed episodes of an issue, oldest first; see `Store.history`. */
export async function readEpisodes(database: Database, issueId: string): Promise<Episode[]> {
  const rows = await database.query<EpisodeRow>(
    `SELECT e.number, ${micros('e.opened_at')} AS opened_at, ${micros('e.resolved_at')} AS resolved_at, e.reason, e.spec,
       e.uid, ${micros('e.created_at')} AS created_at, e.generation, e.labels, e.observed, e.occurrences,
       ${micros('e.last_seen_at')} AS last_seen_at
     FROM episodes e WHERE e.issue_id = $1 ORDER BY e.number DESC LIMIT ${MAX_LINES}`,
    [issueId],
  );
  return rows
    .toReversed()
    .map(
      ({
        opened_at: openedAt,
        resolved_at: resolvedAt,
        created_at: createdAt,
        last_seen_at: lastSeenAt,
        observed,
        ...row
      }) => ({
        ...{ ...row, openedAt, resolvedAt, createdAt, lastSeenAt },
        ...(observed && { observed }),
      }),
    );
}
