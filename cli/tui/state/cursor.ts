/** The lines that there are now, of a list or of a document. */
export interface Lines {
  readonly count: number;
  /** Undefined: that line cannot be selected, or is not there. */
  keyAt(index: number): string | undefined;
  /** -1: not there. */
  indexOf(key: string): number;
}

/** Which line is selected, and which one is the first on the screen. */
export interface Cursor {
  /** Undefined: the first line, whatever it is. */
  readonly key: string | undefined;
  readonly index: number;
  readonly top: number;
}

export const TOP: Cursor = { key: undefined, index: 0, top: 0 };

export const NO_LINES: Lines = { count: 0, keyAt: () => undefined, indexOf: () => -1 };

/** So many lines down, or up. */
export function moved(cursor: Cursor, by: number, lines: Lines, page: number): Cursor {
  return selected(anchored(cursor, lines, page).index + by, cursor.top, lines, page);
}

/** The line with this number, or the nearest. */
export function selected(index: number, top: number, lines: Lines, page: number): Cursor {
  const last = Math.max(0, lines.count - 1);
  const at = Math.max(0, Math.min(last, index));
  return { key: at === 0 ? undefined : lines.keyAt(at), index: at, top: topFor(at, top, lines.count, page) };
}

/**
 * The same selection after lines came and went: the line with its key keeps its place on the screen; where it is gone,
 * what is now at its number is selected.
 */
export function anchored(cursor: Cursor, lines: Lines, page: number): Cursor {
  const found = cursor.key === undefined ? -1 : lines.indexOf(cursor.key);
  if (found < 0) {
    const next = selected(cursor.key === undefined ? 0 : cursor.index, cursor.top, lines, page);
    return same(cursor, next);
  }
  const top = topFor(found, cursor.top + found - cursor.index, lines.count, page);
  return same(cursor, { key: cursor.key, index: found, top });
}

/** Scrolled so far: nothing is selected in a document. */
export function scrolled(cursor: Cursor, by: number, count: number, page: number): Cursor {
  const top = Math.max(0, Math.min(count - page, cursor.top + by));
  return same(cursor, { key: undefined, index: 0, top });
}

function topFor(index: number, top: number, count: number, page: number): number {
  const least = Math.max(0, index - page + 1);
  const most = Math.min(index, Math.max(0, count - page));
  return Math.max(least, Math.min(most, top));
}

function same(before: Cursor, after: Cursor): Cursor {
  return before.key === after.key && before.index === after.index && before.top === after.top ? before : after;
}
