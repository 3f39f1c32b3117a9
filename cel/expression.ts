import { type CelError, type CelInput, type CelValue, isCelError, isCelList, plan } from '@bufbuild/cel';
import { Budget, BudgetExceeded } from './budget.ts';
import { checkExpression, MAX_TEXT } from './check.ts';
import { type Meter, meteredEnv } from './functions.ts';
import { meterMacros } from './metered.ts';
import { readPaths } from './paths.ts';
import { countNodes, ExpressionFault, nodesOf, type ParsedExpression, parseExpression, pathOf } from './syntax.ts';
import { NotConvertible, toJson } from './values.ts';

/** Why an expression has no value for this payload. */
export interface EvaluationFault {
  readonly message: string;
  /** Where in the expression, in UTF-16 units. */
  readonly offset: number;
  /** What the payload lacks: `payload.repository.name`. */
  readonly missing?: string;
}

export type Evaluation<T = unknown> =
  | { readonly value: T; readonly fault?: undefined }
  | { readonly value?: undefined; readonly fault: EvaluationFault };

/** By name of the variable; made with `fromJson`. */
export type Bindings = Readonly<Record<string, CelInput>>;

/** A CEL expression that was checked. Evaluating it is total: whatever goes wrong is in its answer. */
export interface Expression {
  readonly text: string;
  /** The variables that it names. */
  readonly uses: ReadonlySet<string>;
  /** What of them it looks at (paths.ts). */
  readonly reads: readonly (readonly string[])[];
  /** The value as JSON. Spends of `budget`; what it cannot pay for is a fault. */
  evaluate(bindings: Bindings, budget: Budget): Evaluation;
  /** The items of a list, as values for other expressions. */
  items(bindings: Bindings, budget: Budget): Evaluation<readonly CelInput[]>;
}

/** Throws ExpressionFault: it does not parse, it is too long, or it names what does not exist. */
export function compileExpression(text: string, variables: readonly string[]): Expression {
  if (text.trim() === '') throw new ExpressionFault('is empty', 0);
  if (text.length > MAX_TEXT) {
    throw new ExpressionFault(`has ${text.length} characters; at most ${MAX_TEXT} are taken`, 0);
  }
  const parsed = parseExpression(text);
  try {
    const uses = checkExpression(parsed, variables);
    const units = countNodes(parsed.expr);
    const reads = readPaths(parsed.expr);
    meterMacros(parsed.expr);
    return expression(text, parsed, { uses, reads }, units);
  } catch (error) {
    if (error instanceof RangeError) throw new ExpressionFault('is nested too deep', 0);
    throw error;
  }
}

function expression(
  text: string,
  parsed: ParsedExpression,
  names: Pick<Expression, 'uses' | 'reads'>,
  units: number,
): Expression {
  const meter: Meter = { budget: new Budget(0) };
  const run = plan(meteredEnv(meter), parsed);

  function evaluate<T>(bindings: Bindings, budget: Budget, convert: (value: CelValue) => T): Evaluation<T> {
    meter.budget = budget;
    try {
      budget.spend(units);
      const result = run(bindings);
      return isCelError(result) ? { fault: faultOf(result, parsed) } : { value: convert(result) };
    } catch (error) {
      return { fault: { message: thrown(error), offset: 0 } };
    }
  }

  return {
    text,
    ...names,
    evaluate: (bindings, budget) => evaluate(bindings, budget, (value) => toJson(value, budget)),
    items: (bindings, budget) =>
      evaluate(bindings, budget, (value) => {
        if (!isCelList(value)) throw new NotConvertible('is not a list');
        budget.spend(value.size);
        return [...value];
      }),
  };
}

/** Errors that a hostile payload provokes in a library (a stack that overflows, a text that is too long) are answers. */
function thrown(error: unknown): string {
  if (error instanceof NotConvertible || error instanceof BudgetExceeded) return error.message;
  return error instanceof RangeError ? 'is too large to evaluate' : `cannot be evaluated: ${(error as Error)?.message}`;
}

function faultOf(error: CelError, { expr, sourceInfo }: ParsedExpression): EvaluationFault {
  if (error.cause instanceof BudgetExceeded || error.cause instanceof RangeError) {
    return { message: thrown(error.cause), offset: 0 };
  }
  const offset = sourceInfo?.positions[String(error.exprId)] ?? 0;
  const field = /^field not found: (.*)$/s.exec(error.message)?.[1];
  if (field === undefined) return { message: error.message, offset };
  const node = [...nodesOf(expr)].find(({ id }) => id === error.exprId);
  const path = (node && pathOf(node)) ?? [];
  const missing = (path.at(-1) === field ? path : [...path, field]).join('.');
  return { message: `there is no ${missing}`, offset, missing };
}
