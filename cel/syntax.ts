import { parse } from '@bufbuild/cel';

/** A parsed expression, as the CEL specification defines it (`cel.expr.Expr`). */
export type ParsedExpression = ReturnType<typeof parse>;
export type Expr = ParsedExpression['expr'];

/** An expression is wrong: where, counted in UTF-16 units from its begin, and why. */
export class ExpressionFault extends Error {
  override readonly name = 'ExpressionFault';
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Throws ExpressionFault. */
export function parseExpression(text: string): ParsedExpression {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof RangeError) throw new ExpressionFault('is nested too deep', 0);
    const { message, location } = error as Error & { location?: { start: { offset: number } } };
    // `syntax error: <input>:1:5: found …`: the place is told apart from it.
    const { start } = location ?? { start: { offset: 0 } };
    throw new ExpressionFault(
      `syntax error: ${message.replace(/^(syntax error: )?<input>:\d+:\d+: /, '')}`,
      start.offset,
    );
  }
}

/** The parts of an expression that are evaluated. Those of a macro come with the names that it declares. */
export function partsOf({ exprKind }: Expr): { readonly expr: Expr; readonly declares?: readonly string[] }[] {
  const plain = (exprs: readonly (Expr | undefined)[]) => exprs.flatMap((expr) => (expr ? [{ expr }] : []));
  switch (exprKind.case) {
    case 'selectExpr':
      return plain([exprKind.value.operand]);
    case 'callExpr':
      return plain([exprKind.value.target, ...exprKind.value.args]);
    case 'listExpr':
      return plain(exprKind.value.elements);
    case 'structExpr':
      return plain(
        exprKind.value.entries.flatMap(({ keyKind, value }) => [
          keyKind.case === 'mapKey' ? keyKind.value : undefined,
          value,
        ]),
      );
    case 'comprehensionExpr': {
      const { iterRange, accuInit, accuVar, iterVar, loopCondition, loopStep, result } = exprKind.value;
      const inside = (expr: Expr | undefined, declares: readonly string[]) => (expr ? [{ expr, declares }] : []);
      return [
        ...plain([iterRange, accuInit]),
        ...inside(loopCondition, [accuVar, iterVar]),
        ...inside(loopStep, [accuVar, iterVar]),
        ...inside(result, [accuVar]),
      ];
    }
    default:
      return [];
  }
}

/** How many nodes there are to evaluate. */
export function countNodes(expr: Expr): number {
  return partsOf(expr).reduce((sum, part) => sum + countNodes(part.expr), 1);
}

/** `payload.repository.name` for such a chain; undefined for any other expression. */
export function pathOf({ exprKind }: Expr): string[] | undefined {
  if (exprKind.case === 'identExpr') return [exprKind.value.name];
  if (exprKind.case === 'selectExpr' && exprKind.value.operand !== undefined && !exprKind.value.testOnly) {
    const before = pathOf(exprKind.value.operand);
    return before && [...before, exprKind.value.field];
  }
  if (exprKind.case !== 'callExpr' || exprKind.value.function !== '_[_]') return undefined;
  const [operand, index] = exprKind.value.args;
  const before = operand && pathOf(operand);
  const constant = index?.exprKind.case === 'constExpr' ? index.exprKind.value.constantKind.value : undefined;
  if (before === undefined || (typeof constant !== 'string' && typeof constant !== 'bigint')) return undefined;
  return [...before, String(constant)];
}

/** Every node, the outermost first. */
export function* nodesOf(expr: Expr): Generator<Expr, void, void> {
  yield expr;
  for (const part of partsOf(expr)) yield* nodesOf(part.expr);
}
