/**
 * The templates of `kubectl -o jsonpath` (k8s.io/client-go/util/jsonpath): text, `{.field}`, `{['field']}`, `{[0]}`,
 * `{[1:3]}`, `{[*]}`, `{..field}`, unions, filters `[?(@.a=="b")]`, `{range …}…{end}` and `{"\n"}`.
 */

export type Step =
  | { readonly step: 'field'; readonly name: string }
  | { readonly step: 'wildcard' }
  | { readonly step: 'recursive' }
  | { readonly step: 'slice'; readonly from?: number; readonly to?: number; readonly by?: number }
  | { readonly step: 'union'; readonly of: readonly Step[] }
  | {
      readonly step: 'filter';
      readonly left: Operand;
      readonly operator: Operator | undefined;
      readonly right: Operand | undefined;
    };

export type Operand = { readonly path: readonly Step[] } | { readonly value: string | number | boolean };
const OPERATORS = ['==', '!=', '<=', '>=', '<', '>'] as const;
export type Operator = (typeof OPERATORS)[number];

export type Part =
  | { readonly part: 'text'; readonly text: string }
  | { readonly part: 'path'; readonly steps: readonly Step[] }
  | { readonly part: 'range'; readonly steps: readonly Step[]; readonly body: readonly Part[] };

/** A template that cannot be read: where, and what was expected. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
}

export function parseTemplate(template: string): readonly Part[] {
  const root: Part[] = [];
  const open: { steps: readonly Step[]; body: Part[] }[] = [];
  const add = (part: Part): void => void (open.at(-1)?.body ?? root).push(part);
  for (const piece of pieces(template)) {
    if (piece.text !== undefined) {
      add({ part: 'text', text: piece.text });
      continue;
    }
    const inside = piece.action.trim();
    if (inside === 'end') {
      const range = open.pop();
      if (range === undefined) throw new JsonPathError('{end} without {range}');
      add({ part: 'range', ...range });
    } else if (/^range(\s|$)/.test(inside)) {
      open.push({ steps: parsePath(inside.slice('range'.length).trim()), body: [] });
    } else add(parseAction(inside));
  }
  if (open.length > 0) throw new JsonPathError('{range} without {end}');
  return root;
}

/** `.spec.severity`, `spec.severity` or `{.spec.severity}`, as --sort-by and custom-columns take them. */
export function parseRelaxed(expression: string): readonly Step[] {
  const [, braced, bare] = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(expression) ?? [];
  const path = braced ?? bare;
  if (path === undefined) throw new JsonPathError(`${JSON.stringify(expression)} is no path such as .spec.severity`);
  return parsePath(path.startsWith('[') ? path : `.${path}`);
}

function* pieces(
  template: string,
): Generator<{ text: string; action?: undefined } | { text?: undefined; action: string }> {
  let at = 0;
  while (at < template.length) {
    const begin = template.indexOf('{', at);
    if (begin < 0) return yield { text: template.slice(at) };
    if (begin > at) yield { text: template.slice(at, begin) };
    const end = closing(template, begin + 1, '}');
    yield { action: template.slice(begin + 1, end) };
    at = end + 1;
  }
}

/** Where the bracket closes, outside quotes. */
function closing(text: string, from: number, bracket: string): number {
  let quote: string | undefined;
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '\\') at++;
    else if (quote !== undefined) quote = character === quote ? undefined : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === bracket && depth === 0) return at;
    else if (bracket === ']' && character === '[') depth++;
    else if (bracket === ']' && character === ']') depth--;
  }
  throw new JsonPathError(`a "${bracket}" is missing after ${JSON.stringify(text.slice(from - 1))}`);
}

