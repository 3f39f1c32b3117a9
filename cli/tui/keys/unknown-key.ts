import type { Action } from '../state/action.ts';

/** What is said of a key that has no meaning where it was pressed; nothing of those that terminals send of their own. */
export function unknownKey(name: string): Action | undefined {
  if ([...name].length !== 1) return undefined;
  const text = `${name} does nothing here: ? shows the keys that do`;
  return { kind: 'notice', notice: { role: 'warning', text, brief: true } };
}
