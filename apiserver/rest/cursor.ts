import { hash } from 'node:crypto';
import type { SearchMatch, SearchPosition, SearchSort } from '../store/search.ts';
import { RestError } from './errors.ts';

/**
 * Where the next page of a search begins, as its client carries it. It names the question too, so that a page of one search
 * is never taken for one of another. Who may see what is asked again for every page: a cursor is no right.
 */
export function encodeCursor({ value, id, match }: SearchPosition, question: unknown): string {
  return Buffer.from(JSON.stringify([VERSION, digest(question), match, value, id])).toString('base64url');
}

/** Throws 400 on anything that `encodeCursor` did not make of the same question. */
export function decodeCursor(text: string, question: unknown, sort: SearchSort): SearchPosition {
  const parts = parse(text);
  const [version, asked, match, value, id] = parts;
  const isMatch = match === 'words' || match === 'similar';
  if (version !== VERSION || !isMatch || !isValueOf(sort, match, value) || !UUID.test(String(id))) {
    throw new RestError(400, 'cursor: it is not one that a search has given: begin without it');
  }
  if (asked !== digest(question)) {
    throw new RestError(400, 'cursor: it is of another search: repeat every parameter but limit, or begin without it');
  }
  return { value, id: String(id), match };
}

const VERSION = 1;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What looks alike goes by its score, whatever the order. Large integers come from the database as text. */
function isValueOf({ by }: SearchSort, match: SearchMatch, value: unknown): value is string | number {
  if (match === 'similar' || by === 'relevance') return typeof value === 'number';
  if (!INTEGERS.has(by)) return typeof value === 'string' && !value.includes('\0');
  return Number.isSafeInteger(value) || (typeof value === 'string' && /^-?\d{1,18}$/.test(value));
}

const INTEGERS: ReadonlySet<SearchSort['by']> = new Set([
  ...(['openedAt', 'resolvedAt', 'lastSeenAt'] as const),
  ...(['severity', 'occurrences', 'reopened'] as const),
]);

function digest(question: unknown): string {
  return hash('sha256', JSON.stringify(question), 'hex').slice(0, 16);
}

function parse(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
