import { SEVERITIES } from '../../crds/issue.ts';
import { micros, timestamp } from './issue-row.ts';
import type { Scope, SearchFilter, SearchLabel, SearchPosition, SearchSort, SortColumn } from './search.ts';

/** Of a question, in ms. */
export const TIMEOUT_MS = 5_000;
export const LIMITED = { timeoutMs: TIMEOUT_MS + 1_000 };

/** Collects values and answers their places. */
export class Parameters {
  readonly values: unknown[] = [];

  add(value: unknown): string {
    return `$${this.values.push(value)}`;
  }
}

const ASCII_PUNCTUATION = `!"#$%&''()*+,-./:;<=>?@[\\]^_\`{|}~`;

/**
 * Text as it is indexed and asked for: without punctuation, CamelCase apart. So `quay.io/shop/web:1.2`, `web-build-x7k2p`
 * and `TaskRunFailed` are found by each of their parts, and by themselves.
 */
export function plainWords(expression: string): string {
  const apart = `regexp_replace(${expression}, '([a-z0-9])([A-Z])', '\\1 \\2', 'g')`;
  return `translate(${apart}, '${ASCII_PUNCTUATION}', '${' '.repeat(32)}')`;
}

/** SQL of the row `x` of `issue_index` for each sort column: never NULL. `read`: how its value travels in a position. */
const SORTS: Readonly<Record<SortColumn, { sql: string; kind: 'text' | 'number' | 'time' }>> = {
  openedAt: { sql: 'x.opened_at', kind: 'time' },
  resolvedAt: { sql: 'x.resolved_at', kind: 'time' },
  lastSeenAt: { sql: 'x.last_seen_at', kind: 'time' },
  severity: { sql: 'x.severity', kind: 'number' },
  occurrences: { sql: 'x.occurrences', kind: 'number' },
  reopened: { sql: 'x.reopened', kind: 'number' },
  type: { sql: 'x.type', kind: 'text' },
  state: { sql: 'x.state', kind: 'text' },
  source: { sql: 'x.source', kind: 'text' },
  reason: { sql: 'x.reason', kind: 'text' },
  title: { sql: 'x.title', kind: 'text' },
  namespace: { sql: 'x.namespace', kind: 'text' },
  name: { sql: 'x.name', kind: 'text' },
  subject: { sql: 'x.subject_name', kind: 'text' },
  stage: { sql: 'x.stage', kind: 'text' },
  group: { sql: 'x.group_name', kind: 'text' },
  assignee: { sql: 'x.assignee', kind: 'text' },
};

export interface Order {
  /** Of the position, after `SELECT`. */
  readonly value: string;
  /** After `ORDER BY`. */
  readonly by: string;
  /** The condition for what comes after a position. */
  readonly after: (position: SearchPosition, parameters: Parameters) => string;
}

export function orderOf({ by, descending }: SearchSort & { readonly by: SortColumn }): Order {
  const { sql, kind } = SORTS[by];
  const direction = descending ? 'DESC' : 'ASC';
  return {
    value: kind === 'time' ? micros(sql) : sql,
    by: `${sql} ${direction}, x.issue_id ${direction}`,
    after({ value, id }, parameters) {
      const place = parameters.add(value);
      const typed =
        kind === 'time' ? timestamp(`${place}::bigint`) : `${place}::${kind === 'number' ? 'bigint' : 'text'}`;
      return `(${sql}, x.issue_id) ${descending ? '<' : '>'} (${typed}, ${parameters.add(id)}::uuid)`;
    },
  };
}

/** Conditions on the row `x` of `issue_index`. */
export function conditions(filter: SearchFilter, namespaces: Scope, parameters: Parameters): string[] {
  const { severities, labels = [], openedSince, openedBefore } = filter;
  const found = IN.flatMap(([member, column]) => {
    const values = filter[member] as readonly string[] | undefined;
    return values === undefined ? [] : [anyOf(column, values, parameters)];
  });
  if (namespaces !== 'all') found.push(anyOf('x.namespace', namespaces, parameters));
  if (severities) {
    const ranks = severities.map((severity) => SEVERITIES.indexOf(severity));
    found.push(`x.severity = ANY (${parameters.add(ranks)}::smallint[])`);
  }
  if (openedSince !== undefined) found.push(`x.opened_at >= ${timestamp(`${parameters.add(openedSince)}::bigint`)}`);
  if (openedBefore !== undefined) found.push(`x.opened_at < ${timestamp(`${parameters.add(openedBefore)}::bigint`)}`);
  return [...found, ...labels.map((label) => labelCondition(label, parameters))];
}

const IN = [
  ['states', 'x.state'],
  ['types', 'x.type'],
  ['sources', 'x.source'],
  ['reasons', 'x.reason'],
  ['subjectKinds', 'x.subject_kind'],
  ['subjects', 'x.subject_name'],
  ['groups', 'x.group_name'],
  ['assignees', 'x.assignee'],
  ['stages', 'x.stage'],
] as const satisfies readonly (readonly [keyof SearchFilter, string])[];

/** One value as an equality: only that finds a partial index. */
function anyOf(column: string, values: readonly string[], parameters: Parameters): string {
  const [only] = values;
  if (values.length !== 1 || only === undefined) return `${column} = ANY (${parameters.add(values)}::text[])`;
  const equal = `${column} = ${parameters.add(only)}::text`;
  return only !== '' && PARTIAL.has(column) ? `${equal} AND ${column} <> ''` : equal;
}

const PARTIAL: ReadonlySet<string> = new Set(['x.group_name', 'x.assignee']);

function labelCondition(label: SearchLabel, parameters: Parameters): string {
  const { operator, key } = label;
  switch (operator) {
    case 'exists':
      return `jsonb_exists(x.labels, ${parameters.add(key)}::text)`;
    case 'absent':
      return `NOT jsonb_exists(x.labels, ${parameters.add(key)}::text)`;
    case 'in': {
      const any = [...label.values].map(
        (value) => `x.labels @> ${parameters.add(JSON.stringify({ [key]: value }))}::jsonb`,
      );
      return any.length === 0 ? 'false' : `(${any.join(' OR ')})`;
    }
    case 'notin':
      return `NOT coalesce(x.labels->>${parameters.add(key)}::text, '') = ANY (${parameters.add([...label.values])}::text[])`;
    default:
      throw new Error(`no such operator: ${operator satisfies never}`);
  }
}
