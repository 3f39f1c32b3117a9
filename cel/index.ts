/**
 * Expressions of the Common Expression Language, on a budget. Loading this costs 30 MB: import it where the first
 * expression is compiled, not before.
 */
export { Budget, BudgetExceeded } from './budget.ts';
export { MAX_NODES, MAX_TEXT } from './check.ts';
export {
  type Bindings,
  compileExpression,
  type Evaluation,
  type EvaluationFault,
  type Expression,
} from './expression.ts';
export { functionNames } from './functions.ts';
export { placeOf } from './place.ts';
export { ExpressionFault } from './syntax.ts';
export { compileTemplate, type Template } from './template.ts';
export { timestamp } from './time.ts';
export { fromJson, NotConvertible } from './values.ts';
