import type { OrderKey } from '../../crds/order.ts';
import { ISSUE_SELECT, type IssueRow, storedIssue, timestamp } from './issue-row.ts';
import { type Coverage, coverageOf, coversEverything, coversNamespace } from './source-coverage.ts';
import { readSources } from './sources.ts';
import { type SqlStore, subjectRef } from './sql-store.ts';
import type { IssueWrite, StoredIssue, SubjectState, SubjectWrite } from './store.ts';
import { withCondition } from './stored-condition.ts';
import { hideIssue, resolveIssue } from './transitions.ts';

/** The sweeper's writes that watches see. They go through `commit` like everybody's: conditional, in order, announced. */

/** At most so many issues in one transaction, because everybody waits for the lock. */
const BATCH = 500;
const ABSENT = 'SourceAbsent';
const ABSENT_CONDITION = JSON.stringify([{ type: ABSENT }]);

/** Decision 8: resolved issues leave the visible set `visibleFor` ms after the server resolved them. */
export async function hideResolved(store: SqlStore, visibleFor: number): Promise<number> {
  const before = (await store.now()) - visibleFor * 1_000;
  return sweepIssues(store, {
    where: `i.state = 'Resolved' AND i.hidden_at IS NULL AND i.changed_at <= ${timestamp('$1::bigint')}`,
    values: [before],
    write: (issue, now) =>
      issue.state === 'Resolved' && issue.hiddenAt === undefined && issue.changedAt <= before
        ? hideIssue(issue, now)
        : undefined,
  });
}

/** Row 9: `expiresAt` has passed. */
export async function expireIssues(store: SqlStore): Promise<number> {
  return sweepIssues(store, {
    where: `i.state = 'Active' AND i.expires_at <= ${timestamp('$1::bigint')}`,
    values: [await store.now()],
    write: (issue, now) =>
      issue.state === 'Active' && issue.expiresAt !== undefined && issue.expiresAt <= now
        ? resolveIssue(issue, { at: issue.expiresAt, now, reason: 'Expired' })
        : undefined,
  });
}

/** Snoozes end. A resolved issue does not stay longer for it: when it leaves counts from when it was resolved. */
export async function endSnoozes(store: SqlStore): Promise<number> {
  return sweepIssues(store, {
    where: `i.snoozed_until <= ${timestamp('$1::bigint')}`,
    values: [await store.now()],
    write: ({ snoozedUntil, ...issue }, now) => {
      if (snoozedUntil === undefined || Date.parse(snoozedUntil) * 1_000 > now) return undefined;
      return { op: 'update', issue: issue.state === 'Active' ? { ...issue, changedAt: now } : issue };
    },
  });
}

/**
 * Row 8: what no manager registers any more gets the condition SourceAbsent at once, loses it when it is registered
 * again, and is resolved `SourceRemoved` after `removedAfter` ms.
 */
export async function sweepAbsentSources(store: SqlStore, removedAfter: number): Promise<number> {
  let swept = 0;
  for (const coverage of coverageOf(await readSources(store.database))) {
    const outside = await namespacesOutside(store, coverage);
    if (outside.length > 0) swept += await markAbsent(store, coverage, outside);
    swept += await markUnselected(store, coverage);
    swept += await clearPresent(store, coverage, outside);
    const some = outside.length > 0 || coverage.selectorSince !== undefined;
    if (some) swept += await removeAbsent(store, coverage.source, removedAfter);
  }
  return swept;
}

/** For the first look at everything that a new label selector selects. */
const SELECTION_GRACE = 10 * 60 * 1_000_000;
const LOOKED_AT_SINCE = `EXISTS (
  SELECT FROM watermarks w WHERE w.subject_hash = i.subject_hash AND w.namespace = i.namespace AND w.source = i.source
    AND w.key IN ('', i.key) AND w.epoch >= $3::bigint)`;

/** Row 8 for labels: what the leader has not looked at since it selects by others. Epochs are µs of the clock. */
async function markUnselected(store: SqlStore, { source, selectorSince: since }: Coverage): Promise<number> {
  if (since === undefined || (await store.now()) < since + SELECTION_GRACE) return 0;
  const reason = 'LabelsNotSelected';
  const message = `the source ${source} no longer selects this by its labels, or it is gone: nobody looks at this`;
  return sweepIssues(store, {
    where: `${OF_SOURCE} AND NOT i.conditions @> $2::jsonb AND NOT ${LOOKED_AT_SINCE}`,
    values: [source, ABSENT_CONDITION, since],
    write(issue, now, { watermarks }) {
      const seen = ['', issue.spec.key].some((key) => epochOf(watermarks.get(key)) >= since);
      if (seen || issue.state !== 'Active') return undefined;
      return {
        op: 'update',
        issue: { ...withCondition(issue, ABSENT, { reason, message, since: now }), changedAt: now },
      };
    },
  });
}

function epochOf(watermark: OrderKey | undefined): number {
  return watermark === undefined || watermark.class === 'received' ? 0 : watermark.epoch;
}

