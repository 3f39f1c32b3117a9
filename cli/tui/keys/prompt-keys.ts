import type { Action } from '../state/action.ts';
import type { PressedKey } from './key-name.ts';

/** Keys of a line that is being typed, as in a shell. */
const KEYS: Readonly<Record<string, Action>> = {
  enter: { kind: 'submit' },
  esc: { kind: 'escape' },
  'ctrl-c': { kind: 'escape' },
  'ctrl-g': { kind: 'escape' },
  tab: { kind: 'complete' },
  left: { kind: 'edit', key: 'left' },
  right: { kind: 'edit', key: 'right' },
  'ctrl-b': { kind: 'edit', key: 'left' },
  'ctrl-f': { kind: 'edit', key: 'right' },
  home: { kind: 'edit', key: 'start' },
  end: { kind: 'edit', key: 'end' },
  'ctrl-a': { kind: 'edit', key: 'start' },
  'ctrl-e': { kind: 'edit', key: 'end' },
  backspace: { kind: 'edit', key: 'backspace' },
  'ctrl-h': { kind: 'edit', key: 'backspace' },
  delete: { kind: 'edit', key: 'delete' },
  'ctrl-d': { kind: 'edit', key: 'delete' },
  'ctrl-w': { kind: 'edit', key: 'word' },
  'ctrl-u': { kind: 'edit', key: 'clear' },
  'ctrl-k': { kind: 'edit', key: 'kill' },
  down: { kind: 'recall', by: -1 },
  up: { kind: 'recall', by: 1 },
  'ctrl-n': { kind: 'recall', by: -1 },
  'ctrl-p': { kind: 'recall', by: 1 },
};

/** Whether all of it is text: a paste, or what came at once. */
export function isTyped(input: string, key: PressedKey): boolean {
  return input !== '' && !key.ctrl && !key.meta && !/[\u0000-\u001f\u007f]/.test(input);
}

/** What a key does to the line: what is no key of it is typed. */
export function promptAction(name: string): Action | undefined {
  const action = KEYS[name];
  if (action !== undefined) return action;
  if (name === 'space') return { kind: 'type', text: ' ' };
  return [...name].length === 1 ? { kind: 'type', text: name } : undefined;
}
