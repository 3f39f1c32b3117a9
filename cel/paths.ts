import { type Expr, partsOf } from './syntax.ts';

/**
 * Which parts of its variables an expression looks at, as paths from the variable on: `object.status.conditions.exists(c,
 * c.type == 'Ready')` looks at `object.status.conditions.type`. Items of a list have the path of the list. What cannot be
 * followed (an index that is computed, an item that is handed on) is the whole of what it is taken from: too much is
 * named, never too little. Ask before `meterMacros` changes the tree.
 */
export function readPaths(expr: Expr): readonly (readonly string[])[] {
  const found = new Map<string, readonly string[]>();
  collect(expr, new Map(), (path) => found.set(JSON.stringify(path), path));
  return [...found.values()];
}

type Path = readonly string[];
/** What a macro declares: the list that a name is an item of, or nothing that leads back to a variable. */
type Scope = ReadonlyMap<string, Path | undefined>;

function collect(expr: Expr, scope: Scope, tell: (path: Path) => void): void {
  const path = resolve(expr, scope);
  if (path !== undefined) tell(path);
  else if (expr.exprKind.case === 'comprehensionExpr') collectMacro(expr, scope, tell);
  else for (const part of partsOf(expr)) collect(part.expr, scope, tell);
}

function collectMacro(macro: Expr, scope: Scope, tell: (path: Path) => void): void {
  if (macro.exprKind.case !== 'comprehensionExpr') return;
  const { iterRange, iterVar, accuVar } = macro.exprKind.value;
  const range = iterRange && resolve(iterRange, scope);
  let isUsed = false;
  const inside = new Map(scope).set(accuVar, undefined).set(iterVar, range);
  const told = (path: Path): void => {
    isUsed ||= range?.every((segment, index) => path[index] === segment) === true;
    tell(path);
  };
  for (const part of partsOf(macro)) {
    if (part.expr === iterRange) {
      if (range === undefined) collect(iterRange, scope, tell);
    } else collect(part.expr, part.declares ? inside : scope, told);
  }
  // How many items there are is something too.
  if (range !== undefined && !isUsed) tell(range);
}

/** The path that an expression is, if it is one and nothing else. */
function resolve(expr: Expr, scope: Scope): Path | undefined {
  const { exprKind } = expr;
  if (exprKind.case === 'identExpr') {
    const { name } = exprKind.value;
    return scope.has(name) ? scope.get(name) : [name];
  }
  if (exprKind.case === 'selectExpr') {
    const { operand, field } = exprKind.value;
    const before = operand && resolve(operand, scope);
    return before && [...before, field];
  }
  if (exprKind.case !== 'callExpr' || exprKind.value.function !== '_[_]') return undefined;
  const [operand, index] = exprKind.value.args;
  const before = operand && resolve(operand, scope);
  const constant = index?.exprKind.case === 'constExpr' ? index.exprKind.value.constantKind.value : undefined;
  if (before === undefined) return undefined;
  if (typeof constant === 'string') return [...before, constant];
  return typeof constant === 'bigint' ? before : undefined;
}
