import { THEME_NAMES } from '../look/theme.ts';
import { GROUPINGS } from '../rows/listing.ts';
import { SORTS } from '../rows/order.ts';
import type { Action, Effect } from './action.ts';
import { type Lines, moved, scrolled, selected } from './cursor.ts';
import { detailed, entered, folded, foldedAll } from './enter.ts';
import { MOST_MARKED, marked, markedAll, targets, tooMany } from './marks.ts';
import { filtered, gone, moveInPlaces, told, withCursor, withIssues, withPlace } from './places.ts';
import { completed, edit, prompted, recalled, submitted } from './prompt.ts';
import { applied, currentView } from './saved.ts';
import { ISSUES, isList, placeOf, type State } from './state.ts';
import { scrubbed } from './time.ts';

/** What the reducer must know of the world: the lines of the view, and how many are on the screen. */
export interface Surroundings {
  readonly lines: Lines;
  readonly page: number;
  /** ms since 1970. */
  readonly now: number;
  /** Keys of the issues of a line: of a group's head, all of them. */
  under(key: string): readonly string[];
  /** Of the issues of a group: whether nobody named it. */
  readonly isProposed: boolean;
  /** What the words of a command may be. */
  completions(command: string): readonly string[];
}

export type Reduced = readonly [State, readonly Effect[]];

const NOTHING: readonly Effect[] = [];

/** The next state and what is to be done. Pure: the same arguments, the same answer. */
export function reduce(state: State, action: Action, around: Surroundings): Reduced {
  const next = withoutEffect(state, action, around);
  return next === undefined ? withEffect(state, action, around) : [next, NOTHING];
}

function withoutEffect(state: State, action: Action, around: Surroundings): State | undefined {
  switch (action.kind) {
    case 'move':
    case 'page':
    case 'top':
    case 'bottom':
      return travelled(state, action, around);
    case 'enter':
      return entered(state, around);
    case 'details':
      return detailed(state, around);
    case 'back':
      return moveInPlaces(state, -1);
    case 'forward':
      return moveInPlaces(state, 1);
    case 'escape':
      return escaped(state);
    case 'go':
      return gone(state, action.view, action.child ?? false);
    case 'fold':
      return folded(state, around);
    case 'fold-all':
      return foldedAll(state, around);
    case 'mark':
      return marked(state, around);
    case 'mark-all':
      return markedAll(state, around);
    case 'prompt':
      return prompted(state, action.prompt);
    case 'type':
    case 'edit':
      return edit(state, action);
    case 'recall':
      return recalled(state, action.by);
    case 'complete':
      return completed(state, around);
    case 'scrub':
      return scrubbed(state, action.by, around.now);
    case 'look':
      return looked(state, action.at, around);
    case 'allowed':
      return allowed(state, action, around);
    default:
      return changed(state, action);
  }
}

/** What is set, whatever is selected. */
function changed(state: State, action: Action): State | undefined {
  switch (action.kind) {
    case 'resize':
      return { ...state, size: action.size };
    case 'help':
      return helped(state);
    case 'toggle':
      return withOptions(state, { [action.option]: !state.options[action.option] });
    case 'next':
      return turned(state, action.option);
    case 'sort':
      return withOptions(state, { sort: action.sort });
    case 'theme':
      return withOptions(state, { theme: action.theme });
    case 'group-by':
      return withIssues(state, { grouping: action.grouping, collapsed: new Set() }, ISSUES);
    case 'namespace':
      return withIssues(state, { namespace: action.namespace }, ISSUES);
    case 'shortcut':
      return atShortcut(state, action.number);
    case 'as-of':
      return withIssues(state, { asOf: action.at }, ISSUES);
    case 'filter':
      return filtered(state, action.filter);
    case 'saved':
      return applied(state, action.name);
    case 'saved-views':
      return { ...state, saved: action.saved };
    case 'shortcuts':
      return { ...state, shortcuts: action.shortcuts };
    case 'done':
      return { ...state, marked: new Set([...state.marked].filter((key) => !action.keys.includes(key))) };
    case 'notice':
      return { ...state, notice: action.notice };
    default:
      return undefined;
  }
}

function withEffect(state: State, action: Action, around: Surroundings): Reduced {
  switch (action.kind) {
    case 'quit':
    case 'redraw':
      return [state, [{ kind: action.kind }]];
    case 'leave':
      return state.at > 0 ? [moveInPlaces(state, -1), NOTHING] : [state, [{ kind: 'quit' }]];
    case 'context':
      return [state, [{ kind: 'context', name: action.name }]];
    case 'submit':
      return submitted(state, around, reduce);
    case 'act':
      return acted(state, action.act, around);
    case 'copy':
      return withTargets(state, around, (keys) => ({ kind: 'copy', what: action.what, keys }));
    case 'open':
      return withTargets(state, around, ([key = '']) => ({ kind: 'open', key }));
    case 'save': {
      const view = currentView(state, action.name);
      return view === undefined ? [told(state, notSaved(state, around)), NOTHING] : [state, [{ kind: 'save', view }]];
    }
    default:
      return [state, NOTHING];
  }
}

function notSaved(state: State, { isProposed }: Surroundings): string {
  const { view } = placeOf(state);
  if (view.kind !== 'issues') return 'only a list of issues can be saved';
  return isProposed
    ? 'a proposed group cannot be saved'
    : 'a group cannot be saved: filter by group:TEXT, and save that';
}

