/** The part of Ink's `Key` that is read here. */
export interface PressedKey {
  readonly upArrow?: boolean;
  readonly downArrow?: boolean;
  readonly leftArrow?: boolean;
  readonly rightArrow?: boolean;
  readonly pageDown?: boolean;
  readonly pageUp?: boolean;
  readonly home?: boolean;
  readonly end?: boolean;
  readonly return?: boolean;
  readonly escape?: boolean;
  readonly tab?: boolean;
  readonly backspace?: boolean;
  readonly delete?: boolean;
  readonly ctrl?: boolean;
  readonly shift?: boolean;
  readonly meta?: boolean;
  readonly eventType?: string | undefined;
}

const NAMED: readonly (readonly [keyof PressedKey, string])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageDown', 'pagedown'],
  ['pageUp', 'pageup'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'esc'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
];

/**
 * Names of what was pressed: `j`, `G`, `ctrl-d`, `up`, `space`. A slow machine or a held key hands over several
 * characters at once: each is a key of its own.
 */
export function keyNames(input: string, key: PressedKey): string[] {
  if (key.eventType === 'release') return [];
  const named = NAMED.find(([flag]) => key[flag] === true);
  if (named !== undefined) return [key.shift && named[1] === 'tab' ? 'shift-tab' : named[1]];
  if (key.ctrl && input !== '') return [`ctrl-${input}`];
  // A terminal sends Alt as Escape before it: who types fast, or over ssh, means the two keys.
  const before = key.meta ? ['esc'] : [];
  return before.concat(
    [...input].flatMap((character) => CHARACTERS[character] ?? (character < ' ' ? [] : [character])),
  );
}

const CHARACTERS: Readonly<Record<string, string>> = {
  ' ': 'space',
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u007f': 'backspace',
  '\u0008': 'backspace',
};
