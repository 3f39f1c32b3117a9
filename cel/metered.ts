import { APPEND, iterate } from './functions.ts';
import { countNodes, type Expr, nodesOf } from './syntax.ts';

/**
 * Prepares an expression for being evaluated on a budget: before a macro begins its rounds it pays for all of them, and
 * what it collects grows in place. Changes the tree.
 */
export function meterMacros(expr: Expr): void {
  for (const { exprKind } of [...nodesOf(expr)]) {
    if (exprKind.case !== 'comprehensionExpr') continue;
    const { iterRange, loopStep, loopCondition, accuVar } = exprKind.value;
    if (iterRange === undefined || loopStep === undefined) continue;
    const aRound = countNodes(loopStep) + (loopCondition ? countNodes(loopCondition) : 0);
    exprKind.value.iterRange = call(iterRange, iterate(aRound));
    for (const node of nodesOf(loopStep)) growInPlace(node, accuVar);
  }
}

function growInPlace({ exprKind }: Expr, accuVar: string): void {
  if (exprKind.case !== 'callExpr' || exprKind.value.function !== '_+_') return;
  const [left, right] = exprKind.value.args;
  const collects = left?.exprKind.case === 'identExpr' && left.exprKind.value.name === accuVar;
  if (collects && right?.exprKind.case === 'listExpr') exprKind.value.function = APPEND;
}

function call(argument: Expr, name: string): Expr {
  const value = { $typeName: 'cel.expr.Expr.Call' as const, function: name, args: [argument] };
  return { $typeName: 'cel.expr.Expr', id: argument.id, exprKind: { case: 'callExpr', value } };
}
