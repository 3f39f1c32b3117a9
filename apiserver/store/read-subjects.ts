import type { OrderKey } from '../../crds/order.ts';
import type { Database } from './database.ts';
import { ISSUE_SELECT, type IssueRow, micros, storedIssue } from './issue-row.ts';
import { ORDER_COLUMNS, type OrderRow, orderKey } from './order-row.ts';
import type { StoredIssue, SubjectRef, SubjectState, SubjectsRead } from './store.ts';

const ORDER_SELECT = ORDER_COLUMNS.map((column) => `m.${column.split(' ')[0]}`).join(', ');

// LATERAL with LIMIT-free equality on a whole index prefix: one index scan per ref, whatever the statistics say.
const READ_WATERMARKS = `
SELECT r.n, m.key, m.version, ${ORDER_SELECT}, ${micros('clock_timestamp()')} AS now
FROM jsonb_to_recordset($1::jsonb) AS r(n int, namespace text, source text, hash text)
LEFT JOIN LATERAL (
  SELECT * FROM watermarks w
  WHERE w.subject_hash = decode(r.hash, 'hex') AND w.namespace = r.namespace AND w.source = r.source
) m ON true`;

const READ_ISSUES = `
SELECT r.n, ${ISSUE_SELECT}
FROM jsonb_to_recordset($1::jsonb) AS r(n int, namespace text, source text, hash text)
JOIN LATERAL (
  SELECT * FROM issues i
  WHERE i.subject_hash = decode(r.hash, 'hex') AND i.namespace = r.namespace AND i.source = r.source
) i ON true`;

type WatermarkRow = OrderRow & { n: number; key: string | null; version: number; now: number };

/**
 * What is stored about some subjects, without a lock. The versions are read before the issues: when a commit comes
 * between, the version is the old one and the write that follows conflicts instead of overwriting what it did not see.
 */
export async function readSubjects(
  database: Database,
  refs: readonly SubjectRef[],
  clockOffset: number,
): Promise<SubjectsRead> {
  // Even places are subjects, odd places their "every aspect" rows.
  const wanted = refs.flatMap(({ namespace, source, hash, everyAspect }, n) => [
    { n: 2 * n, namespace, source, hash },
    { n: 2 * n + 1, namespace, source, hash: everyAspect },
  ]);
  return database.session(async (session) => {
    const marks = await session.query<WatermarkRow>(READ_WATERMARKS, [JSON.stringify(wanted)], {
      name: 'faultline-read-watermarks',
    });
    const subjects = JSON.stringify(wanted.filter(({ n }) => n % 2 === 0));
    const issues = await session.query<IssueRow & { n: number }>(READ_ISSUES, [subjects], {
      name: 'faultline-read-issues',
    });
    const now = marks[0]?.now ?? (await clock(session));
    return { now: now + clockOffset, subjects: assemble(refs, marks, issues) };
  });
}

async function clock(session: { query: Database['query'] }): Promise<number> {
  const [row] = await session.query<{ now: number }>(`SELECT ${micros('clock_timestamp()')} AS now`);
  return row?.now ?? 0;
}

function assemble(
  refs: readonly SubjectRef[],
  marks: readonly WatermarkRow[],
  rows: readonly (IssueRow & { n: number })[],
): SubjectState[] {
  const states = refs.map((ref) => ({
    ref,
    version: 0,
    everyAspectVersion: 0,
    watermarks: new Map<string, OrderKey>(),
    everyAspect: undefined as OrderKey | undefined,
    issues: new Map<string, StoredIssue>(),
  }));
  for (const mark of marks) {
    const state = states[mark.n >> 1];
    if (!state || mark.key === null) continue;
    const order = orderKey(mark);
    if (mark.n % 2 === 1) {
      state.everyAspectVersion = mark.version;
      state.everyAspect = order;
    } else {
      if (mark.key === '') state.version = mark.version;
      if (order) state.watermarks.set(mark.key, order);
    }
  }
  for (const row of rows) states[row.n >> 1]?.issues.set(row.key, storedIssue(row));
  return states;
}
