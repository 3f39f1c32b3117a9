import { badRequest } from '../status.ts';
import { type Token, TokenReader } from './label-lexer.ts';

/**
 * Label selectors with the whole grammar of `k8s.io/apimachinery/pkg/labels/selector.go` (aggregated-api F1):
 * `k`, `!k`, `k=v`, `k==v`, `k!=v`, `k in (a,b)`, `k notin (a,b)`, `k>1`, `k<1`, comma as AND.
 */
export type LabelSelector = readonly LabelRequirement[];

export type LabelRequirement =
  | { readonly operator: 'exists' | 'absent'; readonly key: string }
  /** `absent` objects do not match `in`, but do match `notin` (`!=` is `notin` with one value). */
  | { readonly operator: 'in' | 'notin'; readonly key: string; readonly values: readonly string[] }
  | { readonly operator: '>' | '<'; readonly key: string; readonly value: bigint };

/** An optional DNS subdomain and `/`, then a name of at most 63 characters (IsQualifiedName). */
const LABEL_KEY =
  /^(?:(?=[^/]{1,253}\/)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*\/)?(?=[^/]{1,63}$)[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const LABEL_VALUE = /^(?=.{0,63}$)(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

export const EVERY_LABEL: LabelSelector = [];

/** Throws 400 `unable to parse requirement: …`. The empty text selects everything. */
export function parseLabelSelector(text: string): LabelSelector {
  const reader = new TokenReader(text);
  const requirements: LabelRequirement[] = [];
  if (reader.peek().kind === 'end') return requirements;
  for (;;) {
    const first = reader.peek();
    if (first.kind !== 'identifier' && first.kind !== '!') {
      throw reader.unexpected(
        first,
        requirements.length > 0 ? "identifier after ','" : "!, identifier, or 'end of string'",
      );
    }
    requirements.push(parseRequirement(reader));
    const separator = reader.next();
    if (separator.kind === 'end') return requirements;
    if (separator.kind !== ',') throw reader.unexpected(separator, "',' or 'end of string'");
  }
}

export function matchesLabels(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  for (const requirement of selector) {
    if (
      !matchesRequirement(requirement, Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined)
    ) {
      return false;
    }
  }
  return true;
}

/** The selector as text that parses to the same selector. */
export function printLabelSelector(selector: LabelSelector): string {
  return selector.map(printRequirement).join(',');
}

function matchesRequirement(requirement: LabelRequirement, value: string | undefined): boolean {
  switch (requirement.operator) {
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    case 'in':
      return value !== undefined && requirement.values.includes(value);
    case 'notin':
      return value === undefined || !requirement.values.includes(value);
    case '>':
    case '<': {
      const number = value === undefined ? undefined : parseInt64(value);
      if (number === undefined) return false;
      return requirement.operator === '>' ? number > requirement.value : number < requirement.value;
    }
    default:
      throw new Error(`no such operator: ${requirement satisfies never}`);
  }
}

function printRequirement(requirement: LabelRequirement): string {
  switch (requirement.operator) {
    case 'exists':
      return requirement.key;
    case 'absent':
      return `!${requirement.key}`;
    case 'in':
    case 'notin':
      if (requirement.values.length === 1) {
        return `${requirement.key}${requirement.operator === 'in' ? '=' : '!='}${requirement.values[0]}`;
      }
      return `${requirement.key} ${requirement.operator} (${requirement.values.join(',')})`;
    case '>':
    case '<':
      return `${requirement.key}${requirement.operator}${requirement.value}`;
    default:
      throw new Error(`no such operator: ${requirement satisfies never}`);
  }
}

function parseRequirement(reader: TokenReader): LabelRequirement {
  let first = reader.next();
  const negated = first.kind === '!';
  if (negated) first = reader.next();
  if (first.kind !== 'identifier') throw reader.unexpected(first, 'identifier');
  const key = first.text;
  if (!LABEL_KEY.test(key)) throw refused(`invalid label key ${JSON.stringify(key)}`);
  if (negated) return { operator: 'absent', key };
  const { kind } = reader.peek();
  if (kind === 'end' || kind === ',') return { operator: 'exists', key };
  return parseComparison(reader, key);
}

function parseComparison(reader: TokenReader, key: string): LabelRequirement {
  const operator = reader.nextOperator();
  switch (operator.kind) {
    case 'in':
    case 'notin':
      return { operator: operator.kind, key, values: parseValues(reader).map((value) => checkedValue(key, value)) };
    case '=':
    case '==':
      return { operator: 'in', key, values: [checkedValue(key, parseValue(reader))] };
    case '!=':
      return { operator: 'notin', key, values: [checkedValue(key, parseValue(reader))] };
    case '>':
    case '<': {
      const value = parseInt64(checkedValue(key, parseValue(reader)));
      if (value === undefined) throw refused("for 'Gt', 'Lt' operators, the value must be an integer");
      return { operator: operator.kind, key, value };
    }
    default:
      throw reader.unexpected(operator, 'in, notin, =, ==, !=, gt, lt');
  }
}

function parseValue(reader: TokenReader): string {
  const { kind } = reader.peek();
  if (kind === 'end' || kind === ',') return '';
  const token = reader.next();
  if (token.kind !== 'identifier') throw reader.unexpected(token, 'identifier');
  return token.text;
}

/** `(a,b)`, where any value may be empty: `(a,)`, `(,)`; and `()` is the empty value, as everywhere in Kubernetes. */
function parseValues(reader: TokenReader): string[] {
  const open = reader.next();
  if (open.kind !== '(') throw reader.unexpected(open, "'('");
  const values = new Set<string>();
  for (;;) {
    const value: Token = reader.peek();
    if (value.kind === 'identifier') values.add(reader.next().text);
    else if (value.kind === ',' || value.kind === ')') values.add('');
    else throw reader.unexpected(value, "',', ')' or identifier");
    const separator = reader.next();
    if (separator.kind === ')') return [...values].sort();
    if (separator.kind !== ',') throw reader.unexpected(separator, "',' or ')'");
  }
}

function checkedValue(key: string, value: string): string {
  if (LABEL_VALUE.test(value)) return value;
  throw refused(
    `values[0][${key}]: Invalid value: ${JSON.stringify(value)}: a valid label must be an empty string or consist of at most 63 alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`,
  );
}

function refused(message: string): Error {
  return badRequest(`unable to parse requirement: ${message}`);
}

/** Go's strconv.ParseInt in base 10 with 64 bits. */
function parseInt64(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(64, value) === value ? value : undefined;
}
