import { oneLine } from '../../../crds/text.ts';

/** A line of text that is being typed, and where in it. */
export interface Edit {
  readonly text: string;
  readonly at: number;
}

export const EDITS = ['left', 'right', 'start', 'end', 'backspace', 'delete', 'word', 'clear', 'kill'] as const;
export type EditKey = (typeof EDITS)[number];

const LONGEST = 1_024;

export function editOf(text: string): Edit {
  return { text, at: text.length };
}

/** What was typed or pasted: nothing of it moves a cursor, and several lines become one. */
export function typed({ text, at }: Edit, more: string): Edit {
  // Framed, so that spaces at its ends stay.
  const clean = oneLine(`|${more}|`, LONGEST).slice(1, -1);
  const kept = clean.slice(0, Math.max(0, LONGEST - text.length));
  return { text: text.slice(0, at) + kept + text.slice(at), at: at + kept.length };
}

export function edited(edit: Edit, key: EditKey): Edit {
  const { text, at } = edit;
  const before = stepBefore(text, at);
  const after = stepAfter(text, at);
  switch (key) {
    case 'left':
      return { text, at: before };
    case 'right':
      return { text, at: after };
    case 'start':
      return { text, at: 0 };
    case 'end':
      return { text, at: text.length };
    case 'backspace':
      return { text: text.slice(0, before) + text.slice(at), at: before };
    case 'delete':
      return { text: text.slice(0, at) + text.slice(after), at };
    case 'word': {
      const kept = text.slice(0, at).replace(/\S*\s*$/, '');
      return { text: kept + text.slice(at), at: kept.length };
    }
    case 'clear':
      return { text: text.slice(at), at: 0 };
    case 'kill':
      return { text: text.slice(0, at), at };
    default:
      return key satisfies never;
  }
}

function stepBefore(text: string, at: number): number {
  return at - (/[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(0, at)) ? 2 : Math.min(1, at));
}

function stepAfter(text: string, at: number): number {
  return at + (/^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(at)) ? 2 : Math.min(1, text.length - at));
}
