import { FINGERPRINT_VERSION, issueName } from '../../crds/identity.ts';
import type { IssueSpec, IssueState, ObservedObject, ResolvedReason } from '../../crds/issue.ts';
import { type Condition, groupOf } from '../../crds/meta.ts';
import { LABELS } from '../../crds/names.ts';
import { formatTime, parseTime } from '../../crds/time.ts';
import type { ServedIssue } from './issue-object.ts';
import type { StoredIssue } from './store.ts';

/**
 * A row of `issues` and a StoredIssue are the same thing twice; this file is the only one that knows both. Times cross
 * as µs since 1970, hashes as hex, so that JSON and every driver carry them alike.
 */

interface Column {
  readonly name: string;
  /** How the column travels: its type in `jsonb_to_recordset`, and what makes the column of it and it of the column. */
  readonly wire: 'text' | 'bigint' | 'json' | 'jsonb' | 'uuid' | 'micros' | 'hex';
  /** Identity never changes after the insert. */
  readonly fixed?: true;
  /** Not in the record: it travels as text of its own. */
  readonly from?: string;
}

const fixed = true;
const COLUMNS: readonly Column[] = [
  { name: 'id', wire: 'uuid', fixed },
  { name: 'namespace', wire: 'text', fixed },
  { name: 'namespace_uid', wire: 'text' },
  { name: 'fingerprint', wire: 'hex', fixed },
  { name: 'fingerprint_version', wire: 'bigint', fixed },
  { name: 'uid', wire: 'uuid' },
  { name: 'generation', wire: 'bigint' },
  { name: 'created_at', wire: 'micros' },
  { name: 'source', wire: 'text', fixed },
  { name: 'subject_hash', wire: 'hex', fixed },
  { name: 'subject_group', wire: 'text', fixed },
  { name: 'subject_kind', wire: 'text', fixed },
  { name: 'subject_namespace', wire: 'text', fixed },
  { name: 'subject_name', wire: 'text', fixed },
  { name: 'aspect', wire: 'text', fixed },
  { name: 'key', wire: 'text', fixed },
  { name: 'severity', wire: 'text' },
  { name: 'type', wire: 'text' },
  { name: 'reason', wire: 'text' },
  { name: 'stage', wire: 'text' },
  { name: 'labels', wire: 'jsonb' },
  { name: 'served_labels', wire: 'jsonb' },
  { name: 'spec', wire: 'json', from: 'x.spec::json' },
  { name: 'state', wire: 'text' },
  { name: 'opened_at', wire: 'micros' },
  { name: 'resolved_at', wire: 'micros' },
  { name: 'resolved_reason', wire: 'text' },
  { name: 'first_seen_at', wire: 'micros' },
  { name: 'last_seen_at', wire: 'micros' },
  { name: 'occurrences', wire: 'bigint' },
  { name: 'reopened', wire: 'bigint' },
  { name: 'observed', wire: 'jsonb' },
  { name: 'expires_at', wire: 'micros' },
  { name: 'content_hash', wire: 'hex' },
  { name: 'acknowledged', wire: 'jsonb' },
  { name: 'snoozed_until', wire: 'micros' },
  { name: 'assignee', wire: 'text' },
  { name: 'lifecycle', wire: 'jsonb' },
  { name: 'conditions', wire: 'jsonb' },
  { name: 'manual', wire: 'jsonb' },
  { name: 'hidden_at', wire: 'micros' },
  { name: 'changed_at', wire: 'micros' },
];

const MICROS: ReadonlySet<string> = new Set(COLUMNS.flatMap(({ name, wire }) => (wire === 'micros' ? [name] : [])));

/**
 * For `jsonb_to_recordset(…) AS (…)`: what `issueRow` gives, without `name` and `change`, which the commit decides.
 * `x.spec` comes beside it.
 */
export const ISSUE_RECORD: readonly string[] = COLUMNS.filter(({ from }) => !from).map(({ name, wire }) => {
  const type = wire === 'micros' ? 'bigint' : wire === 'hex' ? 'text' : wire;
  return `${name} ${type}`;
});

