import type { Database } from './database.ts';
import { micros } from './issue-row.ts';
import type { TimelineEntry } from './store.ts';

/** Nobody reads more, and nothing but retention bounds how often somebody acts on an issue. */
const MAX_LINES = 1_000;

interface Row {
  at: number;
  actor: string;
  action: string;
  comment: string | null;
  audit_id: string | null;
  until: number | null;
}

/** See `Store.timeline`. */
export async function readTimeline(database: Database, issueId: string): Promise<TimelineEntry[]> {
  const rows = await database.query<Row>(
    `SELECT ${micros('t.at')} AS at, t.actor, t.action, t.comment, t.audit_id, ${micros('t.until')} AS until
     FROM timeline t WHERE t.issue_id = $1 ORDER BY t.at DESC, t.id DESC LIMIT ${MAX_LINES}`,
    [issueId],
  );
  return rows.toReversed().map(({ at, actor, action, comment, audit_id: auditId, until }) => ({
    ...{ at, actor, action },
    ...(comment !== null && { comment }),
    ...(auditId !== null && { auditId }),
    ...(until !== null && { until }),
  }));
}
