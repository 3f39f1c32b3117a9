import type { RulePath } from '../../crds/issue-rule.ts';

/** What is wrong with a rule, or with what it makes of an object. */
export interface RuleFault {
  readonly path: RulePath;
  readonly message: string;
  /** Of an expression or a template: where in its text, from 1. */
  readonly place?: { readonly line: number; readonly column: number };
  /** What the object lacks: `object.status.phase`. */
  readonly missing?: string;
}

/** One line: `spec.findings[0].title 1:9: nothing is called objct`. */
export function faultText({ path, message, place }: RuleFault): string {
  const at = path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${part}`));
  return `${at.join('')}${place ? ` ${place.line}:${place.column}` : ''}: ${message}`;
}
