import { Writable } from 'node:stream';
import { render } from 'ink';
import { createElement } from 'react';
import type { ShowOptions } from '../screen/shown.ts';
import { Keys } from './components.ts';
import { ended } from './ended.ts';

/** Ink reads the keys and pastes of the terminal, until it is disposed, and writes nothing to it. */
export function readKeys({ terminal, onKey, onPaste }: Omit<ShowOptions, 'wheel'>): AsyncDisposable {
  const instance = render(createElement(Keys, { onKey, onPaste }), {
    ...{ stdout: nowhere(), stdin: terminal.in as NodeJS.ReadStream },
    ...{ interactive: false, exitOnCtrlC: false, patchConsole: false, isScreenReaderEnabled: false },
  });
  return { [Symbol.asyncDispose]: () => ended(instance) };
}

/** Where Ink may write; with a size, or it runs a program to find one out. */
function nowhere(): NodeJS.WriteStream {
  const stream = new Writable({ write: (_chunk, _encoding, written) => written() });
  return Object.assign(stream, { columns: 80, rows: 24 }) as unknown as NodeJS.WriteStream;
}
