import type { Terminal } from '../../streams.ts';
import type { PressedKey } from '../keys/key-name.ts';

export interface ShowOptions {
  readonly terminal: Terminal;
  /** The wheel of the mouse moves, as the arrow keys do. */
  readonly wheel: boolean;
  onKey(input: string, key: PressedKey): void;
  onPaste(text: string): void;
}

/** What is on the screen. */
export interface Shown extends AsyncDisposable {
  lines(lines: readonly string[]): void;
  /** Loads what reads the keys, if it is not loaded: until then they wait in the terminal. Rejects when it cannot be loaded. */
  listen(): Promise<void>;
  /** Draws everything again: something else wrote to the terminal. */
  again(): void;
  /** Sends the terminal what moves no cursor, such as text for its clipboard. */
  send(sequence: string): void;
}
