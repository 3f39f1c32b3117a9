import type { Evidence } from '../../crds/evidence.ts';
import type { ObservedObject } from '../../crds/issue.ts';
import { WAKE } from './commit-sql.ts';
import type { Database, Prepared, Step } from './database.ts';
import { micros } from './issue-row.ts';
import type { StoredEvidence, SubjectWrite } from './store.ts';

/**
 * Written in the transaction of the commit, after its statement, and only when a batch has evidence. A subject's evidence is
 * stored when the subject was: then its watermark with key '' is of this transaction.
 *
 * Equal evidence is not written again. Neither is evidence without a log over one with a log of the same object: the Pod
 * is gone by now, and what it said is what evidence is kept for.
 *
 * It is no change that is watched, but another process's search index wants to hear of it; of two notifications of one
 * transaction PostgreSQL sends one.
 */
const WRITE = `
WITH written AS (
INSERT INTO evidence AS e (issue_id, at, observed, evidence, text)
SELECT r.issue_id, now() + $2::float8 * interval '1 microsecond', r.observed, r.evidence, r.text
FROM jsonb_to_recordset($1::jsonb) AS r(issue_id uuid, namespace text, source text, hash text, observed jsonb,
  evidence jsonb, text text)
WHERE EXISTS (
  SELECT FROM watermarks m WHERE m.subject_hash = decode(r.hash, 'hex') AND m.namespace = r.namespace
    AND m.source = r.source AND m.key = '' AND m.xmin = pg_current_xact_id()::xid)
ON CONFLICT (issue_id) DO UPDATE SET
  at = excluded.at, observed = excluded.observed, evidence = excluded.evidence, text = excluded.text
WHERE (e.observed IS DISTINCT FROM excluded.observed OR e.evidence IS DISTINCT FROM excluded.evidence)
  AND NOT (e.evidence->'log' IS NOT NULL AND excluded.evidence->'log' IS NULL
    AND e.observed->>'uid' = excluded.observed->>'uid')
RETURNING 1
)
SELECT ${WAKE} AS woken FROM written LIMIT 1`;

const WRITE_EVIDENCE: Prepared = { name: 'faultline_evidence', types: ['jsonb', 'float8'], sql: WRITE };

/** The step that stores the evidence of a batch; none when it has none. `places`: of each write in the batch, 0 when it is not sent. */
export function evidenceSteps(writes: readonly SubjectWrite[], places: readonly number[], clockOffset: number): Step[] {
  const rows = writes.flatMap(({ ref: { namespace, source, hash }, evidence = [] }, index) =>
    places[index]
      ? evidence.map(({ issueId, ...more }) => ({ issue_id: issueId, namespace, source, hash, ...more }))
      : [],
  );
  return rows.length > 0 ? [{ execute: WRITE_EVIDENCE, values: [JSON.stringify(rows), clockOffset] }] : [];
}

/** See `Store.evidence`. */
export async function readEvidence(database: Database, issueId: string): Promise<StoredEvidence | undefined> {
  const [row] = await database.query<{ at: number; observed: ObservedObject | null; evidence: Evidence }>(
    `SELECT ${micros('e.at')} AS at, e.observed, e.evidence FROM evidence e WHERE e.issue_id = $1`,
    [issueId],
  );
  return row && { at: row.at, evidence: row.evidence, ...(row.observed ? { observed: row.observed } : {}) };
}

/** See `Store.evidenceText`. */
export async function readEvidenceText(database: Database, issueIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await database.query<{ issue_id: string; text: string }>(
    'SELECT e.issue_id, e.text FROM evidence e WHERE e.issue_id = ANY($1)',
    [issueIds],
  );
  return new Map(rows.map(({ issue_id: id, text }) => [id, text]));
}
