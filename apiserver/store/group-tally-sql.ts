import { type GroupDay, MAX_GROUP_DAYS, MAX_GROUP_NAMESPACES, MAX_GROUP_REASONS } from '../../crds/issue-group.ts';
import type { GroupTally } from './group-index.ts';
import { micros } from './issue-row.ts';

/** Of what opens and resolves all the time only so much is read. */
export const EPISODES = 50;

/** What is there most often first, as JSON; `name` is the field of an entry and the column that is counted. */
const listed = (name: 'namespace' | 'reason', most: number): string => `(
  SELECT json_agg(json_build_object('${name}', l.${name}, 'open', l.open) ORDER BY l.open DESC, l.${name} COLLATE "C")
  FROM (
    SELECT ${name}, count(*) AS open FROM m WHERE state = 'Active'
    GROUP BY ${name} ORDER BY open DESC, ${name} COLLATE "C" LIMIT ${most}
  ) l)`;

/**
 * `tallyMembers` in SQL: narrow columns only, so a group of half a million members is counted without one of them in this
 * process. A stretch of being open goes on when another begins before it ends; the last one begins where nothing was open.
 */
export const TALLY = `
WITH m AS MATERIALIZED (
  SELECT i.id, i.namespace, i.reason, i.state, i.opened_at, i.resolved_at, i.reopened
  FROM group_members g JOIN issues i ON i.namespace = g.namespace AND i.name = g.name
  WHERE g.group_name = $1 AND ($2::text[] IS NULL OR g.namespace = ANY ($2))
), s AS MATERIALIZED (
  SELECT opened_at, CASE WHEN state = 'Resolved' THEN resolved_at END AS resolved_at FROM m
  UNION ALL
  SELECT e.opened_at, e.resolved_at FROM m JOIN episodes e
    ON e.issue_id = m.id AND e.number <= m.reopened AND e.number > m.reopened - ${EPISODES}
), stretch AS (
  SELECT opened_at, max(coalesce(resolved_at, 'infinity')) OVER (
    ORDER BY opened_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS covered FROM s
), day AS (
  SELECT d.date, sum(d.opened) AS opened, sum(d.resolved) AS resolved,
    sum(sum(d.opened - d.resolved)) OVER (ORDER BY d.date) AS open
  FROM (
    SELECT (opened_at AT TIME ZONE 'UTC')::date AS date, 1 AS opened, 0 AS resolved FROM s
    UNION ALL
    SELECT (resolved_at AT TIME ZONE 'UTC')::date, 0, 1 FROM s WHERE resolved_at IS NOT NULL
  ) d GROUP BY d.date ORDER BY d.date DESC LIMIT ${MAX_GROUP_DAYS}
)
SELECT c.*,
  (SELECT ${micros('max(opened_at)')} FROM stretch WHERE covered IS NULL OR opened_at > covered) AS opened_at,
  (SELECT CASE WHEN bool_and(resolved_at IS NOT NULL) THEN ${micros('max(resolved_at)')} END FROM s) AS resolved_at,
  ${listed('namespace', MAX_GROUP_NAMESPACES)} AS namespaces,
  ${listed('reason', MAX_GROUP_REASONS)} AS reasons,
  (SELECT json_agg(json_build_object(
    'date', to_char(date, 'YYYY-MM-DD'), 'opened', opened, 'resolved', resolved, 'open', open) ORDER BY date) FROM day) AS days
FROM (
  SELECT count(*) FILTER (WHERE state = 'Active') AS open, count(*) FILTER (WHERE state <> 'Active') AS resolved,
    count(DISTINCT namespace) FILTER (WHERE state = 'Active') AS open_namespaces,
    count(DISTINCT reason) FILTER (WHERE state = 'Active') AS open_reasons
  FROM m HAVING count(*) > 0
) c`;

export interface TallyRow {
  readonly open: number;
  readonly resolved: number;
  readonly open_namespaces: number;
  readonly open_reasons: number;
  readonly opened_at: number;
  readonly resolved_at: number | null;
  /** Null for none. */
  readonly namespaces: GroupTally['namespaces'] | null;
  readonly reasons: GroupTally['reasons'] | null;
  readonly days: readonly GroupDay[];
}

export function tallyOf(row: TallyRow): GroupTally {
  return {
    ...{ open: row.open, resolved: row.resolved, openNamespaces: row.open_namespaces, openReasons: row.open_reasons },
    ...{ namespaces: row.namespaces ?? [], reasons: row.reasons ?? [], days: row.days, openedAt: row.opened_at },
    ...(row.resolved_at !== null && { resolvedAt: row.resolved_at }),
  };
}
