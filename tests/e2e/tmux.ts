import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A real terminal, of tmux, with a server of its own: nothing of the user's sessions or configuration is touched. */
export interface RealTerminal extends AsyncDisposable {
  /** As tmux names them: `Enter`, `Escape`, `C-c`, or text. */
  press(...keys: readonly string[]): Promise<void>;
  type(text: string): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  screen(): Promise<string>;
  /** Answers the screen once it shows that; throws with what it shows instead. */
  shows(wanted: string | RegExp, ms?: number): Promise<string>;
}

export interface RealTerminalOptions {
  /** Of the socket. */
  readonly dir: string;
  readonly columns: number;
  readonly rows: number;
  /** What runs in it, after which it prints `ended with CODE`. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export async function realTerminal({ dir, columns, rows, command, env }: RealTerminalOptions): Promise<RealTerminal> {
  const tmux = async (...args: readonly string[]): Promise<string> => {
    try {
      return (
        await run('tmux', ['-u', '-S', join(dir, 'tmux'), '-f', '/dev/null', ...args], {
          env: { ...process.env, ...env },
        })
      ).stdout;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new Error('tmux is missing, in which the terminal UI is tested: apt-get install tmux', { cause: error });
    }
  };
  const line = `${command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')}; echo "ended with $?"; exec sleep 600`;
  await tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), line);
  const screen = (): Promise<string> => tmux('capture-pane', '-p');
  return {
    press: async (...keys) => void (await tmux('send-keys', ...keys)),
    type: async (text) => void (await tmux('send-keys', '-l', text)),
    resize: async (width, height) => void (await tmux('resize-window', '-x', String(width), '-y', String(height))),
    screen,
    async shows(wanted, ms = 40_000) {
      const until = Date.now() + ms;
      for (;;) {
        const shown = await screen();
        if (typeof wanted === 'string' ? shown.includes(wanted) : wanted.test(shown)) return shown;
        if (Date.now() > until) throw new Error(`the terminal does not show ${wanted} but\n${shown}`);
        await sleep(50);
      }
    },
    [Symbol.asyncDispose]: async () => void (await tmux('kill-server').catch(() => undefined)),
  };
}
