import type { Budget } from './budget.ts';
import {
  type Bindings,
  compileExpression,
  type Evaluation,
  type EvaluationFault,
  type Expression,
} from './expression.ts';
import { ExpressionFault } from './syntax.ts';

/**
 * Text in which `${…}` is an expression: `${object.metadata.name} is ${object.status.phase}`. `$${` is the text `${`.
 * Offsets of faults are those of the whole text.
 */
export interface Template {
  readonly text: string;
  readonly uses: ReadonlySet<string>;
  /** What it looks at, as of an expression. */
  readonly reads: readonly (readonly string[])[];
  /** The text; null is empty, a list or a map is a fault. */
  evaluate(bindings: Bindings, budget: Budget): Evaluation<string>;
}

const BEGIN = '$' + '{';
const UNENDED = `"${BEGIN}" begins an expression that no "}" ends; write $${BEGIN} for the text`;

type Part = string | { readonly expression: Expression; readonly offset: number };

/** Throws ExpressionFault. */
export function compileTemplate(text: string, variables: readonly string[]): Template {
  const parts = partsOf(text, variables);
  const expressions = parts.flatMap((part) => (typeof part === 'string' ? [] : [part.expression]));
  return {
    text,
    uses: new Set(expressions.flatMap(({ uses }) => [...uses])),
    reads: expressions.flatMap(({ reads }) => reads),
    evaluate(bindings, budget) {
      let made = '';
      for (const part of parts) {
        const { value, fault } = typeof part === 'string' ? { value: part } : textOf(part, bindings, budget);
        if (fault) return { fault };
        made += value;
      }
      return { value: made };
    },
  };
}

function partsOf(text: string, variables: readonly string[]): Part[] {
  const parts: Part[] = [];
  let at = 0;
  while (at < text.length) {
    const begin = text.indexOf(BEGIN, at);
    if (begin < 0) break;
    const isEscaped = text[begin - 1] === '$' && begin > at;
    parts.push(text.slice(at, isEscaped ? begin - 1 : begin));
    if (isEscaped) {
      parts.push(BEGIN);
      at = begin + 2;
      continue;
    }
    const end = endOf(text, begin + 2);
    if (end === undefined) throw new ExpressionFault(UNENDED, begin);
    parts.push(compiled(text.slice(begin + 2, end), begin + 2, variables));
    at = end + 1;
  }
  parts.push(text.slice(at));
  return parts.filter((part) => part !== '');
}

function compiled(text: string, offset: number, variables: readonly string[]): Part {
  try {
    return { expression: compileExpression(text, variables), offset };
  } catch (error) {
    if (error instanceof ExpressionFault) throw new ExpressionFault(error.message, offset + error.offset);
    throw error;
  }
}

/** Where the `}` is that ends an expression: neither inside of a string nor the end of a map. */
function endOf(text: string, from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === '"' || character === "'") {
      const end = endOfString(text, at);
      if (end === undefined) return undefined;
      at = end;
    } else if (character === '{') depth++;
    else if (character === '}' && depth-- === 0) return at;
  }
  return undefined;
}

/** The last quote of the string that begins at `from`; raw strings know no escapes. */
function endOfString(text: string, from: number): number | undefined {
  const quote = text[from] as string;
  const long = quote.repeat(3);
  const closing = text.startsWith(long, from) ? long : quote;
  const isRaw = /(^|[^\w.])[rR][bB]?$|(^|[^\w.])[bB][rR]$/.test(text.slice(Math.max(0, from - 3), from));
  for (let at = from + closing.length; at < text.length; at++) {
    if (text[at] === '\\' && !isRaw) at++;
    else if (text.startsWith(closing, at)) return at + closing.length - 1;
  }
  return undefined;
}

function textOf({ expression, offset }: Exclude<Part, string>, bindings: Bindings, budget: Budget): Evaluation<string> {
  const { value, fault } = expression.evaluate(bindings, budget);
  if (fault) return { fault: { ...fault, offset: offset + fault.offset } };
  switch (typeof value) {
    case 'string':
      return { value };
    case 'number':
    case 'boolean':
      return { value: String(value) };
    default:
      return value === null ? { value: '' } : { fault: noText(value, offset) };
  }
}

function noText(value: unknown, offset: number): EvaluationFault {
  const what = Array.isArray(value)
    ? "a list: make text of it, for example with .join(', ')"
    : 'a map: name one of its members';
  return { message: `is ${what}`, offset };
}