function travelled(state: State, action: Action, { lines, page }: Surroundings): State {
  const { view, cursor } = placeOf(state);
  const by = distance(action, lines.count, page);
  if (!isList(view)) return withCursor(state, scrolled(cursor, by, lines.count, page));
  if (action.kind === 'top') return withCursor(state, selected(0, 0, lines, page));
  return withCursor(state, moved(cursor, by, lines, page));
}

function distance(action: Action, count: number, page: number): number {
  switch (action.kind) {
    case 'move':
      return action.by;
    case 'page':
      return Math.sign(action.pages) * Math.max(1, Math.floor(Math.abs(action.pages) * page));
    case 'top':
      return -count;
    case 'bottom':
      return count;
    default:
      return 0;
  }
}

/** Out of the innermost thing: a line that is typed, what was told, marks, the past, the filter, the place. */
function escaped(state: State): State {
  if (state.prompt !== undefined) return withoutPrompt(state);
  if (state.notice !== undefined) return { ...state, notice: undefined };
  if (state.marked.size > 0) return { ...state, marked: new Set() };
  const { view } = placeOf(state);
  if (view.kind === 'issues' && view.asOf !== undefined)
    return withPlace(state, { view: { ...view, asOf: undefined } });
  if (isList(view) && view.filter !== '') return withPlace(state, { view: { ...view, filter: '' } });
  return moveInPlaces(state, -1);
}

function withoutPrompt(state: State): State {
  const { prompt } = state;
  const next = { ...state, prompt: undefined };
  return prompt?.kind === 'filter' ? filtered(next, prompt.before) : next;
}

/** Help about where one is, and away with it. */
function helped(state: State): State {
  const { view } = placeOf(state);
  return view.kind === 'help' ? moveInPlaces(state, -1) : gone(state, { kind: 'help', about: view }, true);
}

function withOptions(state: State, options: Partial<State['options']>): State {
  return { ...state, options: { ...state.options, ...options } };
}

function turned(state: State, option: 'sort' | 'grouping' | 'theme'): State {
  switch (option) {
    case 'sort':
      return withOptions(state, { sort: following(SORTS, state.options.sort) });
    case 'theme':
      return withOptions(state, { theme: following(THEME_NAMES, state.options.theme) });
    case 'grouping': {
      const { view } = placeOf(state);
      const grouping = view.kind === 'issues' ? following(GROUPINGS, view.grouping) : 'none';
      return withIssues(state, { grouping, collapsed: new Set() }, ISSUES);
    }
    default:
      return option satisfies never;
  }
}

function following<T>(all: readonly T[], one: T): T {
  return all[(all.indexOf(one) + 1) % all.length] as T;
}

function atShortcut(state: State, number: number): State {
  if (number === 0) return withIssues(state, { namespace: undefined }, ISSUES);
  const namespace = state.shortcuts[number - 1];
  return namespace === undefined
    ? told(state, `no namespace has the key ${number}`)
    : withIssues(state, { namespace }, ISSUES);
}

function looked(state: State, at: 'issue' | 'evidence' | 'subject' | 'ledger', around: Surroundings): State {
  const { view } = placeOf(state);
  if (view.kind === at) return state;
  const [key] = targets({ ...state, marked: new Set() }, around);
  if (key === undefined) return told(state, 'no issue is selected');
  const slash = key.indexOf('/');
  const asOf = 'asOf' in view ? view.asOf : undefined;
  return gone(state, { kind: at, namespace: key.slice(0, slash), name: key.slice(slash + 1), asOf }, true);
}

function acted(state: State, act: Extract<Action, { kind: 'act' }>['act'], around: Surroundings): Reduced {
  const { view } = placeOf(state);
  if ('asOf' in view && view.asOf !== undefined)
    return [told(state, 'the past cannot be changed: Esc leaves it'), NOTHING];
  const [next, effects] = withTargets(state, around, (keys) => ({ kind: 'check', act, keys }));
  const [effect] = effects;
  return effect?.kind === 'check'
    ? [{ ...next, asking: { act, keys: effect.keys, view, selected: selectedKey(state, around) } }, effects]
    : [next, effects];
}

/**
 * The reason is asked for, unless somebody went on meanwhile: the answer about rights comes when it comes, and must take
 * no key that was pressed for something else.
 */
function allowed(state: State, { act, keys }: Extract<Action, { kind: 'allowed' }>, around: Surroundings): State {
  const { asking } = state;
  if (asking === undefined || asking.act !== act || !sameKeys(asking.keys, keys)) return state;
  const next = { ...state, asking: undefined };
  const isHere = placeOf(state).view === asking.view && selectedKey(state, around) === asking.selected;
  if (state.prompt !== undefined) return next;
  if (isHere && sameKeys(targets(state, around), keys)) return prompted(next, { act, keys });
  return told(next, `something else is selected than when ${act} was asked for: nothing was done`);
}

function selectedKey(state: State, { lines }: Surroundings): string | undefined {
  return lines.keyAt(placeOf(state).cursor.index);
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, at) => key === b[at]);
}

function withTargets(state: State, around: Surroundings, effect: (keys: readonly string[]) => Effect): Reduced {
  const keys = targets(state, around);
  if (keys.length === 0) return [told(state, 'no issue is selected'), NOTHING];
  if (keys.length > MOST_MARKED)
    return [told(state, `${tooMany(keys.length)}: narrow the list with a filter`), NOTHING];
  return [state, [effect(keys)]];
}
