import type { IssueSpec, ObservedObject, ResolvedReason } from '../../crds/issue.ts';
import type { Database } from './database.ts';
import { ISSUE_SELECT, type IssueRow, micros, storedIssue, timestamp } from './issue-row.ts';
import type { PastQuery } from './past.ts';
import type { StoredIssue } from './store.ts';

/**
 * The current episode of an Active issue is its row; every other is in `episodes`. An issue's episodes follow each other,
 * so of those that touch the window before the moment the last is the one to show.
 *
 * $1 before, $2 where the window begins, $3 namespaces or null, $4 name or null, $5 and $6 after, $7 limit.
 */
const AS_OF = `
WITH held AS (
  SELECT i.id, i.namespace, i.name, i.reopened + 1 AS number, true AS open
  FROM issues i WHERE i.state = 'Active' AND i.opened_at < ${timestamp('$1::bigint')} AND ${selected('i')}
  UNION ALL
  SELECT i.id, i.namespace, i.name, e.number, false
  FROM episodes e JOIN issues i ON i.id = e.issue_id
  WHERE tstzrange(e.opened_at, e.resolved_at, '[]') && tstzrange(${timestamp('$2::bigint')}, ${timestamp('$1::bigint')}, '[)')
    AND ${selected('i')}
), page AS (
  SELECT DISTINCT ON (h.namespace, h.name) h.* FROM held h ORDER BY h.namespace, h.name, h.number DESC LIMIT $7
)
SELECT ${ISSUE_SELECT}, p.open AS past_open, p.number AS past_number,
  e.uid AS past_uid, ${micros('e.created_at')} AS past_created_at, ${micros('e.opened_at')} AS past_opened_at,
  ${micros('e.resolved_at')} AS past_resolved_at, e.reason AS past_reason,
  coalesce(c.spec, e.spec) AS past_spec, coalesce(c.labels, e.labels) AS past_labels,
  coalesce(c.generation, e.generation) AS past_generation,
  CASE WHEN c.issue_id IS NULL THEN e.observed ELSE c.observed END AS past_observed,
  coalesce(c.occurrences, e.occurrences) AS past_occurrences,
  ${micros('coalesce(c.last_seen_at, e.last_seen_at)')} AS past_last_seen_at
FROM page p JOIN issues i ON i.id = p.id
LEFT JOIN LATERAL (
  SELECT * FROM episodes e WHERE NOT p.open AND e.issue_id = p.id AND e.number = p.number LIMIT 1
) e ON true
LEFT JOIN LATERAL (
  SELECT * FROM contents c WHERE c.issue_id = p.id AND c.number = p.number AND c.until >= ${timestamp('$1::bigint')}
  ORDER BY c.until, c.change, c.place LIMIT 1
) c ON true
ORDER BY p.namespace, p.name`;

/** The planner knows nothing of how many episodes a moment is in: it must not choose by statistics of another day. */
const BEGIN = `BEGIN READ ONLY; SET LOCAL statement_timeout = '20s'; SET LOCAL plan_cache_mode = force_custom_plan;
SET LOCAL enable_hashjoin = on; SET LOCAL enable_seqscan = on`;

interface PastRow extends IssueRow {
  past_open: boolean;
  past_number: number;
  past_uid: string | null;
  past_created_at: number | null;
  past_opened_at: number | null;
  past_resolved_at: number | null;
  past_reason: ResolvedReason | null;
  past_spec: IssueSpec | null;
  past_labels: Record<string, string> | null;
  past_generation: number | null;
  past_observed: ObservedObject | null;
  past_occurrences: number | null;
  past_last_seen_at: number | null;
}

/** See `PastIssues.issuesAsOf`. */
export async function issuesAsOf(database: Database, query: PastQuery): Promise<StoredIssue[]> {
  const { before, visibleFor, namespaces, name = null, after, limit } = query;
  const rows = await database.transaction(BEGIN, (session) =>
    session.query<PastRow>(
      AS_OF,
      [
        before,
        // An empty window touches nothing.
        before - Math.max(1, visibleFor),
        namespaces === 'all' ? null : namespaces,
        name,
        after?.namespace ?? '',
        after?.name ?? '',
        limit,
      ],
      { timeoutMs: 20_000 },
    ),
  );
  return rows.map((row) => issueThen(row, before));
}

function selected(table: string): string {
  return `($3::text[] IS NULL OR ${table}.namespace = ANY ($3::text[])) AND ($4::text IS NULL OR ${table}.name = $4::text)
    AND (${table}.namespace, ${table}.name) > ($5::text, $6::text)`;
}

/** Only what is known of that moment: nothing that people or the sweeper did to the issue, and no later sighting. */
function issueThen(row: PastRow, before: number): StoredIssue {
  const {
    acknowledged: _a,
    snoozedUntil: _s,
    assignee: _w,
    hiddenAt: _h,
    manual: _m,
    expiresAt: _e,
    ...now
  } = storedIssue(row);
  const { resolvedAt: _r, resolvedReason: _why, observed: latest, ...rest } = now;
  const known = row.past_spec !== null;
  const lastSeenAt = row.past_last_seen_at ?? now.lastSeenAt;
  const observed = known ? (row.past_observed ?? undefined) : latest;
  const then: StoredIssue = {
    ...rest,
    conditions: [],
    reopened: row.past_number - 1,
    spec: row.past_spec ?? now.spec,
    labels: row.past_labels ?? now.labels,
    generation: row.past_generation ?? now.generation,
    occurrences: row.past_occurrences ?? now.occurrences,
    lastSeenAt,
    ...(observed && { observed }),
    ...(row.past_open ? {} : episodeThen(row, before)),
  };
  return lastSeenAt < before ? then : withoutLater(then, before);
}

function episodeThen(row: PastRow, before: number): Partial<StoredIssue> {
  const { past_resolved_at: resolvedAt, past_reason: resolvedReason } = row;
  const was = {
    uid: row.past_uid as string,
    createdAt: row.past_created_at as number,
    openedAt: row.past_opened_at as number,
  };
  if (resolvedAt === null || resolvedReason === null || resolvedAt >= before) return { ...was, state: 'Active' };
  return { ...was, state: 'Resolved', resolvedAt, resolvedReason };
}

/** Of several runs that showed the same only the last is kept; when that was later, nothing can be said of the one then. */
function withoutLater({ observed: _later, ...issue }: StoredIssue, before: number): StoredIssue {
  const { links, ...spec } = issue.spec;
  const lasting = links?.filter(({ rel }) => rel === 'docs') ?? [];
  return {
    ...issue,
    spec: lasting.length > 0 ? { ...spec, links: lasting } : spec,
    lastSeenAt: Math.max(before - 1, issue.openedAt),
  };
}
