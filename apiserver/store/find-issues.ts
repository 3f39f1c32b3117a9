import type { Database } from './database.ts';
import type { IssueQuery, IssuesFound } from './issue-query.ts';
import { ISSUE_SELECT, type IssueRow, micros, storedIssue, timestamp } from './issue-row.ts';
import type { StoredIssue } from './store.ts';

/**
 * Pages by offset, with a total, of what is stored of one namespace: visible or not, as long as nobody deleted it. Kite's
 * clients ask so; it reads every issue of the namespace, so whatever can be answered from memory is not asked here.
 */
export async function findIssues(database: Database, query: IssueQuery): Promise<IssuesFound> {
  if (query.observed !== undefined) return findObserved(database, query, query.observed);
  const { where, values } = conditions(query);
  const page = `SELECT ${ISSUE_SELECT} FROM issues i WHERE ${where} ORDER BY i.opened_at DESC, i.id
    LIMIT ${query.limit} OFFSET ${query.offset}`;
  const [rows, [counted]] = await Promise.all([
    query.limit > 0 ? database.slowQuery<IssueRow>(page, values) : [],
    database.slowQuery<{ total: number }>(`SELECT count(*) AS total FROM issues i WHERE ${where}`, values),
  ]);
  return { issues: rows.map(storedIssue), total: counted?.total ?? 0 };
}

/** Objects show few issues; whoever names one that shows more gets the newest. */
const MAX_OBSERVED = 1_000;

/** What an object showed last, and closed episodes whose last object it was, each as the issue was then. */
async function findObserved(database: Database, query: IssueQuery, observed: string): Promise<IssuesFound> {
  const { where, values } = conditions(query);
  const all = { limit: MAX_OBSERVED, offset: 0 };
  const { state: _state, severity: _severity, type: _type, text: _text, observed: _observed, ...about } = query;
  const then = conditions({ ...about, ...all });
  const shown = `$${then.values.push(observed)}`;
  const [issues, episodes] = await Promise.all([
    database.slowQuery<IssueRow>(
      `SELECT ${ISSUE_SELECT} FROM issues i WHERE ${where} ORDER BY i.opened_at DESC, i.id LIMIT ${MAX_OBSERVED}`,
      values,
    ),
    database.slowQuery<IssueRow & EpisodeRow>(
      `SELECT ${ISSUE_SELECT}, e.spec AS then_spec, e.reason AS then_reason, ${micros('e.opened_at')} AS then_opened_at,
         ${micros('e.resolved_at')} AS then_resolved_at, e.observed AS then_observed
       FROM issues i JOIN episodes e ON e.issue_id = i.id
       WHERE ${then.where} AND (e.observed->>'name' = ${shown} OR e.observed->>'uid' = ${shown})
         AND NOT (i.state = 'Resolved' AND e.number = i.reopened + 1)
       ORDER BY e.opened_at DESC LIMIT ${MAX_OBSERVED}`,
      then.values,
    ),
  ]);
  const found = [...issues.map(storedIssue), ...episodes.map(asItWas).filter((issue) => matches(issue, query))];
  found.sort((a, b) => b.openedAt - a.openedAt || (a.id < b.id ? -1 : 1));
  return { issues: found.slice(query.offset, query.offset + query.limit), total: found.length };
}

interface EpisodeRow {
  readonly then_spec: IssueRow['spec'];
  readonly then_reason: NonNullable<IssueRow['resolved_reason']>;
  readonly then_opened_at: number;
  readonly then_resolved_at: number;
  readonly then_observed: IssueRow['observed'];
}

function asItWas(row: IssueRow & EpisodeRow): StoredIssue {
  return storedIssue({
    ...row,
    ...{ spec: row.then_spec, state: 'Resolved', resolved_reason: row.then_reason, observed: row.then_observed },
    ...{ opened_at: row.then_opened_at, resolved_at: row.then_resolved_at },
  });
}

function matches({ spec }: StoredIssue, { state, severity, type, text }: IssueQuery): boolean {
  const said = `${spec.title}\n${spec.description ?? ''}`.toLowerCase();
  return (
    state !== 'Active' &&
    (severity === undefined || spec.severity === severity) &&
    (type === undefined || spec.type === type) &&
    (text === undefined || said.includes(text.toLowerCase()))
  );
}

/** See `Store.issuesByName`. */
export async function issuesByName(
  database: Database,
  namespace: string,
  names: readonly string[],
): Promise<StoredIssue[]> {
  if (names.length === 0) return [];
  const rows = await database.query<IssueRow>(
    `SELECT ${ISSUE_SELECT} FROM issues i WHERE i.namespace = $1 AND i.name = ANY($2)`,
    [namespace, names],
  );
  return rows.map(storedIssue);
}

/** Somebody deleted it since it was opened last: it is hidden, and a line says so. */
const DELETED = `(i.hidden_at IS NOT NULL AND EXISTS (
  SELECT 1 FROM timeline t WHERE t.issue_id = i.id AND t.action = 'delete' AND t.at >= i.opened_at))`;

function conditions(query: IssueQuery): { where: string; values: unknown[] } {
  const { namespace, state, severity, type, subject, text, observed } = query;
  const values: unknown[] = [];
  const value = (given: unknown): string => `$${values.push(given)}`;
  const parts = [`i.namespace = ${value(namespace)}`, `NOT ${DELETED}`];
  if (state !== undefined) parts.push(`i.state = ${value(state)}`);
  if (severity !== undefined) parts.push(`i.severity = ${value(severity)}`);
  if (type !== undefined) parts.push(`i.type = ${value(type)}`);
  if (subject?.name !== undefined) parts.push(`i.subject_name = ${value(subject.name)}`);
  if (subject?.type !== undefined) {
    const { group, kind, aspect, lowerKind } = subject.type;
    parts.push(`CASE WHEN i.subject_group = ${value(group)} THEN i.subject_kind = ${value(kind)} AND i.aspect = ${value(aspect)}
      ELSE lower(i.subject_kind) = ${value(lowerKind)} END`);
  }
  if (text !== undefined) {
    const wanted = `lower(${value(text)})`;
    parts.push(
      `(position(${wanted} IN lower(i.spec->>'title')) > 0 OR position(${wanted} IN lower(i.spec->>'description')) > 0)`,
    );
  }
  if (observed !== undefined) {
    const wanted = value(observed);
    parts.push(`(i.observed->>'name' = ${wanted} OR i.observed->>'uid' = ${wanted})`);
  }
  return { where: parts.join(' AND '), values };
}

/** Whether somebody deleted a hidden issue, by its id and the time of its last episode. */
export async function wasDeleted(database: Database, { id, openedAt }: StoredIssue): Promise<boolean> {
  const rows = await database.query(
    `SELECT ${micros('t.at')} AS at FROM timeline t
     WHERE t.issue_id = $1 AND t.action = 'delete' AND t.at >= ${timestamp('$2::float8')} LIMIT 1`,
    [id, openedAt],
  );
  return rows.length > 0;
}
