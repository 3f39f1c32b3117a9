import { moved } from './cursor.ts';
import { withCursor } from './places.ts';
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
  return key === undefined ? [] : under(key).slice(0, MOST_MARKED);
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
    else if (all.size < MOST_MARKED) all.add(each);
  }
  return withCursor({ ...state, marked: all }, moved(cursor, 1, around.lines, around.page));
}

/** All that the list shows; when they are marked already, none. */
export function markedAll(state: State, { lines, under }: Surroundings): State {
  if (placeOf(state).view.kind !== 'issues') return state;
  const all = new Set<string>();
  for (let index = 0; index < lines.count && all.size < MOST_MARKED; index++) {
    const key = lines.keyAt(index);
    if (key !== undefined) for (const each of under(key)) if (all.size < MOST_MARKED) all.add(each);
  }
  const same = all.size === state.marked.size && [...all].every((key) => state.marked.has(key));
  return { ...state, marked: same ? new Set() : all };
}
