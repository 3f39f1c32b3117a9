import { quoted } from '../quote.ts';
import { badRequest } from '../status.ts';

/**
 * Field selectors: `metadata.name=x,status.state!=Active` with =, == and !=, comma as AND and backslash escapes
 * (aggregated-api F2; `k8s.io/apimachinery/pkg/fields/selector.go`). A field that an object does not have is "".
 */
export interface FieldSelector {
  readonly terms: readonly FieldTerm[];
}

export interface FieldTerm {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

export const EVERY_FIELD: FieldSelector = { terms: [] };

/** Throws 400 on text that is no field selector. Whether the fields exist is `requireKnownFields`' to say. */
export function parseFieldSelector(text: string): FieldSelector {
  const terms = split(text)
    .filter((term) => term !== '')
    .map((term) => parseTerm(term, text))
    .filter(({ field, value }) => field !== '' || value !== ''); // `=` asks for nothing
  return { terms };
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
  return selector.terms.every(({ field, operator, value }) => ((fields(field) ?? '') === value) === (operator === '='));
}

/** The value that `field` must have, when the selector asks for exactly one. */
export function requiredValue(selector: FieldSelector, field: string): string | undefined {
  return selector.terms.find((term) => term.field === field && term.operator === '=')?.value;
}

export function printFieldSelector(selector: FieldSelector): string {
  return selector.terms
    .map(({ field, operator, value }) => `${field}${operator}${value.replace(/[\\,=]/g, '\\$&')}`)
    .join(',');
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
