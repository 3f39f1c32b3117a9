/**
 * The label selectors that a folder must evaluate itself, with the grammar of k8s.io/apimachinery/pkg/labels:
 * `a=b`, `a==b`, `a!=b`, `a in (x,y)`, `a notin (x)`, `a`, `!a`, joined by commas. `!=` and `notin` match objects
 * without the label.
 */
export type LabelMatcher = (labels: Readonly<Record<string, string>>) => boolean;

const KEY = '([A-Za-z0-9][-A-Za-z0-9_./]*)';
const SET = new RegExp(String.raw`^${KEY}\s+(in|notin)\s*\(([^()]*)\)$`);
const EQUALITY = new RegExp(String.raw`^${KEY}\s*(==|=|!=)\s*([-A-Za-z0-9_.]*)$`);
const EXISTS = new RegExp(String.raw`^(!?)\s*${KEY}$`);

/** Throws a RangeError that quotes the requirement it does not understand. */
export function parseLabelSelector(selector: string): LabelMatcher {
  const requirements = splitOutsideParentheses(selector).map(requirement);
  return (labels) => requirements.every((matches) => matches(labels));
}

function requirement(text: string): LabelMatcher {
  const set = SET.exec(text);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = new Set(list.split(',').map((value) => value.trim()));
    return (labels) =>
      labels[key] === undefined ? operator === 'notin' : values.has(labels[key]) === (operator === 'in');
  }
  const equality = EQUALITY.exec(text);
  if (equality) {
    const [, key = '', operator, value] = equality;
    return (labels) => (labels[key] === value) === (operator !== '!=');
  }
  const exists = EXISTS.exec(text);
  if (exists) {
    const [, not, key = ''] = exists;
    return (labels) => (labels[key] !== undefined) === (not === '');
  }
  throw new RangeError(`"${text}" is not a label requirement: write for example app=web, tier in (a,b) or !legacy`);
}

function splitOutsideParentheses(selector: string): string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
