import { type Instance, render } from 'ink';
import { createElement } from 'react';
import type { Shown, ShowOptions } from '../screen/shown.ts';
import { Screen } from './components.ts';
import { ended } from './ended.ts';

/** Lines that a screen reader is given, by Ink: in the normal screen, whole when they change. */
export function spokenScreen({ terminal, onKey, onPaste }: ShowOptions): Shown {
  let shown: readonly string[] = [];
  let instance: Instance | undefined;
  const element = () => createElement(Screen, { lines: shown, onKey, onPaste });
  return {
    lines(lines) {
      if (lines.length === shown.length && lines.every((line, at) => line === shown[at])) return;
      shown = lines;
      if (instance !== undefined) return instance.rerender(element());
      instance = render(element(), {
        ...{ stdout: terminal.out, stdin: terminal.in as NodeJS.ReadStream },
        // Ink believes no terminal where a variable says CI, as in a test of this.
        ...{ interactive: true, exitOnCtrlC: false, patchConsole: false, isScreenReaderEnabled: true },
      });
    },
    async listen() {},
    again() {
      instance?.clear();
      instance?.rerender(createElement(Screen, { lines: [], onKey, onPaste }));
      instance?.rerender(element());
    },
    send: (sequence) => void terminal.out.write(sequence),
    async [Symbol.asyncDispose]() {
      if (instance === undefined) return;
      await ended(instance);
      // Ink leaves the cursor behind the last word.
      terminal.out.write('\n');
    },
  };
}
