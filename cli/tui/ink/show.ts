import { type Instance, render } from 'ink';
import { createElement } from 'react';
import type { Terminal } from '../../streams.ts';
import type { PressedKey } from '../keys/key-name.ts';
import { Screen } from './screen.ts';

export interface ShowOptions {
  readonly terminal: Terminal;
  /** Spoken by a screen reader: lines in the normal screen, whole when they change. */
  readonly spoken: boolean;
  /** The wheel of the mouse moves, as the arrow keys do. */
  readonly wheel: boolean;
  onKey(input: string, key: PressedKey): void;
  onPaste(text: string): void;
}

/** What is on the screen, by Ink. */
export interface Shown extends AsyncDisposable {
  lines(lines: readonly string[]): void;
  /** Draws everything again: something else wrote to the terminal. */
  again(): void;
  /** Sends the terminal what moves no cursor, such as text for its clipboard. */
  send(sequence: string): void;
}

/** xterm's "alternate scroll": on the alternate screen the wheel sends arrow keys, and text can still be selected. */
const WHEEL = { on: '\u001b[?1007h', off: '\u001b[?1007l' } as const;

export function show({ terminal, spoken, wheel, onKey, onPaste }: ShowOptions): Shown {
  let shown: readonly string[] = [];
  let instance: Instance | undefined;
  const { out } = terminal;
  const element = () => createElement(Screen, { lines: shown, onKey, onPaste });
  return {
    lines(lines) {
      if (lines.length === shown.length && lines.every((line, at) => line === shown[at])) return;
      shown = lines;
      if (instance !== undefined) instance.rerender(element());
      else {
        instance = render(element(), {
          stdout: out,
          stdin: terminal.in as NodeJS.ReadStream,
          // Ink believes no terminal where a variable says CI, as in a test of this.
          interactive: true,
          alternateScreen: !spoken,
          incrementalRendering: true,
          isScreenReaderEnabled: spoken,
          exitOnCtrlC: false,
          patchConsole: false,
          maxFps: 60,
        });
        if (wheel && !spoken) out.write(WHEEL.on);
      }
    },
    again() {
      instance?.clear();
      instance?.rerender(createElement(Screen, { lines: [], onKey, onPaste }));
      instance?.rerender(element());
    },
    send: (sequence) => void out.write(sequence),
    async [Symbol.asyncDispose]() {
      if (instance === undefined) return;
      if (wheel && !spoken) out.write(WHEEL.off);
      const ended = instance.waitUntilExit();
      instance.unmount();
      await ended;
    },
  };
}
