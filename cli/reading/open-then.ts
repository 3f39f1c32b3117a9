import type { Issue } from '../../crds/issue.ts';
import type { IssueCounts, IssueStatisticsStatus } from '../../crds/issue-statistics.ts';
import { LABELS } from '../../crds/names.ts';
import type { Asker } from './ask.ts';
import { Refusal } from './fault.ts';
import { listPages } from './issues.ts';

/** Which issues statistics are about; an empty list is any. */
export interface Scope {
  /** Undefined: all. */
  readonly namespace: string | undefined;
  readonly types: readonly string[];
  readonly subjects: readonly string[];
  readonly asOf: string;
}

/**
 * Statistics whose `open` is of that moment: the server counts what is open now. Undefined for who may not list all that is
 * counted.
 */
export async function withOpenThen(
  asker: Asker,
  status: IssueStatisticsStatus,
  { namespace, types, subjects, asOf }: Scope,
): Promise<IssueStatisticsStatus | undefined> {
  const open: Issue[] = [];
  const labelSelector = `${LABELS.state}=Active`;
  try {
    const query = { namespace, asOf, labelSelector, fieldSelector: '', table: false, objects: true };
    for await (const { rows } of listPages(asker, query)) open.push(...rows.map(({ object }) => object));
  } catch (error) {
    if (error instanceof Refusal && error.status === 403) return undefined;
    throw error;
  }
  const isAsked = ({ spec }: Issue): boolean =>
    (types.length === 0 || types.includes(spec.type)) &&
    (subjects.length === 0 || subjects.includes(spec.subject.name));
  return openOf(status, open.filter(isAsked));
}

/** Pure. Rows that nothing happened in since have only what was open. */
export function openOf(status: IssueStatisticsStatus, open: readonly Issue[]): IssueStatisticsStatus {
  const namespaces = counted(
    status.namespaces,
    open,
    ({ namespace }) => namespace,
    ({ metadata }) => ({ namespace: metadata.namespace }),
  );
  const types = counted(
    status.types,
    open,
    ({ type }) => type,
    ({ spec }) => ({ type: spec.type }),
  );
  const subjects = counted(
    status.subjects,
    open,
    ({ namespace, kind, subject }) => JSON.stringify([namespace, kind, subject]),
    ({ metadata, spec }) => ({ namespace: metadata.namespace, kind: spec.subject.kind, subject: spec.subject.name }),
  );
  // The server's subjects are those that matter most, and no others join them.
  const known = subjects.slice(0, status.subjects.length);
  return { ...status, total: { ...status.total, open: open.length }, namespaces, types, subjects: known };
}

/** `keyOf`: what a row is about; `of`: what an issue belongs to. */
function counted<Names extends object>(
  rows: readonly (IssueCounts & Names)[],
  open: readonly Issue[],
  keyOf: (names: Names) => string,
  of: (issue: Issue) => Names,
): (IssueCounts & Names)[] {
  const issues = Map.groupBy(open, (issue) => keyOf(of(issue)));
  const known = rows.map((row) => ({ ...row, open: issues.get(keyOf(row))?.length ?? 0 }));
  const keys = new Set(rows.map(keyOf));
  const others = [...issues].filter(([key]) => !keys.has(key));
  return [
    ...known,
    ...others.map(([, each]) => ({ ...of(each[0] as Issue), open: each.length, opened: 0, resolved: 0 })),
  ];
}