/** Namespaces with Active issues of the source that nobody looks at. Cluster-scoped subjects have no namespace to filter. */
async function namespacesOutside(store: SqlStore, { source, filters, absentSince }: Coverage): Promise<string[]> {
  if (absentSince === undefined && filters.some(coversEverything)) return [];
  const rows = await store.database.query<{ namespace: string }>(
    `SELECT DISTINCT i.namespace FROM issues i
     WHERE i.source = $1 AND i.state = 'Active' AND ($2 OR i.subject_namespace <> '')`,
    [source, absentSince !== undefined],
  );
  const inside = (namespace: string): boolean => filters.some((filter) => coversNamespace(filter, namespace));
  return rows.map(({ namespace }) => namespace).filter((namespace) => !inside(namespace));
}

const OF_SOURCE = `i.source = $1 AND i.state = 'Active'`;

async function markAbsent(store: SqlStore, coverage: Coverage, outside: readonly string[]): Promise<number> {
  const { source, absentSince } = coverage;
  const whole = absentSince !== undefined;
  const message = whole
    ? `no manager registers the source ${source} any more: nobody looks at this`
    : `the source ${source} no longer covers this namespace: nobody looks at this`;
  const reason = whole ? 'SourceNotRegistered' : 'NamespaceNotCovered';
  return sweepIssues(store, {
    where: `${OF_SOURCE} AND i.namespace = ANY($2) AND ($4 OR i.subject_namespace <> '') AND NOT i.conditions @> $3::jsonb`,
    values: [source, outside, ABSENT_CONDITION, whole],
    write: (issue, now) => {
      const marked = withCondition(issue, ABSENT, { reason, message, since: absentSince ?? now });
      return issue.state === 'Active' && marked !== issue
        ? { op: 'update', issue: { ...marked, changedAt: now } }
        : undefined;
    },
  });
}

async function clearPresent(
  store: SqlStore,
  { source, selectorSince: since = 0 }: Coverage,
  outside: readonly string[],
): Promise<number> {
  return sweepIssues(store, {
    where: `${OF_SOURCE} AND i.conditions @> $2::jsonb AND NOT i.namespace = ANY($4) AND ($3::bigint = 0 OR ${LOOKED_AT_SINCE})`,
    values: [source, ABSENT_CONDITION, since, outside],
    write: (issue, now) => {
      const present = withCondition(issue, ABSENT, undefined);
      return present === issue ? undefined : { op: 'update', issue: { ...present, changedAt: now } };
    },
  });
}

async function removeAbsent(store: SqlStore, source: string, removedAfter: number): Promise<number> {
  const before = (await store.now()) / 1_000 - removedAfter;
  const isOver = (issue: StoredIssue): boolean => {
    const absent = issue.conditions.find(({ type }) => type === ABSENT);
    return absent !== undefined && Date.parse(absent.lastTransitionTime) <= before;
  };
  return sweepIssues(store, {
    where: `${OF_SOURCE} AND i.conditions @> $2::jsonb AND EXISTS (
      SELECT FROM jsonb_to_recordset(i.conditions) AS c(type text, "lastTransitionTime" timestamptz)
      WHERE c.type = '${ABSENT}' AND c."lastTransitionTime" <= ${timestamp('$3::bigint')})`,
    values: [source, ABSENT_CONDITION, Math.floor(before * 1_000)],
    write: (issue, now) =>
      issue.state === 'Active' && isOver(issue)
        ? resolveIssue(issue, { at: now, now, reason: 'SourceRemoved' })
        : undefined,
  });
}

interface Sweep {
  /** SQL on `issues i`; what has been swept must not match again. */
  readonly where: string;
  readonly values: readonly unknown[];
  /** The same condition on what is stored now, and what to write; undefined when it does not hold any more. */
  readonly write: (issue: StoredIssue, now: number, subject: SubjectState) => IssueWrite | undefined;
}

/** Applies a sweep in batches until nothing is left or a batch got nowhere, and answers how many issues it wrote. */
export async function sweepIssues(store: SqlStore, sweep: Sweep): Promise<number> {
  let swept = 0;
  for (;;) {
    const rows = await store.database.query<IssueRow>(
      `SELECT ${ISSUE_SELECT} FROM issues i WHERE ${sweep.where} LIMIT ${BATCH}`,
      sweep.values,
    );
    const written = rows.length === 0 ? 0 : await sweepBatch(store, rows.map(storedIssue), sweep.write);
    swept += written;
    if (written === 0 || rows.length < BATCH) return swept;
  }
}

async function sweepBatch(store: SqlStore, candidates: readonly StoredIssue[], write: Sweep['write']): Promise<number> {
  const ids = new Set(candidates.map(({ id }) => id));
  const refs = new Map(candidates.map(subjectRef).map((ref) => [`${ref.namespace}/${ref.source}/${ref.hash}`, ref]));
  const { now, subjects } = await store.readSubjects([...refs.values()]);
  const writes = subjects.flatMap((state): SubjectWrite[] => {
    const issues = [...state.issues.values()]
      .filter(({ id }) => ids.has(id))
      .flatMap((issue) => write(issue, now, state) ?? []);
    if (issues.length === 0) return [];
    const { ref, version, everyAspectVersion, watermarks } = state;
    return [
      {
        ...{ ref, issues, expectedVersion: version, expectedEveryAspectVersion: everyAspectVersion },
        watermarks: new Map([['', watermarks.get('')]]),
      },
    ];
  });
  const { outcomes } = await store.commit(writes);
  return writes.reduce((sum, { issues }, index) => sum + (outcomes[index] === 'committed' ? issues.length : 0), 0);
}
