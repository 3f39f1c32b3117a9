import { anchored, type Cursor, type Lines, scrolled, TOP } from './cursor.ts';
import { ISSUES, type IssuesView, isList, type Place, placeOf, type State, type View } from './state.ts';

/** So many places are remembered. */
const MOST = 50;

/** To another view; what was forward of here is forgotten, as in a browser. */
export function gone(state: State, view: View, child: boolean): State {
  const before = state.places.slice(Math.max(0, state.at + 2 - MOST), state.at + 1);
  const places = [...before, { view, cursor: TOP, child }];
  return { ...state, places, at: places.length - 1 };
}

export function moveInPlaces(state: State, by: -1 | 1): State {
  const at = state.at + by;
  return at < 0 || at >= state.places.length ? state : { ...state, at };
}

/** The same place with another view or cursor. */
export function withPlace(state: State, change: Partial<Place>): State {
  const places = [...state.places];
  places[state.at] = { ...placeOf(state), ...change };
  return { ...state, places };
}

export function withCursor(state: State, cursor: Cursor): State {
  return cursor === placeOf(state).cursor ? state : withPlace(state, { cursor });
}

/** The list of issues changed in place; from everywhere else, one is gone to. */
export function withIssues(state: State, change: Partial<Omit<IssuesView, 'kind'>>, otherwise: IssuesView): State {
  const { view } = placeOf(state);
  if (view.kind === 'issues') return withPlace(state, { view: { ...view, ...change } });
  return gone(state, { ...otherwise, ...change }, false);
}

/**
 * After the lines of the view changed: the selection is where it was, as far as it is there. `atEnd`: of a document that
 * grows, its end is shown.
 */
export function settled(state: State, lines: Lines, page: number, atEnd = false): State {
  const { view, cursor } = placeOf(state);
  const by = atEnd ? lines.count : 0;
  const next = isList(view) ? anchored(cursor, lines, page) : scrolled(cursor, by, lines.count, page);
  return withCursor(state, next);
}

/** The places that led here, the first one that nothing led to. */
export function trail(state: State): readonly Place[] {
  let first = state.at;
  while (first > 0 && state.places[first]?.child) first--;
  return state.places.slice(first, state.at + 1);
}

/** The list of the place with another filter; from a document, all issues with it. */
export function filtered(state: State, filter: string): State {
  const { view } = placeOf(state);
  return isList(view) ? withPlace(state, { view: { ...view, filter } }) : gone(state, { ...ISSUES, filter }, false);
}

/** The state with a line about what a key did, or why not. */
export function told(state: State, text: string, role: 'good' | 'warning' | 'error' = 'warning'): State {
  return { ...state, notice: { text, role, brief: true } };
}
