import { moved } from './cursor.ts';
import { told, withCursor } from './places.ts';
import type { Surroundings } from './reduce.ts';
import { placeOf, type State } from './state.ts';

/** At once: who marks more wants a filter and a script. */
export const MOST_MARKED = 1_000;

/** The marked issues, else that of the document, else those of the selected line. */
export function targets(state: State, { lines, under }: Surroundings): readonly string[] {
  const { view, cursor } = placeOf(state);
  if ('name' in view && 'namespace' in view) return [`${view.namespace}/${view.name}`];
  if (view.kind !== 'issues') return [];
  if (state.marked.size > 0) return [...state.marked];
  const key = lines.keyAt(cursor.index);
  return key === undefined ? [] : under(key);
}

/** Marks or unmarks the selected line, and goes on to the next. */
export function marked(state: State, around: Surroundings): State {
  const { view, cursor } = placeOf(state);
  const key = around.lines.keyAt(cursor.index);
  if (view.kind !== 'issues' || key === undefined) return state;
  const keys = around.under(key);
  const all = new Set(state.marked);
  const isMarked = keys.every((each) => all.has(each));
  for (const each of keys) {
    if (isMarked) all.delete(each);
    else all.add(each);
  }
  return withCursor(withMarks(state, all), moved(cursor, 1, around.lines, around.page));
}

/** All that the list shows; when they are marked already, none. */
export function markedAll(state: State, { lines, under }: Surroundings): State {
  if (placeOf(state).view.kind !== 'issues') return state;
  const all = new Set<string>();
  for (let index = 0; index < lines.count; index++) {
    const key = lines.keyAt(index);
    if (key !== undefined) for (const each of under(key)) all.add(each);
  }
  const next = withMarks(state, all);
  const same = next.marked.size === state.marked.size && [...next.marked].every((key) => state.marked.has(key));
  return same ? { ...state, marked: new Set() } : next;
}

/** As many of them as can be, and a word about the rest. */
function withMarks(state: State, all: ReadonlySet<string>): State {
  if (all.size <= MOST_MARKED) return { ...state, marked: all };
  return told({ ...state, marked: new Set([...all].slice(0, MOST_MARKED)) }, `marked: ${tooMany(all.size)}`);
}

/** `1,000 of 5,000 issues is the most at once`. */
export function tooMany(count: number): string {
  return `${thousands(MOST_MARKED)} of ${thousands(count)} issues is the most at once`;
}

function thousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
