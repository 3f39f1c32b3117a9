import type { Issue } from '../../crds/issue.ts';
import { API_VERSION, LABEL_KEY, LABEL_VALUE, LABELS } from '../../crds/names.ts';
import { formatTime } from '../../crds/time.ts';
import type { StoredIssue } from './store.ts';
import { conditionsOf } from './transitions.ts';

/** A stored issue as Kubernetes clients see it: contracts.md "Issue". Every time is RFC 3339, UTC, whole seconds. */

/** What of a stored issue is served. */
export type ServedIssue = Omit<
  StoredIssue,
  'id' | 'namespaceUid' | 'fingerprint' | 'contentHash' | 'expiresAt' | 'manual' | 'hiddenAt' | 'changedAt'
>;

/** With the resourceVersion of its last change. */
export function issueObject(issue: ServedIssue): Issue {
  return withResourceVersion(unversionedIssue(issue), issue.change);
}

/** As served, but for the resourceVersion: the number of a change is known only under the lock. */
export type UnversionedIssue = Omit<Issue, 'metadata'> & { metadata: UnversionedMeta };

/** Without resourceVersion, as the change log keeps it. */
export function unversionedIssue(issue: ServedIssue): UnversionedIssue {
  return {
    apiVersion: API_VERSION,
    kind: 'Issue',
    metadata: {
      name: issue.name,
      namespace: issue.namespace,
      uid: issue.uid,
      creationTimestamp: time(issue.createdAt),
      generation: issue.generation,
      labels: servedLabels(issue),
    },
    spec: issue.spec,
    status: {
      state: issue.state,
      openedAt: time(issue.openedAt),
      ...(issue.resolvedAt === undefined ? {} : { resolvedAt: time(issue.resolvedAt) }),
      ...(issue.resolvedReason ? { resolvedReason: issue.resolvedReason } : {}),
      firstSeenAt: time(issue.firstSeenAt),
      lastSeenAt: time(issue.lastSeenAt),
      occurrences: issue.occurrences,
      reopened: issue.reopened,
      ...(issue.observed ? { observed: issue.observed } : {}),
      ...(issue.acknowledged ? { acknowledged: issue.acknowledged } : {}),
      ...(issue.snoozedUntil ? { snoozedUntil: issue.snoozedUntil } : {}),
      ...(issue.assignee ? { assignee: issue.assignee } : {}),
      ...(issue.due ? { due: issue.due } : {}),
      ...(issue.escalated ? { escalated: issue.escalated } : {}),
      conditions: conditionsOf(issue),
    },
  };
}

type UnversionedMeta = Omit<Issue['metadata'], 'resourceVersion'>;

/** Puts the number of a change where clients look for it. */
export function withResourceVersion<T extends { metadata: object }>(object: T, change: number): T & Issue {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(change) } } as T & Issue;
}

/**
 * The labels as served: those of the observation and ours, which win. What is not a valid label is left out; field
 * selectors serve it.
 */
export function servedLabels(issue: Pick<StoredIssue, 'labels' | 'spec' | 'state'>): Record<string, string> {
  const all: Record<string, string> = {
    ...issue.labels,
    [LABELS.severity]: issue.spec.severity,
    [LABELS.type]: issue.spec.type,
    [LABELS.state]: issue.state,
    [LABELS.source]: issue.spec.source,
    [LABELS.subjectKind]: issue.spec.subject.kind,
  };
  for (const [key, value] of Object.entries(all)) {
    if (!LABEL_KEY.test(key) || !LABEL_VALUE.test(value)) delete all[key];
  }
  return all;
}

/**
 * The selectable fields. `column`: where the table `issues` (as `i`) has those that can change; the others are part of
 * the identity and are read from the object.
 */
const FIELDS: readonly {
  readonly name: string;
  readonly column?: string;
  readonly of: (issue: Selectable) => string;
}[] = [
  { name: 'metadata.name', of: ({ metadata }) => metadata.name },
  { name: 'metadata.namespace', of: ({ metadata }) => metadata.namespace },
  { name: 'status.state', column: 'i.state', of: ({ status }) => status.state },
  { name: 'spec.severity', column: 'i.severity', of: ({ spec }) => spec.severity },
  { name: 'spec.type', column: 'i.type', of: ({ spec }) => spec.type },
  { name: 'spec.source', of: ({ spec }) => spec.source },
  { name: 'spec.reason', column: 'i.reason', of: ({ spec }) => spec.reason },
  { name: 'spec.subject.kind', of: ({ spec }) => spec.subject.kind },
  { name: 'spec.subject.name', of: ({ spec }) => spec.subject.name },
  {
    name: 'status.observed.name',
    column: `coalesce(i.observed->>'name', '')`,
    of: ({ status }) => status.observed?.name ?? '',
  },
  {
    name: 'status.observed.uid',
    column: `coalesce(i.observed->>'uid', '')`,
    of: ({ status }) => status.observed?.uid ?? '',
  },
];

/** What the selectable fields are read from. */
interface Selectable {
  readonly metadata: Pick<Issue['metadata'], 'name' | 'namespace'>;
  readonly spec: Issue['spec'];
  readonly status: Pick<Issue['status'], 'state' | 'observed'>;
}

/** Values of the selectable fields of an issue as served; a missing one is '', as a field selector sees it. */
export function issueFields(issue: Selectable): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const { name, of } of FIELDS) fields[name] = of(issue);
  return fields;
}

/** `issueFields` of `issueObject(issue)`, without making it. */
export function storedFields({ namespace, name, spec, state, observed }: StoredIssue): Record<string, string> {
  const status = { state, ...(observed && { observed }) };
  return issueFields({ metadata: { namespace, name }, spec, status });
}

/** SQL for the fields of the row `i` of `issues` that can change, as jsonb: over `issueFields` of a later object. */
export const CHANGING_FIELDS_SQL = `jsonb_build_object(${FIELDS.flatMap(({ name, column }) =>
  column ? [`'${name}', ${column}`] : [],
).join(', ')})`;

function time(micros: number): string {
  return formatTime(micros / 1_000);
}
