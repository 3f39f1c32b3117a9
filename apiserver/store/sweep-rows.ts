import { TAKE_COMMIT_LOCK } from './commit-sql.ts';
import { timestamp } from './issue-row.ts';
import type { SqlStore } from './sql-store.ts';

/** The sweeper's deletions, which nobody sees: log, deliveries, and what retention takes. Never one giant DELETE. */

/** Rows of the log are small and nobody waits for them. */
const LOG_BATCH = 5_000;
const ISSUE_BATCH = 500;

const LOCKED = `BEGIN; ${TAKE_COMMIT_LOCK}`;

/**
 * V4: forgets changes older than `keepFor` ms. One floor for all resources; it is the greatest number that is gone, so
 * that a watch from the floor misses nothing.
 */
export async function trimChanges(store: SqlStore, keepFor: number): Promise<number> {
  const before = (await store.now()) - keepFor * 1_000;
  const trimmed = await inBatches(LOG_BATCH, async () =>
    store.database.transaction('BEGIN', async (session) => {
      const [gone] = await session.query<{ count: number; floor: number | null }>(
        `WITH oldest AS (SELECT change, at FROM changes ORDER BY change LIMIT ${LOG_BATCH}), deleted AS (
           DELETE FROM changes WHERE change <= (SELECT max(change) FROM oldest WHERE at <= ${timestamp('$1::bigint')})
           RETURNING change
         ) SELECT count(*) AS count, max(change) AS floor FROM deleted`,
        [before],
      );
      // Last, because commits wait for this row.
      if (gone?.floor) await session.query('UPDATE meta SET change_floor = greatest(change_floor, $1)', [gone.floor]);
      return gone?.count ?? 0;
    }),
  );
  if (trimmed > 0) store.wroteTables();
  return trimmed;
}

/** Forgets answers to deliveries older than `keepFor` ms. */
export async function trimDeliveries(store: SqlStore, keepFor: number): Promise<number> {
  const before = (await store.now()) - keepFor * 1_000;
  return inBatches(LOG_BATCH, async () => {
    const [gone] = await store.database.query<{ count: number }>(
      `WITH deleted AS (
         DELETE FROM deliveries d USING (
           SELECT source, delivery_id FROM deliveries WHERE at <= ${timestamp('$1::bigint')} ORDER BY at LIMIT ${LOG_BATCH}
         ) old WHERE d.source = old.source AND d.delivery_id = old.delivery_id RETURNING 1
       ) SELECT count(*) AS count FROM deleted`,
      [before],
    );
    return gone?.count ?? 0;
  });
}

/**
 * Takes what was hidden longer ago than `retention` ms, with its timeline and evidence, and then the watermarks without an issue that
 * saw nothing for as long. Both under the commit's lock, so that no batch decides on a watermark that is going.
 */
export async function applyRetention(
  store: SqlStore,
  retention: number,
  onProgress: Progress = () => {},
): Promise<{ issues: number; subjects: number }> {
  const before = (await store.now()) - retention * 1_000;
  const hidden = `hidden_at <= ${timestamp('$1::bigint')}`;
  const issues = await deleteIssues(store, hidden, [before], (count) => onProgress('issues', count));
  return { issues, subjects: await deleteWatermarks(store, before, (count) => onProgress('subjects', count)) };
}

/** Told how many are gone so far, after every batch that was full: of a large database that takes its time. */
export type Progress = (what: 'issues' | 'subjects', count: number) => void;

/**
 * Takes what the search's index has of issues that are no more: its follower may have written about one while it went.
 * Nobody finds them; they only take room.
 */
export async function trimSearchIndex(store: SqlStore): Promise<void> {
  const begin = `BEGIN; SET LOCAL statement_timeout = '60s'; SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on`;
  for (const table of ['issue_index', 'issue_texts', 'evidence_texts']) {
    await store.database.transaction(begin, (session) =>
      session.query(`DELETE FROM ${table} x WHERE NOT EXISTS (SELECT FROM issues i WHERE i.id = x.issue_id)`, [], {
        timeoutMs: 61_000,
      }),
    );
  }
}

/**
 * Deletes the rows that match, with their timeline, links and evidence. The version of each subject rises: who has just read such a row and
 * wants to show it again must conflict, not announce an issue that is not there.
 */
