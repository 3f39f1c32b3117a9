import type { Issue } from '../../crds/issue.ts';
import { LABEL_VALUE, LABELS } from '../../crds/names.ts';
import type { Filters, GetOptions } from '../commands/get.ts';
import { momentOf } from '../commands/reading.ts';

/** What the server is asked to select, and what is left to look at here. */
export interface Selection {
  readonly labelSelector: string;
  readonly fieldSelector: string;
  /** Undefined: the server selects everything that was asked for, and nobody needs the objects. */
  readonly keeps: ((issue: Issue) => boolean) | undefined;
}

/**
 * Labels and fields select at the server; what neither has is looked at in each object. `me`: who asks, for --mine;
 * `now`: ms since 1970, what --since counts from.
 */
export function selectionOf(
  { filters, selector, fieldSelector, names }: GetOptions,
  me: string | undefined,
  now: number,
): Selection {
  const labels: string[] = selector ? [selector] : [];
  const fields: string[] = fieldSelector ? [fieldSelector] : [];
  const looks: ((issue: Issue) => boolean)[] = [];
  if (names.length === 1) fields.push(`metadata.name=${names[0]}`);
  const label = (key: string, values: readonly string[], of: (issue: Issue) => string): void => {
    if (values.length === 0) return;
    if (values.every((value) => LABEL_VALUE.test(value))) labels.push(`${key} in (${values.join(',')})`);
    else looks.push((issue) => values.includes(of(issue)));
  };
  label(LABELS.severity, filters.severity, ({ spec }) => spec.severity);
  label(LABELS.type, filters.type, ({ spec }) => spec.type);
  label(LABELS.state, filters.state, ({ status }) => status.state);
  label(LABELS.source, filters.source, ({ spec }) => spec.source);
  const [reason] = filters.reason;
  if (filters.reason.length === 1) fields.push(`spec.reason=${escaped(reason ?? '')}`);
  else any(filters.reason, ({ spec }) => spec.reason, looks);
  any(filters.group, ({ spec }) => spec.group, looks);
  any([...filters.assignee, ...(filters.mine ? [me ?? ''] : [])], ({ status }) => status.assignee, looks);
  const kinds = (filters.kind ?? []).map((kind) => kind.toLowerCase());
  if (kinds.length > 0) looks.push(({ spec }) => kinds.includes(spec.subject.kind.toLowerCase()));
  subjects(filters, fields, looks);
  const since = filters.since === undefined ? undefined : momentOf(filters.since, now);
  if (since !== undefined) looks.push(({ status }) => Date.parse(status.openedAt) >= since);
  return {
    labelSelector: labels.join(','),
    fieldSelector: fields.join(','),
    keeps: looks.length === 0 ? undefined : (issue) => looks.every((look) => look(issue)),
  };
}

function any(
  values: readonly string[],
  of: (issue: Issue) => string | undefined,
  looks: ((issue: Issue) => boolean)[],
): void {
  if (values.length > 0) looks.push((issue) => values.includes(of(issue) ?? ''));
}

function subjects({ subject }: Filters, fields: string[], looks: ((issue: Issue) => boolean)[]): void {
  const wanted = subject.map(subjectOf);
  const [first] = wanted;
  if (first === undefined) return;
  if (wanted.length === 1) fields.push(`spec.subject.name=${escaped(first.name)}`);
  // Kinds are CamelCase, and nobody types them so.
  if (wanted.length === 1 && first.kind === undefined) return;
  looks.push(({ spec: { subject: is } }) =>
    wanted.some(
      ({ kind, name }) => is.name === name && (kind === undefined || is.kind.toLowerCase() === kind.toLowerCase()),
    ),
  );
}

/** `Component/web`; a name may have slashes of its own, as URLs do. */
function subjectOf(text: string): { kind: string | undefined; name: string } {
  const [, kind, name = text] = /^([A-Za-z][A-Za-z0-9]*)\/(?!\/)(.+)$/.exec(text) ?? [];
  return { kind, name };
}

/** A value in a field selector. */
export function escaped(value: string): string {
  return value.replace(/[\\,=]/g, '\\$&');
}
