import type { Issue } from '../../crds/issue.ts';
import { SEVERITIES, type Severity } from '../../crds/issue-words.ts';
import { oneLine } from '../../crds/text.ts';
import { Failure } from '../exit.ts';
import { suggest } from '../suggest.ts';
import type { Row } from './issues.ts';
import { valuesAt } from './jsonpath/evaluate.ts';
import { parseRelaxed } from './jsonpath/parse.ts';
import { named } from './print/templates.ts';

/** Puts rows in order, in place. */
export type Order = (rows: Row[]) => Row[];

/**
 * `severity` (the worst first), `since` (the newest first), or the value at a path. Throws a UsageError for what is no path;
 * the order throws a Failure when no object has anything there, as kubectl does.
 */
export function orderOf(by: string): Order {
  if (by === 'severity') return byValue(({ spec }) => SEVERITIES.indexOf(spec.severity as Severity));
  if (by === 'since') return byValue(({ status }) => -Date.parse(status.openedAt));
  const steps = named('--sort-by', () => parseRelaxed(by));
  const inOrder = byValue((issue) => valuesAt(steps, issue)[0]);
  return (rows) => {
    const [first] = rows;
    if (first !== undefined && rows.every(({ object }) => valuesAt(steps, object).length === 0)) {
      throw new Failure(oneLine(`--sort-by: nothing that is listed has ${by}${hint(by, first.object)}`, 1_000));
    }
    return inOrder(rows);
  };
}

function byValue(of: (issue: Issue) => unknown): Order {
  return (rows) => rows.sort((a, b) => compare(of(a.object), of(b.object)));
}

/** A path of the object that ends alike, else one that is written alike. */
function hint(by: string, object: object): string {
  const paths = ['severity', 'since', ...leavesOf(object, '')];
  const last = by.replaceAll(/[{}]/g, '').split('.').at(-1);
  const meant = paths.find((path) => path.split('.').at(-1) === last) ?? suggest(by, paths);
  return meant === undefined ? '' : `; did you mean "${meant}"?`;
}

function leavesOf(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([key, each]) => (/^\w+$/.test(key) ? leavesOf(each, `${path}.${key}`) : []));
}

/** What is not there comes first, as with kubectl. */
function compare(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [String(a), String(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
