import { Box, Text, useInput, usePaste } from 'ink';
import { createElement, memo, type ReactElement } from 'react';
import type { PressedKey } from '../keys/key-name.ts';

export interface KeysProps {
  onKey(input: string, key: PressedKey): void;
  onPaste(text: string): void;
}

/** Nothing to see: what is pressed and pasted. */
export function Keys({ onKey, onPaste }: KeysProps): null {
  useInput(onKey);
  usePaste(onPaste);
  return null;
}

export interface ScreenProps extends KeysProps {
  readonly lines: readonly string[];
}

/** Lines, each a Text of its own: those that stay the same are not looked at again. */
export function Screen({ lines, onKey, onPaste }: ScreenProps): ReactElement {
  // biome-ignore lint/correctness/useJsxKeyInIterable: they become children of their own, by their place
  const children = lines.map((text) => createElement(ScreenLine, { text }));
  return createElement(Box, { flexDirection: 'column' }, createElement(Keys, { onKey, onPaste }), ...children);
}

const ScreenLine = memo(
  ({ text }: { readonly text: string }): ReactElement =>
    createElement(Text, { wrap: 'truncate-end' }, text === '' ? ' ' : text),
);
