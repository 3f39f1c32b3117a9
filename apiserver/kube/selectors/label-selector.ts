import { badRequest } from '../status.ts';
import { type Token, TokenReader } from './label-lexer.ts';
import { invalidValue, labelKeyFault, labelValueFault } from './label-syntax.ts';

/**
 * Label selectors with the whole grammar of `k8s.io/apimachinery/pkg/labels/selector.go` (aggregated-api F1):
 * `k`, `!k`, `k=v`, `k==v`, `k!=v`, `k in (a,b)`, `k notin (a,b)`, `k>1`, `k<1`, comma as AND.
 */
export type LabelSelector = readonly LabelRequirement[];

export type LabelRequirement =
  | { readonly operator: 'exists' | 'absent'; readonly key: string }
  /** `absent` objects do not match `in`, but do match `notin` (`!=` is `notin` with one value). */
  | { readonly operator: 'in' | 'notin'; readonly key: string; readonly values: ReadonlySet<string> }
  | { readonly operator: '>' | '<'; readonly key: string; readonly value: bigint };

export const EVERY_LABEL: LabelSelector = [];

/** Throws 400 with the words of upstream. The empty text selects everything. */
export function parseLabelSelector(text: string): LabelSelector {
  const reader = new TokenReader(text);
  const requirements: LabelRequirement[] = [];
  if (reader.peek().kind === 'end') return requirements;
  for (;;) {
    const first = reader.peek();
    if (first.kind !== 'identifier' && first.kind !== '!') {
      const expected = requirements.length > 0 ? "identifier after ','" : "!, identifier, or 'end of string'";
      throw badRequest(unexpected(first, expected));
    }
    requirements.push(parseRequirement(reader));
    const separator = reader.next();
    if (separator.kind === 'end') return requirements;
    if (separator.kind !== ',') throw badRequest(unexpected(separator, "',' or 'end of string'"));
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

function matchesRequirement(requirement: LabelRequirement, value: string | undefined): boolean {
  switch (requirement.operator) {
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    case 'in':
      return value !== undefined && requirement.values.has(value);
    case 'notin':
      return value === undefined || !requirement.values.has(value);
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

function parseRequirement(reader: TokenReader): LabelRequirement {
  let first = reader.next();
  const negated = first.kind === '!';
  if (negated) first = reader.next();
  if (first.kind !== 'identifier') throw refused(unexpected(first, 'identifier'));
  const key = first.text;
  const fault = labelKeyFault(key);
  if (fault !== '') throw refused(invalidValue('<nil>', key, fault));
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
      return { operator: operator.kind, key, values: new Set(checkedValues(key, parseValues(reader))) };
    case '=':
    case '==':
      return { operator: 'in', key, values: new Set(checkedValues(key, [parseValue(reader)])) };
    case '!=':
      return { operator: 'notin', key, values: new Set(checkedValues(key, [parseValue(reader)])) };
    case '>':
    case '<': {
      const text = parseValue(reader);
      const value = parseInt64(text);
      const fault = value === undefined ? [invalidValue('values[0]', text, NO_INTEGER)] : [];
      checkedValues(key, [text], fault);
      return { operator: operator.kind, key, value: value as bigint };
    }
    default:
      throw refused(unexpected(operator, 'in, notin, =, ==, !=, gt, lt'));
  }
}

const NO_INTEGER = "for 'Gt', 'Lt' operators, the value must be an integer";

function parseValue(reader: TokenReader): string {
  const { kind } = reader.peek();
  if (kind === 'end' || kind === ',') return '';
  const token = reader.next();
  if (token.kind !== 'identifier') throw refused(unexpected(token, 'identifier'));
  return token.text;
}

/** `(a,b)`, where any value may be empty: `(a,)`, `(,)`; and `()` is the empty value, as everywhere in Kubernetes. */
function parseValues(reader: TokenReader): string[] {
  const open = reader.next();
  if (open.kind !== '(') throw refused(`found '${open.text}' expected: '('`);
  const values = new Set<string>();
  for (let begun = false; ; begun = true) {
    const value: Token = reader.peek();
    if (value.kind === 'identifier') values.add(reader.next().text);
    else if (value.kind === ',' || value.kind === ')') values.add('');
    else throw refused(unexpected(value, begun ? "',', or identifier" : "',', ')' or identifier"));
    const separator = reader.next();
    if (separator.kind === ')') return [...values].sort();
    if (separator.kind !== ',') throw refused(unexpected(separator, "',' or ')'"));
  }
}

/** Throws 400 with every fault at once: those of the operator, then those of the values. */
function checkedValues(key: string, values: readonly string[], faults: readonly string[] = []): readonly string[] {
  const ofValues = values.map((value, index) => {
    const fault = labelValueFault(value);
    return fault === '' ? '' : invalidValue(`values[${index}][${key}]`, value, fault);
  });
  const all = [...faults, ...ofValues].filter((fault) => fault !== '');
  if (all.length > 0) throw refused(all.length === 1 ? (all[0] as string) : `[${all.join(', ')}]`);
  return values;
}

function unexpected(found: Token, expected: string): string {
  return `found '${found.text}', expected: ${expected}`;
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