export function deleteIssues(
  store: SqlStore,
  where: string,
  values: readonly unknown[],
  tell?: (count: number) => void,
): Promise<number> {
  const batch = () =>
    store.database.transaction(LOCKED, async (session) => {
      const [gone] = await session.query<{ count: number }>(
        `WITH deleted AS (
           DELETE FROM issues WHERE id IN (SELECT id FROM issues WHERE ${where} LIMIT ${ISSUE_BATCH})
           RETURNING id, subject_hash, namespace, source
         ), actions AS (
           DELETE FROM timeline WHERE issue_id IN (SELECT id FROM deleted)
         ), links AS (
           DELETE FROM related WHERE source_id IN (SELECT id FROM deleted) OR target_id IN (SELECT id FROM deleted)
         ), shown AS (
           DELETE FROM evidence WHERE issue_id IN (SELECT id FROM deleted)
         ), indexed AS (
           DELETE FROM issue_index WHERE issue_id IN (SELECT id FROM deleted)
         ), words AS (
           DELETE FROM issue_texts WHERE issue_id IN (SELECT id FROM deleted)
         ), shown_words AS (
           DELETE FROM evidence_texts WHERE issue_id IN (SELECT id FROM deleted)
         ), risen AS (
           UPDATE watermarks w SET version = w.version + 1 FROM (
             SELECT DISTINCT subject_hash, namespace, source FROM deleted
           ) d WHERE w.subject_hash = d.subject_hash AND w.namespace = d.namespace AND w.source = d.source AND w.key = ''
         ) SELECT count(*) AS count FROM deleted`,
        values,
      );
      return gone?.count ?? 0;
    });
  return inBatches(ISSUE_BATCH, batch, tell);
}

/** Deletes the watermarks of a namespace, all or those that saw nothing since `before` (µs). */
export function deleteWatermarksOf(store: SqlStore, namespace: string, before?: number): Promise<number> {
  const idle = `w.namespace = $1 AND ($2::bigint IS NULL OR w.seen_at < ${timestamp('$2::bigint')})`;
  const values = [namespace, before ?? null];
  return inBatches(ISSUE_BATCH, async () => {
    // Found without the lock and looked at again under it: the search reads the whole table.
    const found = await store.database.slowQuery<{ hash: string; source: string }>(
      `SELECT DISTINCT encode(w.subject_hash, 'hex') AS hash, w.source FROM watermarks w
       WHERE ${idle} LIMIT ${ISSUE_BATCH}`,
      values,
    );
    if (found.length === 0) return 0;
    const [gone] = await store.database.transaction(LOCKED, (session) =>
      session.query<{ count: number }>(
        `WITH deleted AS (
           DELETE FROM watermarks w USING jsonb_to_recordset($3::jsonb) AS x(hash text, source text)
           WHERE w.subject_hash = decode(x.hash, 'hex') AND w.source = x.source AND ${idle} RETURNING 1
         ) SELECT count(*) AS count FROM deleted`,
        [...values, JSON.stringify(found)],
      ),
    );
    // What was seen in the meantime is not idle: that is no reason to look again.
    return gone?.count === 0 ? 0 : found.length;
  });
}

async function deleteWatermarks(store: SqlStore, before: number, tell: (count: number) => void): Promise<number> {
  const idle = `w.seen_at <= ${timestamp('$1::bigint')} AND NOT EXISTS (
    SELECT FROM issues i WHERE i.subject_hash = w.subject_hash AND i.namespace = w.namespace AND i.source = w.source)`;
  const batch = async (): Promise<number> => {
    // Found without the lock and looked at again under it: the search reads the whole table.
    const subjects = await store.database.slowQuery<{ hash: string; namespace: string; source: string }>(
      `SELECT encode(w.subject_hash, 'hex') AS hash, w.namespace, w.source FROM watermarks w
       WHERE w.key = '' AND ${idle} LIMIT ${ISSUE_BATCH}`,
      [before],
    );
    if (subjects.length === 0) return 0;
    await store.database.transaction(LOCKED, (session) =>
      session.query(
        `DELETE FROM watermarks d USING jsonb_to_recordset($2::jsonb) AS x(hash text, namespace text, source text)
         WHERE d.subject_hash = decode(x.hash, 'hex') AND d.namespace = x.namespace AND d.source = x.source AND EXISTS (
           SELECT FROM watermarks w WHERE w.subject_hash = d.subject_hash AND w.namespace = d.namespace
             AND w.source = d.source AND w.key = '' AND ${idle})`,
        [before, JSON.stringify(subjects)],
      ),
    );
    return subjects.length;
  };
  return inBatches(ISSUE_BATCH, batch, tell);
}

/** Repeats until a batch was not full. */
async function inBatches(full: number, batch: () => Promise<number>, tell?: (total: number) => void): Promise<number> {
  let total = 0;
  for (;;) {
    const count = await batch();
    total += count;
    if (count < full) return total;
    tell?.(total);
  }
}
