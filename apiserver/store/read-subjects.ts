import type { OrderKey } from '../../crds/order.ts';
import type { Database, Prepared } from './database.ts';
import { ISSUE_SELECT, type IssueRow, micros, storedIssue } from './issue-row.ts';
import { ORDER_COLUMNS, type OrderRow, orderKey } from './order-row.ts';
import type { StoredIssue, SubjectRef, SubjectState, SubjectsRead } from './store.ts';

const ORDER_SELECT = ORDER_COLUMNS.map((column) => `m.${column.split(' ')[0]}`).join(', ');

// Of each ref the rows of the subject itself and of "every aspect"; with the clock, which is there without any, too.
const WATERMARKS = `
SELECT clock.now, marks.* FROM (SELECT ${micros('clock_timestamp()')} AS now OFFSET 0) clock LEFT JOIN (
  SELECT r.n, h.every, m.key, m.version, ${ORDER_SELECT}
  FROM jsonb_to_recordset($1::jsonb) AS r(n int, namespace text, source text, hash text, every text)
  CROSS JOIN LATERAL (VALUES (false, r.hash), (true, r.every)) AS h(every, hash)
  JOIN LATERAL (
    SELECT * FROM watermarks w
    WHERE w.subject_hash = decode(h.hash, 'hex') AND w.namespace = r.namespace AND w.source = r.source
  ) m ON true
) marks ON true`;

// The hash alone finds the rows. Namespace and source are compared as expressions, because without statistics the planner
// would as well take an index that begins with the namespace, and read all of it.
const ISSUES = `
SELECT r.n, ${ISSUE_SELECT}
FROM jsonb_to_recordset($1::jsonb) AS r(n int, namespace text, source text, hash text)
JOIN LATERAL (
  SELECT * FROM issues i
  WHERE i.subject_hash = decode(r.hash, 'hex') AND i.namespace || '' = r.namespace AND i.source || '' = r.source
) i ON true`;

const READ_WATERMARKS: Prepared = { name: 'faultline_read_watermarks', types: ['jsonb'], sql: WATERMARKS };
const READ_ISSUES: Prepared = { name: 'faultline_read_issues', types: ['jsonb'], sql: ISSUES };

type WatermarkRow = OrderRow & { now: number; n: number | null; every: boolean; key: string; version: number };

/**
 * What is stored about some subjects, without a lock. The versions are read before the issues: when a commit comes
 * between, the version is the old one and the write that follows conflicts instead of overwriting what it did not see.
 */
export async function readSubjects(
  database: Database,
  refs: readonly SubjectRef[],
  clockOffset: number,
): Promise<SubjectsRead> {
  const wanted = JSON.stringify(
    refs.map(({ namespace, source, hash, everyAspect }, n) => ({ n, namespace, source, hash, every: everyAspect })),
  );
  const [marks = [], issues] = await database.session((session) =>
    session.script([
      { execute: READ_WATERMARKS, values: [wanted] },
      { execute: READ_ISSUES, values: [wanted] },
    ]),
  );
  const [{ now }] = marks as [WatermarkRow];
  return {
    now: now + clockOffset,
    subjects: assemble(refs, marks as WatermarkRow[], issues as (IssueRow & { n: number })[]),
  };
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
    const state = mark.n === null ? undefined : states[mark.n];
    if (!state) continue;
    const order = orderKey(mark);
    if (mark.every) {
      state.everyAspectVersion = mark.version;
      state.everyAspect = order;
    } else {
      if (mark.key === '') state.version = mark.version;
      if (order) state.watermarks.set(mark.key, order);
    }
  }
  for (const row of rows) states[row.n]?.issues.set(row.key, storedIssue(row));
  return states;
}
