import type { Issue } from '../../crds/issue.ts';
import { SEVERITIES, type Severity } from '../../crds/issue-words.ts';
import type { Row } from './issues.ts';
import { valuesAt } from './jsonpath/evaluate.ts';
import { parseRelaxed } from './jsonpath/parse.ts';
import { named } from './print/templates.ts';

type Order = (a: Row, b: Row) => number;

/** `severity` (the worst first), `since` (the newest first), or the value at a path. Throws a UsageError. */
export function orderOf(by: string): Order {
  if (by === 'severity') return byValue(({ spec }) => SEVERITIES.indexOf(spec.severity as Severity));
  if (by === 'since') return byValue(({ status }) => -Date.parse(status.openedAt));
  const steps = named('--sort-by', () => parseRelaxed(by));
  return byValue((issue) => valuesAt(steps, issue)[0]);
}

function byValue(of: (issue: Issue) => unknown): Order {
  return (a, b) => compare(of(a.object), of(b.object));
}

/** What is not there comes first, as with kubectl. */
function compare(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [String(a), String(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
