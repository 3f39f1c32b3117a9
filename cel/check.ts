import { isFunction, patternFault } from './functions.ts';
import { type Expr, ExpressionFault, nodesOf, type ParsedExpression, partsOf, pathOf } from './syntax.ts';

/** Longer than anything that people read, and soon parsed. */
export const MAX_TEXT = 8_192;
export const MAX_NODES = 1_000;

/** Names that mean a type: `type(x) == string`. */
const TYPES: ReadonlySet<string> = new Set([
  'bool',
  'bytes',
  'double',
  'int',
  'list',
  'map',
  'null_type',
  'string',
  'type',
  'uint',
]);
/** What the planner evaluates itself. */
const OPERATORS: ReadonlySet<string> = new Set(['_[_]', '_?_:_', '_&&_', '_||_', '@not_strictly_false']);

/**
 * What can be told of an expression without a payload: it names only what there is, its patterns are patterns, and it is
 * not too long. Throws ExpressionFault at the place. Answers the variables that it names.
 */
export function checkExpression({ expr, sourceInfo }: ParsedExpression, variables: readonly string[]): Set<string> {
  const offsetOf = ({ id }: Expr): number => sourceInfo?.positions[String(id)] ?? 0;
  const nodes = [...nodesOf(expr)];
  if (nodes.length > MAX_NODES) {
    throw new ExpressionFault(`has ${nodes.length} parts; at most ${MAX_NODES} are evaluated`, 0);
  }
  for (const node of nodes) {
    const fault = nodeFault(node);
    if (fault !== undefined) throw new ExpressionFault(fault, offsetOf(node));
  }
  const used = new Set<string>();
  checkNames(expr, new Set(variables), [], (node, name) => {
    if (variables.includes(name)) used.add(name);
    else throw new ExpressionFault(`nothing is called ${name}; there is ${variables.join(', ')}`, offsetOf(node));
  });
  return used;
}

function nodeFault({ exprKind }: Expr): string | undefined {
  if (exprKind.case === 'structExpr' && exprKind.value.messageName !== '') {
    return `there is no type ${exprKind.value.messageName}: write a map, {'key': value}`;
  }
  if (exprKind.case !== 'callExpr') return undefined;
  const { function: name, target, args } = exprKind.value;
  if (!OPERATORS.has(name) && !isFunction(name) && !isFunction(qualified(target, name))) {
    return `there is no function ${name}`;
  }
  const [pattern] = args;
  if (name !== 'matches' || pattern?.exprKind.case !== 'constExpr') return undefined;
  const { value } = pattern.exprKind.value.constantKind;
  return typeof value === 'string' ? patternFault(value) : undefined;
}

/** `strings.quote(x)`: a function with a namespace, not a method of something called strings. */
function qualified(target: Expr | undefined, name: string): string {
  const before = target && pathOf(target);
  return before === undefined ? '' : [...before, name].join('.');
}

function checkNames(
  expr: Expr,
  known: ReadonlySet<string>,
  declared: readonly string[],
  tell: (node: Expr, name: string) => void,
): void {
  const { exprKind } = expr;
  if (exprKind.case === 'identExpr') {
    const { name } = exprKind.value;
    if (!declared.includes(name) && (known.has(name) || !TYPES.has(name))) tell(expr, name);
    return;
  }
  for (const part of partsOf(expr)) {
    const isNamespace =
      exprKind.case === 'callExpr' &&
      part.expr === exprKind.value.target &&
      isFunction(qualified(part.expr, exprKind.value.function));
    if (!isNamespace) checkNames(part.expr, known, [...declared, ...(part.declares ?? [])], tell);
  }
}
