import { suggest } from '../../suggest.ts';
import type { Field, Filter } from './ast.ts';

/** Words that a field of some issue has, or may have. */
export type Known = Readonly<Partial<Record<Field, readonly string[]>>>;

/**
 * Of a filter that keeps nothing, the value that no issue has and that was probably meant to be another, in one line.
 * Types, sources and namespaces are open: such a value is no fault, it may come true at any moment.
 */
export function adviceOn(filter: Filter, known: Known): string | undefined {
  for (const term of filter) {
    const words = term.kind === 'field' && !term.not ? known[term.field] : undefined;
    if (term.kind !== 'field' || words === undefined) continue;
    for (const value of term.values) {
      const wanted = value.toLowerCase();
      if (wanted.includes('*') || words.some((word) => word.toLowerCase() === wanted)) continue;
      const meant = suggest(value, words) ?? words.find((word) => word.toLowerCase().includes(wanted));
      if (meant !== undefined) return `no issue has ${term.field}:${value}; did you mean "${meant}"?`;
    }
  }
  return undefined;
}
