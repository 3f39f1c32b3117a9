import process from 'node:process';
import type { Terminal } from '../../streams.ts';
import { Painter } from './painter.ts';
import type { Shown, ShowOptions } from './shown.ts';

/** The alternate screen without a cursor, and pastes in brackets: one is told from keys. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?2004h';
const LEAVE = '\u001b[?2004l\u001b[?1049l\u001b[?25h';
/** xterm's "alternate scroll": on the alternate screen the wheel sends arrow keys, and text can still be selected. */
const WHEEL = { on: '\u001b[?1007h', off: '\u001b[?1007l' } as const;

/**
 * The full screen. It is there before Ink is, which reads its keys: Ink and React are two thirds of what is loaded, and issues
 * are read by people before the first key (ADR 35).
 */
export function paintedScreen(options: ShowOptions): Shown {
  const { terminal, wheel } = options;
  const { out } = terminal;
  const send = (sequence: string): void => void out.write(sequence);
  const painter = new Painter(send);
  let shown: readonly string[] | undefined;
  let keys: Promise<AsyncDisposable> | undefined;
  const forget = (): void => painter.forget();
  const enter = (): void => {
    // What is pressed from now on waits, unseen.
    setRaw(terminal, true);
    send(`${ENTER}${wheel ? WHEEL.on : ''}`);
    // Terminals put lines elsewhere when their size changes.
    out.on('resize', forget);
    process.once('exit', leave);
  };
  const leave = (): void => {
    painter.clear();
    send(`${wheel ? WHEEL.off : ''}${LEAVE}`);
    setRaw(terminal, false);
  };
  return {
    lines(lines) {
      if (shown === undefined) enter();
      shown = lines;
      painter.paint(lines);
    },
    async listen() {
      keys ??= import('../ink/keys.ts').then(({ readKeys }) => readKeys(options));
      await keys;
    },
    again() {
      forget();
      painter.paint(shown ?? []);
    },
    send,
    async [Symbol.asyncDispose]() {
      if (shown === undefined) return;
      // What could not be loaded was told.
      const reading = await keys?.catch(() => undefined);
      await reading?.[Symbol.asyncDispose]();
      out.off('resize', forget);
      process.off('exit', leave);
      leave();
    },
  };
}

function setRaw({ in: input }: Terminal, on: boolean): void {
  (input as Partial<Pick<NodeJS.ReadStream, 'setRawMode'>>).setRawMode?.(on);
}
