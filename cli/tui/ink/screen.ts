import { Box, Text, useInput, usePaste } from 'ink';
import { createElement, memo, type ReactElement } from 'react';
import type { PressedKey } from '../keys/key-name.ts';

export interface ScreenProps {
  /** As wide as the terminal at most, each a line of it. */
  readonly lines: readonly string[];
  onKey(input: string, key: PressedKey): void;
  onPaste(text: string): void;
}

/**
 * The whole screen: one Text a line, made before, because what costs in Ink is the layout of what it does not know the
 * size of. Lines that stay the same are not looked at again.
 */
export function Screen({ lines, onKey, onPaste }: ScreenProps): ReactElement {
  useInput(onKey);
  usePaste(onPaste);
  // biome-ignore lint/correctness/useJsxKeyInIterable: they become children of their own, by their place
  const children = lines.map((text) => createElement(ScreenLine, { text }));
  return createElement(Box, { flexDirection: 'column' }, ...children);
}

const ScreenLine = memo(
  ({ text }: { readonly text: string }): ReactElement =>
    createElement(Text, { wrap: 'truncate-end' }, text === '' ? ' ' : text),
);
