import { LABELS, UUID } from '../../crds/names.ts';
import { oneLine } from '../../crds/text.ts';
import { TAKE_COMMIT_LOCK } from './commit-sql.ts';
import type { Database } from './database.ts';
import { ISSUE_SELECT, type IssueRow, micros, storedIssue } from './issue-row.ts';
import type { FamilyQuery, RelateOutcome, Relation, StoredIssue } from './store.ts';

/**
 * Explicit links between issues, in SQL. Each is made or taken away under the commit's lock, so that none outlives its
 * issues (`deleteIssues` takes them along), and with a line in the timeline of both.
 */

const BEGIN = `BEGIN; ${TAKE_COMMIT_LOCK}`;
const MAX_ACTOR = 1_024;
/** Nobody reads more. */
const MAX_RELATIONS = 10_000;

export interface RelationAuthor {
  readonly actor: string;
  /** µs, added to the database clock. */
  readonly clockOffset: number;
}

/** See `Store.relate`. */
export async function relate(
  database: Database,
  sourceId: string,
  targetId: string,
  author: RelationAuthor,
): Promise<RelateOutcome> {
  if (sourceId === targetId) return 'same';
  if (!UUID.test(sourceId) || !UUID.test(targetId)) return 'missing';
  const [row] = await database.transaction(BEGIN, (session) =>
    session.query<{ found: number; made: number }>(RELATE, [
      ...[sourceId, targetId, oneLine(author.actor, MAX_ACTOR), author.clockOffset],
    ]),
  );
  if (row?.found !== 2) return 'missing';
  return row.made > 0 ? 'related' : 'exists';
}

/** See `Store.unrelate`. */
export async function unrelate(
  database: Database,
  oneId: string,
  otherId: string,
  author: RelationAuthor,
): Promise<boolean> {
  if (!UUID.test(oneId) || !UUID.test(otherId)) return false;
  const [row] = await database.transaction(BEGIN, (session) =>
    session.query<{ made: number }>(UNRELATE, [
      ...[oneId, otherId, oneLine(author.actor, MAX_ACTOR), author.clockOffset],
    ]),
  );
  return (row?.made ?? 0) > 0;
}

/** See `Store.relatedOf`. */
export async function relatedOf(database: Database, ids: readonly string[]): Promise<Relation[]> {
  const known = ids.filter((id) => UUID.test(id));
  if (known.length === 0) return [];
  const rows = await database.query<{ id: string; source_id: string; target_id: string; actor: string; at: number }>(
    `SELECT r.id, r.source_id, r.target_id, r.actor, ${micros('r.at')} AS at FROM related r
     WHERE r.source_id = ANY($1::uuid[]) OR r.target_id = ANY($1::uuid[]) ORDER BY r.at, r.id LIMIT ${MAX_RELATIONS}`,
    [known],
    { name: 'faultline-related' },
  );
  return rows.map(({ id, source_id: sourceId, target_id: targetId, actor, at }) => ({
    ...{ id, sourceId, targetId, actor, at },
  }));
}

/** See `Store.activeFamily`. */
export async function readActiveFamily(database: Database, family: FamilyQuery): Promise<StoredIssue[]> {
  const { namespace, application = null, component = null } = family;
  const rows = await database.query<IssueRow>(FAMILY, [namespace, application, component]);
  return rows.map(storedIssue);
}

const ownedBy = (kind: string, label: string, parameter: string): string =>
  `((i.subject_kind = '${kind}' AND i.subject_name = ${parameter}) OR i.labels->>'${label}' = ${parameter}
    OR i.labels->>'${label.slice(label.indexOf('/') + 1)}' = ${parameter})`;

const FAMILY = `
SELECT ${ISSUE_SELECT} FROM issues i
WHERE i.state = 'Active' AND $1::text IN (i.namespace, i.subject_namespace)
  AND (${ownedBy('Application', LABELS.application, '$2::text')} OR ${ownedBy('Component', LABELS.component, '$3::text')})
ORDER BY i.opened_at LIMIT 1000`;

/** Of each link in `made` a line for both issues, with the id of the other. */
const said = (action: string): string => `
INSERT INTO timeline (issue_id, at, actor, action, detail)
SELECT one, now() + $4::float8 * interval '1 microsecond', $3::text, '${action}', jsonb_build_object('other', other)
FROM made, LATERAL (VALUES (source_id, target_id), (target_id, source_id)) AS pair(one, other)`;

const RELATE = `
WITH found AS (
  SELECT id FROM issues WHERE id IN ($1::uuid, $2::uuid)
), made AS (
  INSERT INTO related (id, source_id, target_id, actor, at)
  SELECT gen_random_uuid(), $1::uuid, $2::uuid, $3::text, now() + $4::float8 * interval '1 microsecond'
  FROM found HAVING count(*) = 2
  ON CONFLICT DO NOTHING RETURNING source_id, target_id
), said AS (${said('relate')})
SELECT (SELECT count(*) FROM found) AS found, (SELECT count(*) FROM made) AS made`;

const UNRELATE = `
WITH made AS (
  DELETE FROM related
  WHERE (source_id = $1::uuid AND target_id = $2::uuid) OR (source_id = $2::uuid AND target_id = $1::uuid)
  RETURNING source_id, target_id
), said AS (${said('unrelate')})
SELECT (SELECT count(*) FROM made) AS made`;
