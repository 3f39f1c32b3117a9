import { parseDuration } from '../../../crds/duration.ts';
import { SEVERITIES, STATES } from '../../../crds/issue-words.ts';
import { didYouMean } from '../../suggest.ts';
import {
  FIELDS,
  type Field,
  type Filter,
  NUMBER_FIELDS,
  type NumberField,
  OPERATORS,
  type Operator,
  PROPERTIES,
  type Property,
  SHORT,
  SHORT_PROPERTIES,
  type Term,
  type Test,
} from './ast.ts';
import { tokens } from './tokens.ts';

/** A filter as it was typed, or in one line what is wrong with it. Every text is one or the other; nothing is thrown. */
export type Parsed =
  | { readonly filter: Filter; readonly fault?: undefined }
  | { readonly filter?: undefined; readonly fault: string };

export function parseFilter(text: string): Parsed {
  const filter: Term[] = [];
  for (const token of tokens(text)) {
    const term = termOf(token.text, token.quoted);
    if (typeof term === 'string') return { fault: term };
    if (term !== undefined) filter.push(term);
  }
  return { filter };
}

function termOf(token: string, quoted: boolean): Term | string | undefined {
  if (quoted) return { not: false, kind: 'text', text: token };
  const not = token.startsWith('!') && token.length > 1;
  const test = testOf(not ? token.slice(1) : token);
  return typeof test === 'object' ? { not, ...test } : test;
}

function testOf(token: string): Test | string | undefined {
  if (token === '' || token === '!') return undefined;
  if (token.length > 2 && token.startsWith('/') && token.endsWith('/')) return regex(token.slice(1, -1));
  if (token.startsWith('re:')) return regex(token.slice(3));
  if (token.startsWith('~')) return token.length > 1 ? { kind: 'fuzzy', text: token.slice(1) } : undefined;
  if (token.startsWith('"')) return { kind: 'text', text: token.replaceAll('"', '') };
  const [, word = '', operator, value = ''] = /^([a-z-]+)(>=|<=|[:=<>])(.*)$/is.exec(token) ?? [];
  if (operator === undefined) return { kind: 'text', text: token };
  return keyed(word.toLowerCase(), operator, value) ?? { kind: 'text', text: token };
}

function keyed(word: string, operator: string, value: string): Test | string | undefined {
  if (word === 'is' && operator === ':') return property(value);
  const number = NUMBER_FIELDS.find((each) => each === word);
  if (number !== undefined) return comparison(number, operator === ':' ? '=' : operator, value);
  const field = SHORT[word] ?? FIELDS.find((each) => each === word);
  // What is before the colon of a text may be anything: `http://x`, `error: y`.
  if (field === undefined) return undefined;
  if (field === 'severity' && operator !== ':' && operator !== '=') return severities(operator, value);
  if (operator !== ':' && operator !== '=')
    return `${word}${operator}: only numbers, ages and severities have an order`;
  return fieldTest(field, value);
}

function property(value: string): Test | string | undefined {
  if (value === '') return undefined;
  const word = value.toLowerCase();
  const what: Property | undefined = SHORT_PROPERTIES[word] ?? PROPERTIES.find((each) => each === word);
  if (what === undefined)
    return `is:${value}: nothing is that; there is ${PROPERTIES.join(', ')}${didYouMean(word, PROPERTIES)}`;
  return { kind: 'is', what };
}

function comparison(number: NumberField, given: string, value: string): Test | string | undefined {
  const operator = OPERATORS.find((each) => each === given) as Operator;
  if (value === '') return undefined;
  if (number === 'age' || number === 'seen') {
    try {
      parseDuration(value);
    } catch {
      return `${number}${given}${value}: write how long, for example ${number}>1h or ${number}<2d`;
    }
  } else if (!/^\d{1,9}$/.test(value)) return `${number}${given}${value}: write a number`;
  return { kind: 'compare', number, operator, value };
}

/** `sev>=major`: at least as bad. */
function severities(operator: string, value: string): Test | string | undefined {
  if (value === '') return undefined;
  const at = (SEVERITIES as readonly string[]).indexOf(value.toLowerCase());
  if (at < 0) return unknownWord('severity', value, SEVERITIES);
  const values = SEVERITIES.filter((_, index) => {
    if (operator === '>=') return index <= at;
    if (operator === '<=') return index >= at;
    return operator === '>' ? index < at : index > at;
  });
  return { kind: 'field', field: 'severity', values };
}

function fieldTest(field: Field, value: string): Test | string | undefined {
  const values = value.split(',').filter((each) => each !== '');
  if (values.length === 0) return undefined;
  const words: readonly string[] | undefined =
    field === 'severity' ? SEVERITIES : field === 'state' ? STATES.map((state) => state.toLowerCase()) : undefined;
  const unknown = words && values.find((each) => !each.includes('*') && !words.includes(each.toLowerCase()));
  if (words && unknown !== undefined) {
    // What is typed is on its way to a word.
    const begun = words.filter((word) => word.startsWith(unknown.toLowerCase()));
    if (begun.length === 0) return unknownWord(field, unknown, words);
    return { kind: 'field', field, values: values.flatMap((each) => (each === unknown ? begun : [each])) };
  }
  return { kind: 'field', field, values };
}

function unknownWord(field: string, value: string, words: readonly string[]): string {
  return `${field}:${value}: none of ${words.join(', ')}${didYouMean(value, words)}`;
}

function regex(source: string): Test | string | undefined {
  if (source === '') return undefined;
  try {
    new RegExp(source, 'iu');
    return { kind: 'regex', source };
  } catch (error) {
    return `/${source}/: ${(error as Error).message.replace(/^Invalid regular expression: \S* ?/, 'no regular expression: ')}`;
  }
}
