import type { Filter, Term } from './ast.ts';

/** A filter as one would type it: read again, it is the same. */
export function printFilter(filter: Filter): string {
  return filter.map(printTerm).join(' ');
}

function printTerm(term: Term): string {
  return `${term.not ? '!' : ''}${printTest(term)}`;
}

function printTest(term: Term): string {
  switch (term.kind) {
    case 'text':
      return term.not || /^[^\s"!/~:=<>]+$/.test(term.text) ? term.text : `"${term.text}"`;
    case 'field':
      return quoted(`${term.field}:`, term.values.join(','));
    case 'compare':
      return `${term.number}${term.operator}${term.value}`;
    case 'is':
      return `is:${term.what}`;
    case 'regex':
      return term.source.includes('/') ? `re:${term.source}` : `/${term.source}/`;
    case 'fuzzy':
      return quoted('~', term.text);
    default:
      return term satisfies never;
  }
}

function quoted(before: string, value: string): string {
  return /\s/.test(value) ? `${before}"${value}"` : `${before}${value}`;
}
