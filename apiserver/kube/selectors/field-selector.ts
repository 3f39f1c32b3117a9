import { quoted } from '../quote.ts';
import { badRequest } from '../status.ts';

/**
 * Field selectors: `metadata.name=x,status.state!=Active` with =, == and !=, comma as AND and backslash escapes
 * (aggregated-api F2; `k8s.io/apimachinery/pkg/fields/selector.go`). A field that an object does not have is "".
 */
export interface FieldSelector {
  readonly terms: readonly FieldTerm[];
  /** The same by field: thousands of terms are about few fields, and each object is looked at by field. */
  readonly byField: ReadonlyMap<string, FieldRule>;
}

interface FieldRule {
  /** Every one must be the value: more than one is nothing. */
  readonly equal: Set<string>;
  readonly unequal: Set<string>;
}

export interface FieldTerm {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

export const EVERY_FIELD: FieldSelector = { terms: [], byField: new Map() };

/** Throws 400 on text that is no field selector. Whether the fields exist is `requireKnownFields`' to say. */
export function parseFieldSelector(text: string): FieldSelector {
  const terms = split(text)
    .filter((term) => term !== '')
    .map((term) => parseTerm(term, text))
    .filter(({ field, value }) => field !== '' || value !== ''); // `=` asks for nothing
  return allOf(terms);
}

/** The selector that these terms are together. */
export function allOf(terms: readonly FieldTerm[]): FieldSelector {
  const byField = new Map<string, FieldRule>();
  for (const { field, operator, value } of terms) {
    const rule = byField.get(field) ?? { equal: new Set(), unequal: new Set() };
    rule[operator === '=' ? 'equal' : 'unequal'].add(value);
    byField.set(field, rule);
  }
  return { terms, byField };
}

/** Throws 400 when a field is not in `known` (F3): to ignore it would return too much. */
export function requireKnownFields(selector: FieldSelector, known: readonly string[]): void {
  const unknown = selector.terms.find((term) => !known.includes(term.field));
  if (!unknown) return;
  const names = known.map((name) => quoted(name)).join(', ');
  throw badRequest(`${quoted(unknown.field)} is not a known field selector: only ${names}`);
}

/** `fields` gives the value of a field, `undefined` for one that the object does not have. */
export function matchesFields(selector: FieldSelector, fields: (name: string) => string | undefined): boolean {
  for (const [field, { equal, unequal }] of selector.byField) {
    const value = fields(field) ?? '';
    if (unequal.has(value) || equal.size > 1 || (equal.size === 1 && !equal.has(value))) return false;
  }
  return true;
}

/** The value that `field` must have, when the selector asks for exactly one. */
export function requiredValue(selector: FieldSelector, field: string): string | undefined {
  return selector.terms.find((term) => term.field === field && term.operator === '=')?.value;
}

function split(text: string): string[] {
  return text.match(/(?:\\[\s\S]|[^,\\]|\\$)+/g) ?? [];
}

function parseTerm(term: string, selector: string): FieldTerm {
  const operator = /!=|==|=/.exec(term);
  if (!operator) throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`);
  return {
    field: term.slice(0, operator.index),
    operator: operator[0] === '!=' ? '!=' : '=',
    value: unescapeValue(term.slice(operator.index + operator[0].length)),
  };
}

function unescapeValue(value: string): string {
  const parts = value.match(/\\[\s\S]?|[^\\]/gu) ?? [];
  return parts
    .map((part) => {
      if (part === '=') throw badRequest('invalid field selector: unescaped character in value: 61'); // '=' as Go prints a rune
      if (!part.startsWith('\\')) return part;
      if (!/^\\[\\,=]$/.test(part)) throw badRequest(`invalid field selector: invalid escape sequence: ${part}`);
      return part.slice(1);
    })
    .join('');
}
