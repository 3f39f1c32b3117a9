import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Screen } from '../../cli/tui/testing/screen.ts';
import { descendants } from '../../tests/controlplane/process-tree.ts';

/** A program on a pseudo-terminal (of util-linux's `script`), and what its screen shows. */
export class PseudoTerminal implements AsyncDisposable {
  readonly screen = new Screen();
  readonly #process: ChildProcess;
  readonly #waiting = new Set<() => void>();
  /** ms of performance.now() when it was started. */
  readonly startedAt = performance.now();

  constructor(command: string, size: { columns: number; rows: number }, env: Readonly<Record<string, string>>) {
    const line = `stty cols ${size.columns} rows ${size.rows}; exec ${command}`;
    this.#process = spawn('script', ['-qfec', line, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', ...env },
    });
    this.#process.stdout?.setEncoding('utf8').on('data', (data: string) => {
      this.screen.write(data);
      for (const look of this.#waiting) look();
    });
  }

  press(keys: string): void {
    this.#process.stdin?.write(keys);
  }

  /** Resolves with the moment (performance.now()) when the screen shows it. */
  shows(wanted: (text: string) => boolean, ms = 60_000): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the screen shows something else:\n${this.screen.text()}`)), ms);
      const look = (): void => {
        if (!wanted(this.screen.text())) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(performance.now());
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** The process of the program itself. */
  async pid(): Promise<number> {
    for (;;) {
      const last = (await descendants(this.#process.pid as number)).at(-1);
      if (last !== undefined) return last;
      await sleep(10);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((done) => this.#process.once('exit', done));
    this.press('\u0003');
    await Promise.race([ended, sleep(5_000)]);
    this.#process.kill('SIGKILL');
  }
}
