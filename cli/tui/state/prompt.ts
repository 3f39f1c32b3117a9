import { completeCommand, parseCommand } from '../command-line/commands.ts';
import type { Action, Effect } from './action.ts';
import { type Edit, edited, editOf, typed } from './edit.ts';
import { filtered, told } from './places.ts';
import type { Reduced, Surroundings } from './reduce.ts';
import { type Act, isList, type Prompt, placeOf, type State } from './state.ts';

/** What `snooze` proposes. */
const SNOOZE = '2h';

/** Begins a line: a filter with what it is now, a command, or the reason of an action. */
export function prompted(
  state: State,
  what: 'filter' | 'command' | { readonly act: Act; readonly keys: readonly string[] },
): State {
  return { ...state, notice: undefined, asking: undefined, prompt: promptOf(state, what) };
}

function promptOf(state: State, what: Parameters<typeof prompted>[1]): Prompt {
  if (typeof what === 'object')
    return { kind: 'act', edit: editOf(what.act === 'snooze' ? `${SNOOZE} ` : ''), ...what };
  if (what === 'command') return { kind: 'command', edit: editOf('') };
  const { view } = placeOf(state);
  const before = isList(view) ? view.filter : '';
  return { kind: 'filter', edit: editOf(before), before };
}

export function edit(state: State, action: Extract<Action, { kind: 'type' | 'edit' }>): State {
  const { prompt } = state;
  if (prompt === undefined) return state;
  if (action.kind === 'edit' && action.key === 'backspace' && prompt.edit.text === '' && isBegunAtWill(prompt)) {
    return { ...state, prompt: undefined };
  }
  return withEdit(
    state,
    'recalled' in prompt ? { ...prompt, recalled: undefined } : prompt,
    action.kind === 'type' ? typed(prompt.edit, action.text) : edited(prompt.edit, action.key),
  );
}

/** Where an empty line is left with backspace: the other lines are about issues, and Esc leaves them. */
function isBegunAtWill({ kind }: Prompt): boolean {
  return kind === 'filter' || kind === 'command';
}

/** A filter acts while it is typed. */
function withEdit(state: State, prompt: Prompt, next: Edit): State {
  const changed: State = { ...state, prompt: { ...prompt, edit: next } };
  return prompt.kind === 'filter' && isList(placeOf(state).view) ? filtered(changed, next.text) : changed;
}

/** So many lines are remembered of each kind. */
const MOST_TYPED = 50;

/** A line that was typed before, older or newer; after the newest, what was being typed. */
export function recalled(state: State, by: 1 | -1): State {
  const { prompt } = state;
  if (prompt?.kind !== 'filter' && prompt?.kind !== 'command') return state;
  const lines = state.typedBefore[prompt.kind];
  const at = (prompt.recalled?.at ?? -1) + by;
  const unfinished = prompt.recalled?.typed ?? prompt.edit.text;
  const text = at === -1 ? unfinished : lines[at];
  if (text === undefined) return state;
  return withEdit(state, { ...prompt, recalled: at === -1 ? undefined : { at, typed: unfinished } }, editOf(text));
}

function remembered(state: State, { kind, edit }: Extract<Prompt, { kind: 'filter' | 'command' }>): State {
  const text = edit.text.trim();
  if (text === '') return state;
  const others = state.typedBefore[kind].filter((each) => each !== text);
  return { ...state, typedBefore: { ...state.typedBefore, [kind]: [text, ...others].slice(0, MOST_TYPED) } };
}

/** Completes as far as it is clear. */
export function completed(state: State, around: Surroundings): State {
  const { prompt } = state;
  if (prompt?.kind !== 'command') return state;
  const { common } = completeCommand(prompt.edit.text, around.completions);
  return common === undefined ? state : { ...state, prompt: { ...prompt, edit: editOf(common) } };
}

export function submitted(
  state: State,
  around: Surroundings,
  reduce: (state: State, action: Action, around: Surroundings) => Reduced,
): Reduced {
  const { prompt } = state;
  if (prompt === undefined) return [state, []];
  const closed: State = { ...state, prompt: undefined };
  switch (prompt.kind) {
    case 'filter':
      return [filtered(remembered(closed, prompt), prompt.edit.text.trim()), []];
    case 'command': {
      if (prompt.edit.text.trim() === '') return [closed, []];
      const next = remembered(closed, prompt);
      const { action, fault } = parseCommand(prompt.edit.text, around);
      return action === undefined ? [told(next, fault, 'error'), []] : reduce(next, action, around);
    }
    case 'act': {
      const {
        act,
        keys,
        edit: { text },
      } = prompt;
      if (keys.length > 1) {
        return [{ ...state, prompt: { kind: 'confirm', edit: editOf(''), act, keys, text: text.trim() } }, []];
      }
      const effect: Effect = { kind: 'act', act, keys, text: text.trim() };
      return [closed, [effect]];
    }
    case 'confirm': {
      const { act, keys, text, edit } = prompt;
      if (!/^y(es)?$/i.test(edit.text.trim())) return [told(closed, `nothing was done: ${act} was not meant`), []];
      return [closed, [{ kind: 'act', act, keys, text }]];
    }
    default:
      return prompt satisfies never;
  }
}
