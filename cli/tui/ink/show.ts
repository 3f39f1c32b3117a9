import { type Instance, type RenderOptions, render } from 'ink';
import { createElement } from 'react';
import type { Terminal } from '../../streams.ts';
import type { PressedKey } from '../keys/key-name.ts';
import { Painter } from './painter.ts';
import { Keys, Screen } from './screen.ts';

export interface ShowOptions {
  readonly terminal: Terminal;
  /** Spoken by a screen reader: lines in the normal screen, whole when they change. */
  readonly spoken: boolean;
  /** The wheel of the mouse moves, as the arrow keys do. */
  readonly wheel: boolean;
  onKey(input: string, key: PressedKey): void;
  onPaste(text: string): void;
}

/** What is on the screen. Ink has the terminal: its modes, its keys, the alternate screen. */
export interface Shown extends AsyncDisposable {
  lines(lines: readonly string[]): void;
  /** Draws everything again: something else wrote to the terminal. */
  again(): void;
  /** Sends the terminal what moves no cursor, such as text for its clipboard. */
  send(sequence: string): void;
}

export function show(options: ShowOptions): Shown {
  return options.spoken ? spokenLines(options) : paintedLines(options);
}

/** Lines that a screen reader is given, by Ink. */
function spokenLines({ terminal, onKey, onPaste }: ShowOptions): Shown {
  let shown: readonly string[] = [];
  let instance: Instance | undefined;
  const element = () => createElement(Screen, { lines: shown, onKey, onPaste });
  return {
    lines(lines) {
      if (lines.length === shown.length && lines.every((line, at) => line === shown[at])) return;
      shown = lines;
      if (instance !== undefined) instance.rerender(element());
      else instance = render(element(), { ...inkOptions(terminal), isScreenReaderEnabled: true });
    },
    again() {
      instance?.clear();
      instance?.rerender(createElement(Screen, { lines: [], onKey, onPaste }));
      instance?.rerender(element());
    },
    send: (sequence) => void terminal.out.write(sequence),
    [Symbol.asyncDispose]: async () => await ended(instance),
  };
}

/** xterm's "alternate scroll": on the alternate screen the wheel sends arrow keys, and text can still be selected. */
const WHEEL = { on: '\u001b[?1007h', off: '\u001b[?1007l' } as const;

/** The full screen, whose lines are painted beside Ink. */
function paintedLines({ terminal, wheel, onKey, onPaste }: ShowOptions): Shown {
  const { out } = terminal;
  const send = (sequence: string): void => void out.write(sequence);
  const painter = new Painter(send);
  let shown: readonly string[] = [];
  let instance: Instance | undefined;
  const forget = (): void => painter.forget();
  return {
    lines(lines) {
      if (instance === undefined) {
        instance = render(createElement(Keys, { onKey, onPaste }), { ...inkOptions(terminal), alternateScreen: true });
        // What Ink clears when the size changes comes back with the frame of that size.
        out.on('resize', forget);
        if (wheel) send(WHEEL.on);
      }
      shown = lines;
      painter.paint(lines);
    },
    again() {
      forget();
      painter.paint(shown);
    },
    send,
    async [Symbol.asyncDispose]() {
      if (instance === undefined) return;
      out.off('resize', forget);
      painter.clear();
      if (wheel) send(WHEEL.off);
      await ended(instance);
    },
  };
}

function inkOptions(terminal: Terminal): RenderOptions {
  return {
    stdout: terminal.out,
    stdin: terminal.in as NodeJS.ReadStream,
    // Ink believes no terminal where a variable says CI, as in a test of this.
    interactive: true,
    exitOnCtrlC: false,
    patchConsole: false,
    isScreenReaderEnabled: false,
  };
}

async function ended(instance: Instance | undefined): Promise<void> {
  const end = instance?.waitUntilExit();
  instance?.unmount();
  await end;
}
