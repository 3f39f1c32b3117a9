import { JsonPathError, type Operand, type Operator, type Part, type Step } from './parse.ts';

/** What a template prints about a value. What is not there prints nothing, as in `kubectl get`. */
export function printTemplate(parts: readonly Part[], value: unknown): string {
  return parts
    .map((each) => {
      switch (each.part) {
        case 'text':
          return each.text;
        case 'path':
          return valuesAt(each.steps, value).map(textOf).join(' ');
        case 'range':
          return valuesAt(each.steps, value)
            .map((one) => printTemplate(each.body, one))
            .join('');
        default:
          return each satisfies never;
      }
    })
    .join('');
}

/** Everything a path leads to, in order. */
export function valuesAt(steps: readonly Step[], value: unknown): readonly unknown[] {
  return steps.reduce<readonly unknown[]>((values, step) => values.flatMap((each) => next(step, each)), [value]);
}

/** As Go prints it: text as it is, objects and lists as JSON. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  return typeof value === 'object' ? goJson(value) : String(value);
}

/** As encoding/json writes a map: its keys in order, and nothing that HTML would read. */
function goJson(value: unknown): string {
  const inOrder = (_: string, each: unknown): unknown =>
    isRecord(each) ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each;
  return JSON.stringify(value, inOrder).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function next(step: Step, value: unknown): readonly unknown[] {
  switch (step.step) {
    case 'field':
      return isRecord(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
    case 'wildcard':
      return childrenOf(value);
    case 'recursive':
      return [value, ...descendants(value)];
    case 'slice':
      return Array.isArray(value) ? sliced(value, step) : [];
    case 'union':
      return step.of.flatMap((each) => next(each, value));
    case 'filter':
      return Array.isArray(value) ? value.filter((each) => passes(step, each)) : [];
    default:
      return step satisfies never;
  }
}

function sliced(list: readonly unknown[], { from = 0, to, by = 1 }: Extract<Step, { step: 'slice' }>): unknown[] {
  if (by <= 0) throw new JsonPathError('the step of a slice must be more than 0');
  const begin = from < 0 ? from + list.length : from;
  if (begin < 0) return [];
  return list.slice(begin, to).filter((_, index) => index % by === 0);
}

function childrenOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isRecord(value) ? Object.values(value) : [];
}

function descendants(value: unknown): unknown[] {
  return childrenOf(value).flatMap((child) => [child, ...descendants(child)]);
}

function passes({ left, operator, right }: Extract<Step, { step: 'filter' }>, value: unknown): boolean {
  const lefts = operand(left, value);
  if (operator === undefined || right === undefined) return lefts.length > 0;
  const rights = operand(right, value);
  if (lefts.length > 1 || rights.length > 1) throw new JsonPathError('a filter compares one value with one');
  if (lefts.length === 0 || rights.length === 0) return false;
  return compares(operator, lefts[0], rights[0]);
}

function operand(given: Operand, value: unknown): readonly unknown[] {
  return 'value' in given ? [given.value] : valuesAt(given.path, value);
}

function compares(operator: Operator, left: unknown, right: unknown): boolean {
  if (operator === '==') return left === right;
  if (operator === '!=') return left !== right;
  const comparable =
    (typeof left === 'string' && typeof right === 'string') || (typeof left === 'number' && typeof right === 'number');
  if (!comparable) throw new JsonPathError(`a filter cannot compare ${typeof left} with ${typeof right}`);
  if (left === right) return operator === '<=' || operator === '>=';
  return operator.startsWith('<') ? left < right : left > right;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
