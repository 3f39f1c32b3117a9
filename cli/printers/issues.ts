import type { Cell, Column } from '../../apiserver/kube/resource.ts';
import { humanDuration } from '../../crds/duration.ts';
import type { Issue, IssueList } from '../../crds/issue.ts';
import { API_VERSION } from '../../crds/names.ts';
import { escapeForTerminal } from '../../crds/text.ts';
import { parseTime } from '../../crds/time.ts';
import { formatTable } from './table.ts';
import { yamlText } from './yaml-text.ts';

export const OUTPUTS = ['table', 'wide', 'yaml', 'json', 'name'] as const;
export type OutputFormat = (typeof OUTPUTS)[number];

export interface PrintOptions {
  readonly output: OutputFormat;
  /** Those of the served resource, so that this and kubectl print the same. */
  readonly columns: readonly Column<Issue>[];
  /** The first column names the namespace, as with `kubectl get -A`. */
  readonly withNamespace: boolean;
  /** ms since 1970: what ages are counted from. */
  readonly now: number;
}

/** The issues as kubectl prints them; yaml and json are the IssueList that the API would serve. */
export function printIssues(list: IssueList, options: PrintOptions): string {
  switch (options.output) {
    case 'table':
      return issueTable(list.items, options, 0);
    case 'wide':
      return issueTable(list.items, options, Infinity);
    case 'json':
      return `${escapeForTerminal(JSON.stringify(list, null, 4))}\n`;
    case 'yaml':
      return yamlText(list);
    case 'name':
      return list.items.map(({ metadata }) => `issue.faultline.dev/${metadata.name}\n`).join('');
    default:
      throw new Error(`no such output: ${options.output satisfies never}`);
  }
}

/** As the API lists them: by namespace, then name. */
export function issueList(items: readonly Issue[], resourceVersion: string): IssueList {
  const sorted = items.toSorted(
    (a, b) => compare(a.metadata.namespace, b.metadata.namespace) || compare(a.metadata.name, b.metadata.name),
  );
  return { kind: 'IssueList', apiVersion: API_VERSION, metadata: { resourceVersion }, items: sorted };
}

function issueTable(items: readonly Issue[], { columns, withNamespace, now }: PrintOptions, priority: number): string {
  const shown = columns.filter((column) => (column.priority ?? 0) <= priority);
  return formatTable({
    columns: [...(withNamespace ? ['Namespace'] : []), ...shown.map(({ name }) => name)],
    rows: items.map((issue) => [
      ...(withNamespace ? [issue.metadata.namespace] : []),
      ...shown.map((column) => cellText(column.cell(issue), now)),
    ]),
  });
}

function cellText(cell: Cell, now: number): string {
  if (cell === null) return '';
  if (typeof cell !== 'object') return String(cell);
  const since = parseTime(cell.since);
  return since === undefined ? '<unknown>' : humanDuration(now - since);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