function parseAction(inside: string): Part {
  const quoted = quotedText(inside);
  if (quoted !== undefined) return { part: 'text', text: quoted };
  if (inside === '') throw new JsonPathError('{} holds no path');
  return { part: 'path', steps: parsePath(inside) };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function quotedText(text: string): string | undefined {
  const [, , inside] = /^(["'])((?:\\.|(?!\1).)*)\1$/s.exec(text) ?? [];
  return inside?.replace(/\\(.)/gs, (_, character: string) => ESCAPES[character] ?? character);
}

/** Throws for what is no path. `$` and `@` are where it begins. */
export function parsePath(path: string): readonly Step[] {
  const steps: Step[] = [];
  let rest = path.replace(/^[$@]/, '');
  while (rest !== '') {
    if (rest.startsWith('..')) {
      steps.push({ step: 'recursive' });
      rest = rest.slice(rest[2] === '[' ? 2 : 1);
    } else if (rest.startsWith('.')) {
      const [all, name = ''] = /^\.((?:\\.|[^\s.,[\]$@{}])*)/s.exec(rest) ?? ['.'];
      if (name === '*') steps.push({ step: 'wildcard' });
      else if (name !== '') steps.push({ step: 'field', name: name.replace(/\\(.)/gs, '$1') });
      else if (rest.length > 1 && rest[1] !== '[') throw unreadable(rest);
      rest = rest.slice(all.length);
    } else if (rest.startsWith('[')) {
      const end = closing(rest, 1, ']');
      steps.push(parseBrackets(rest.slice(1, end).trim()));
      rest = rest.slice(end + 1);
    } else throw unreadable(rest);
  }
  return steps;
}

function unreadable(rest: string): JsonPathError {
  return new JsonPathError(`${JSON.stringify(rest)} is no part of a path: write for example .spec.severity or [*]`);
}

function parseBrackets(inside: string): Step {
  if (inside.startsWith('?')) return parseFilter(inside);
  const members = splitOutsideQuotes(inside).map((member) => parseMember(member.trim()));
  const [first] = members;
  return members.length === 1 && first !== undefined ? first : { step: 'union', of: members };
}

function splitOutsideQuotes(text: string): string[] {
  return text.match(/(?:"(?:\\.|[^"])*"|'(?:\\.|[^'])*'|[^,])+/g) ?? [''];
}

function parseMember(text: string): Step {
  if (text === '*') return { step: 'wildcard' };
  const name = quotedText(text);
  if (name !== undefined) return { step: 'field', name };
  const [all, from, to, by] = /^(-?\d+)?(?:(:-?\d*)(:-?\d*)?)?$/.exec(text) ?? [];
  if (all === undefined || all === '') throw unreadable(`[${text}]`);
  const number = (digits: string | undefined) => (digits === undefined || digits === '' ? {} : Number(digits));
  const begin = number(from);
  if (to === undefined) {
    const index = Number(from);
    // The last one has no end: [-1:0] would be empty.
    return { step: 'slice', from: index, ...(index !== -1 && { to: index + 1 }), by: 1 };
  }
  const end = number(to.slice(1));
  const stride = number(by?.slice(1));
  return {
    step: 'slice',
    ...(typeof begin === 'number' && { from: begin }),
    ...(typeof end === 'number' && { to: end }),
    ...(typeof stride === 'number' && { by: stride }),
  };
}

function parseFilter(inside: string): Step {
  const [, condition] = /^\?\((.*)\)$/s.exec(inside) ?? [];
  if (condition === undefined) throw new JsonPathError(`[${inside}] is no filter such as [?(@.severity=="major")]`);
  const [, left = '', operator, right] =
    /^((?:"(?:\\.|[^"])*"|'(?:\\.|[^'])*'|[^=!<>])*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.*))?$/s.exec(condition.trim()) ?? [];
  return {
    step: 'filter',
    left: parseOperand(left.trim()),
    operator: OPERATORS.find((each) => each === operator),
    right: right === undefined ? undefined : parseOperand(right.trim()),
  };
}

function parseOperand(text: string): Operand {
  const quoted = quotedText(text);
  if (quoted !== undefined) return { value: quoted };
  if (text === 'true' || text === 'false') return { value: text === 'true' };
  if (/^[+-]?\d+(\.\d+)?$/.test(text)) return { value: Number(text) };
  if (!/^[@$.[]/.test(text)) throw unreadable(text);
  return { path: parsePath(text) };
}
