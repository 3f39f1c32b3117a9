import type { Database } from './database.ts';
import { timestamp } from './issue-row.ts';
import type { Counts, Statistics, StatisticsQuery } from './statistics.ts';

const DAY_MS = 86_400_000;

/**
 * One pass: every Active row, and every closed episode that touches the time, reduced to three numbers and two days. $1
 * since, $2 until, $3 namespaces or null, $4 types or null, $5 subjects or null, $6 how many of each list.
 */
const STATISTICS = `
WITH chosen AS (
  SELECT i.id, i.namespace, i.name, i.type, i.subject_kind, i.subject_name, i.state, i.opened_at FROM issues i
  WHERE ($3::text[] IS NULL OR i.namespace = ANY ($3::text[])) AND ($4::text[] IS NULL OR i.type = ANY ($4::text[]))
    AND ($5::text[] IS NULL OR i.subject_name = ANY ($5::text[]))
), happened AS MATERIALIZED (
  SELECT i.id, i.namespace, i.type, i.subject_kind, i.subject_name, 1 AS open,
    (i.opened_at >= ${timestamp('$1::bigint')} AND i.opened_at < ${timestamp('$2::bigint')})::int AS opened, 0 AS resolved,
    NULL::float8 AS seconds, (i.opened_at AT TIME ZONE 'UTC')::date AS opened_on, NULL::date AS resolved_on
  FROM chosen i WHERE i.state = 'Active'
  UNION ALL
  SELECT i.id, i.namespace, i.type, i.subject_kind, i.subject_name, 0, h.opened::int, h.resolved::int,
    CASE WHEN h.resolved THEN date_part('epoch', e.resolved_at - e.opened_at) END,
    (e.opened_at AT TIME ZONE 'UTC')::date, (e.resolved_at AT TIME ZONE 'UTC')::date
  FROM episodes e JOIN chosen i ON i.id = e.issue_id, LATERAL (
    SELECT e.opened_at >= ${timestamp('$1::bigint')} AND e.opened_at < ${timestamp('$2::bigint')} AS opened,
      e.resolved_at >= ${timestamp('$1::bigint')} AND e.resolved_at < ${timestamp('$2::bigint')} AS resolved
  ) h
  WHERE tstzrange(e.opened_at, e.resolved_at, '[]') && tstzrange(${timestamp('$1::bigint')}, ${timestamp('$2::bigint')}, '[)')
), counted AS (
  SELECT CASE WHEN grouping(namespace) + grouping(type) + grouping(subject_name) = 3 THEN 'total'
      WHEN grouping(subject_name) = 0 THEN 'subject' WHEN grouping(type) = 0 THEN 'type' ELSE 'namespace' END AS list,
    namespace, type, subject_kind, subject_name, sum(open) AS open, sum(opened) AS opened, sum(resolved) AS resolved, avg(seconds) AS seconds
  FROM happened GROUP BY GROUPING SETS ((), (namespace), (type), (namespace, subject_kind, subject_name))
), listed AS (
  SELECT *, row_number() OVER (PARTITION BY list
    ORDER BY open DESC, opened DESC, resolved DESC, namespace, type, subject_kind, subject_name) AS place
  FROM counted WHERE list = 'total' OR open + opened + resolved > 0
), frequent AS (
  SELECT h.id, sum(h.opened) AS episodes FROM happened h GROUP BY h.id HAVING sum(h.opened) > 0
  ORDER BY 2 DESC, h.id LIMIT $6
)
SELECT list, namespace, type, subject_kind AS kind, subject_name AS subject, NULL AS name, NULL AS title, open::bigint, opened::bigint,
  resolved::bigint, seconds, place FROM listed WHERE place <= $6
UNION ALL
SELECT 'day', NULL, NULL, NULL, d.day::text, NULL, NULL, 0, sum(d.opened)::bigint, sum(d.resolved)::bigint, NULL, 0 FROM (
  SELECT opened_on AS day, opened, 0 AS resolved FROM happened WHERE opened > 0
  UNION ALL SELECT resolved_on, 0, resolved FROM happened WHERE resolved > 0
) d GROUP BY d.day
UNION ALL
SELECT 'frequent', i.namespace, i.type, i.subject_kind, i.subject_name, i.name, i.spec->>'title', 0, f.episodes::bigint, 0, NULL,
  row_number() OVER (ORDER BY f.episodes DESC, i.namespace, i.name) FROM frequent f JOIN issues i ON i.id = f.id
ORDER BY 1, 12, 5`;

const BEGIN = `BEGIN READ ONLY; SET LOCAL statement_timeout = '20s'; SET LOCAL plan_cache_mode = force_custom_plan;
SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on; SET LOCAL work_mem = '32MB'`;

interface Row {
  list: 'total' | 'namespace' | 'type' | 'subject' | 'day' | 'frequent';
  namespace: string;
  type: string;
  kind: string;
  subject: string;
  name: string;
  title: string;
  open: number;
  opened: number;
  resolved: number;
  seconds: number | null;
}

/** See `IssueStatistics.statistics`. */
export async function statistics(database: Database, query: StatisticsQuery): Promise<Statistics> {
  const { namespaces, types = null, subjects = null, since, until, limit } = query;
  const values = [since, until, namespaces === 'all' ? null : namespaces, types, subjects, limit];
  const rows = await database.transaction(BEGIN, (session) =>
    session.query<Row>(STATISTICS, values, { timeoutMs: 21_000 }),
  );
  const of = (list: Row['list']): Row[] => rows.filter((row) => row.list === list);
  const [total] = of('total');
  return {
    total: total ? counts(total) : { open: 0, opened: 0, resolved: 0 },
    days: days(of('day'), since, until),
    namespaces: of('namespace').map((row) => ({ namespace: row.namespace, ...counts(row) })),
    types: of('type').map((row) => ({ type: row.type, ...counts(row) })),
    subjects: of('subject').map((row) => ({ ...subjectOf(row), ...counts(row) })),
    mostFrequent: of('frequent').map((row) => {
      const { name, title, type, opened: episodes } = row;
      return { ...subjectOf(row), name, title, type, episodes };
    }),
  };
}

function subjectOf({ namespace, kind, subject }: Row): { namespace: string; kind: string; subject: string } {
  return { namespace, kind, subject };
}

function counts({ open, opened, resolved, seconds }: Row): Counts {
  const mean = seconds === null ? {} : { meanSecondsToResolve: Math.round(seconds) };
  return { open: open ?? 0, opened: opened ?? 0, resolved: resolved ?? 0, ...mean };
}

function days(rows: readonly Row[], since: number, until: number): Statistics['days'] {
  const known = new Map(rows.map((row) => [row.subject, row]));
  const all: { day: string; opened: number; resolved: number }[] = [];
  for (let at = startOfDay(since / 1_000); at < until / 1_000; at += DAY_MS) {
    const day = new Date(at).toISOString().slice(0, 10);
    const { opened = 0, resolved = 0 } = known.get(day) ?? {};
    all.push({ day, opened, resolved });
  }
  return all;
}

function startOfDay(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS;
}
