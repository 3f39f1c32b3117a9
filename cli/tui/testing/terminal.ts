import { PassThrough } from 'node:stream';
import type { Terminal } from '../../streams.ts';
import { Screen } from './screen.ts';

/** A terminal that remembers what was written to it, and whose keys a test presses. */
export interface FakeTerminal extends Terminal {
  /** What it shows now. */
  readonly screen: Screen;
  /** Everything that was ever written to it. */
  readonly written: () => string;
  readonly isRaw: () => boolean;
  press(keys: string): void;
  resize(columns: number, rows: number): void;
}

export function fakeTerminal(columns = 80, rows = 24): FakeTerminal {
  const input = new PassThrough();
  let raw = false;
  Object.assign(input, {
    isTTY: true,
    ref: () => input,
    unref: () => input,
    setRawMode: (is: boolean) => {
      raw = is;
      return input;
    },
  });
  const screen = new Screen();
  let written = '';
  const output = new PassThrough();
  output.on('data', (chunk: Buffer) => {
    const text = chunk.toString('utf8');
    written += text;
    screen.write(text);
  });
  const out = Object.assign(output, { isTTY: true, columns, rows }) as unknown as NodeJS.WriteStream;
  return {
    in: input,
    out,
    screen,
    written: () => written,
    isRaw: () => raw,
    press: (keys) => void input.write(keys),
    resize(width, height) {
      Object.assign(out, { columns: width, rows: height });
      out.emit('resize');
    },
  };
}