export const ISSUE_INSERT_COLUMNS = COLUMNS.map(({ name }) => name).join(', ');
/** The values of `ISSUE_INSERT_COLUMNS` from the record `x`. */
export const ISSUE_INSERT_VALUES = COLUMNS.map(stored).join(', ');
/** `SET` of an update from the record `x`. */
export const ISSUE_SET = COLUMNS.filter((column) => !column.fixed)
  .map((column) => `${column.name} = ${stored(column)}`)
  .join(', ');

/** Columns that an IssueRow is read from; the table is `i`. */
export const ISSUE_SELECT = [
  ...COLUMNS.filter(({ name }) => name !== 'served_labels' && name !== 'fingerprint_version' && name !== 'stage').map(
    ({ name, wire }) => {
      if (wire === 'micros') return `${micros(`i.${name}`)} AS ${name}`;
      return wire === 'hex' ? `encode(i.${name}, 'hex') AS ${name}` : `i.${name}`;
    },
  ),
  'i.name',
  'i.change',
].join(', ');

/** µs since 1970 of a timestamptz. By float8, exact until the year 2242 and much quicker than `extract`'s numeric. */
export function micros(expression: string): string {
  return `round(date_part('epoch', ${expression}) * 1000000)::bigint`;
}

/** The reverse. */
export function timestamp(expression: string): string {
  return `to_timestamp(${expression} / 1000000::float8)`;
}

function stored({ name, wire, from }: Column): string {
  if (from) return from;
  if (wire === 'micros') return timestamp(`x.${name}`);
  return wire === 'hex' ? `decode(x.${name}, 'hex')` : `x.${name}`;
}

/** What `ISSUE_SELECT` reads. */
export interface IssueRow {
  id: string;
  namespace: string;
  namespace_uid: string;
  fingerprint: string;
  uid: string;
  name: string;
  generation: number;
  created_at: number;
  source: string;
  subject_hash: string;
  key: string;
  labels: Record<string, string>;
  spec: IssueSpec;
  state: IssueState;
  opened_at: number;
  resolved_at: number | null;
  resolved_reason: ResolvedReason | null;
  first_seen_at: number;
  last_seen_at: number;
  occurrences: number;
  reopened: number;
  observed: ObservedObject | null;
  expires_at: number | null;
  content_hash: string;
  acknowledged: { by: string; at: string } | null;
  snoozed_until: number | null;
  assignee: string | null;
  lifecycle: Lifecycle | null;
  conditions: Condition[];
  manual: NonNullable<StoredIssue['manual']> | null;
  hidden_at: number | null;
  changed_at: number;
  change: number;
}

/** The columns of what is served of an issue, but for `spec`. */
const SERVED = [
  ...['namespace', 'name', 'uid', 'generation', 'created_at', 'labels', 'state', 'opened_at', 'resolved_at'],
  ...['resolved_reason', 'first_seen_at', 'last_seen_at', 'occurrences', 'reopened', 'observed', 'acknowledged'],
  ...['snoozed_until', 'assignee', 'lifecycle', 'conditions', 'change'],
] as const;

/** A `ServedRow` as one JSON text: a driver makes two texts of a row, not twenty. The table is `i`. */
export const SERVED_SELECT = `json_build_object(${SERVED.map(
  (name) => `'${name}', ${MICROS.has(name) ? micros(`i.${name}`) : `i.${name}`}`,
).join(', ')})`;

export type ServedRow = Pick<IssueRow, (typeof SERVED)[number]>;

/** What is served of an issue, but for `spec`. */
export function servedIssue(row: ServedRow): Omit<ServedIssue, 'spec'> {
  return {
    namespace: row.namespace,
    name: row.name,
    uid: row.uid,
    generation: row.generation,
    createdAt: row.created_at,
    labels: row.labels,
    state: row.state,
    openedAt: row.opened_at,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    occurrences: row.occurrences,
    reopened: row.reopened,
    conditions: row.conditions,
    change: row.change,
    ...present({
      resolvedAt: row.resolved_at,
      resolvedReason: row.resolved_reason,
      observed: row.observed,
      acknowledged: row.acknowledged,
      snoozedUntil: row.snoozed_until === null ? null : formatTime(row.snoozed_until / 1_000),
      assignee: row.assignee,
    }),
    ...row.lifecycle,
  };
}

export function storedIssue(row: IssueRow): StoredIssue {
  return {
    ...servedIssue(row),
    id: row.id,
    namespaceUid: row.namespace_uid,
    fingerprint: row.fingerprint,
    spec: row.spec,
    contentHash: row.content_hash,
    changedAt: row.changed_at,
    ...present({ expiresAt: row.expires_at, hiddenAt: row.hidden_at, manual: row.manual }),
  };
}

/** What the column `lifecycle` holds: that most issues have none of. */
type Lifecycle = Pick<StoredIssue, 'due' | 'reopenings' | 'escalated'>;

function lifecycleOf({ due, reopenings, escalated }: StoredIssue): Lifecycle | undefined {
  if (!due && !reopenings && !escalated) return undefined;
  return { ...(due && { due }), ...(reopenings && { reopenings }), ...(escalated && { escalated }) };
}

/**
 * The columns of `ISSUE_RECORD` as JSON, but for `identityRow`; a missing property becomes NULL. `labels`: as served.
 */
export function issueRow(issue: StoredIssue, labels: Readonly<Record<string, string>>): Record<string, unknown> {
  const { spec } = issue;
  return {
    id: issue.id,
    namespace: issue.namespace,
    namespace_uid: issue.namespaceUid,
    uid: issue.uid,
    generation: issue.generation,
    created_at: issue.createdAt,
    severity: spec.severity,
    type: spec.type,
    reason: spec.reason,
    stage: issue.labels[LABELS.stage],
    labels: issue.labels,
    served_labels: labels,
    state: issue.state,
    opened_at: issue.openedAt,
    resolved_at: issue.resolvedAt,
    resolved_reason: issue.resolvedReason,
    first_seen_at: issue.firstSeenAt,
    last_seen_at: issue.lastSeenAt,
    occurrences: issue.occurrences,
    reopened: issue.reopened,
    observed: issue.observed,
    expires_at: issue.expiresAt,
    content_hash: issue.contentHash,
    acknowledged: issue.acknowledged,
    snoozed_until: issue.snoozedUntil === undefined ? undefined : microsOf(issue.snoozedUntil),
    assignee: issue.assignee,
    lifecycle: lifecycleOf(issue),
    conditions: issue.conditions,
    manual: issue.manual,
    hidden_at: issue.hiddenAt,
    changed_at: issue.changedAt,
  };
}

/** What only an insert needs: it never changes. */
export function identityRow({ fingerprint, spec }: StoredIssue, subjectHash: string): Record<string, unknown> {
  return {
    fingerprint,
    fingerprint_version: FINGERPRINT_VERSION,
    source: spec.source,
    subject_hash: subjectHash,
    subject_group: groupOf(spec.subject.apiVersion),
    subject_kind: spec.subject.kind,
    subject_namespace: spec.subject.namespace ?? '',
    subject_name: spec.subject.name,
    aspect: spec.subject.aspect ?? '',
    key: spec.key,
  };
}

/** The name to take when `issue.name` belongs to another issue of the namespace already. */
export function longName(issue: StoredIssue): string {
  return issueName(issue.spec.subject, Buffer.from(issue.fingerprint, 'hex'), 12);
}

function microsOf(text: string): number | undefined {
  const ms = parseTime(text);
  return ms === undefined ? undefined : ms * 1_000;
}

/** The entries that are not null: an optional property is absent rather than null. */
function present<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const found: { [K in keyof T]?: NonNullable<T[K]> } = {};
  for (const key of Object.keys(values) as (keyof T)[]) {
    const value = values[key];
    if (value !== null) found[key] = value as NonNullable<T[keyof T]>;
  }
  return found;
}
