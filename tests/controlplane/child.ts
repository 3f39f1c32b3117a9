/**
 * Server processes that cannot outlive their test: they are killed on dispose, when this process exits, and, where
 * `setpriv` exists, by the kernel when this process is itself killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ChildOptions {
  /** For messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Standard output and error are appended here. */
  readonly logPath: string;
  /** Added to PATH, HOME and TMPDIR. Nothing else is inherited: a proxy or KUBECONFIG of the caller must not leak in. */
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
  /** What the kernel sends when we die. Default KILL. */
  readonly deathSignal?: 'KILL' | 'QUIT';
}

const setpriv = '/usr/bin/setpriv';
const live = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of live) child.kill('SIGKILL');
});

export class Child implements AsyncDisposable {
  readonly name: string;
  readonly logPath: string;
  readonly pid: number;
  readonly #process: ChildProcess;

  private constructor(options: ChildOptions, process: ChildProcess, pid: number) {
    this.name = options.name;
    this.logPath = options.logPath;
    this.#process = process;
    this.pid = pid;
  }

  /** Starts the command. Throws when it cannot be executed; one that starts and then dies shows in `ended`. */
  static async start(options: ChildOptions): Promise<Child> {
    const { command, args, uid, gid } = options;
    const guarded = dyingWithUs(command, args, options.deathSignal);
    const log = openSync(options.logPath, 'a');
    const child = spawn(guarded.command, guarded.args, {
      stdio: ['ignore', log, log],
      env: { ...inherited(), ...options.env },
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    });
    closeSync(log);
    await once(child, 'spawn');
    live.add(child);
    child.once('exit', () => live.delete(child));
    return new Child(options, child, child.pid as number);
  }

  /** `code 1` or `signal SIGKILL` once the process has ended, else undefined. */
  get ended(): string | undefined {
    const { exitCode, signalCode } = this.#process;
    if (signalCode) return `signal ${signalCode}`;
    return exitCode === null ? undefined : `code ${exitCode}`;
  }

  /** Sends the signal and waits for the end; after `graceMs` (default 10 s) it kills. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = 10_000): Promise<void> {
    if (this.ended) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill(signal);
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), graceMs);
    await exit;
    clearTimeout(timer);
  }

  /**
   * Asks `probe` every 50 ms until it answers true. Throws with the end of the log when the process ends first or
   * `timeoutMs` has passed; an error of the probe counts as "not yet" and is quoted then.
   */
  async until(what: string, probe: () => Promise<boolean>, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    let last: unknown;
    while (Date.now() < deadline) {
      if (this.ended) throw await this.#failure(`ended with ${this.ended} before it was ${what}`, last);
      try {
        if (await probe()) return;
      } catch (error) {
        last = error;
      }
      await sleep(50);
    }
    throw await this.#failure(`was not ${what} after ${timeoutMs / 1000} s`, last);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
  }

  async #failure(what: string, cause: unknown): Promise<Error> {
    const tail = logTail(await readFile(this.logPath, 'utf8').catch(() => ''));
    return new Error(`${this.name} ${what}; end of ${this.logPath}:\n${tail}`, { cause });
  }
}

/** The command so that the kernel ends it when we die, where `setpriv` exists; unchanged elsewhere. */
export function dyingWithUs(command: string, args: readonly string[], signal: 'KILL' | 'QUIT' = 'KILL') {
  if (!existsSync(setpriv)) return { command, args };
  return { command: setpriv, args: [`--pdeathsig=${signal}`, '--', command, ...args] };
}

/** The last lines of a log, for an error message, without gRPC's chatter about connections that it replaced. */
export function logTail(text: string, lines = 25): string {
  const telling = text.split('\n').filter((line) => line.trim() !== '' && !line.includes('] [core] [Channel #'));
  return telling.length === 0 ? '(the log is empty)' : telling.slice(-lines).join('\n');
}

function inherited(): Record<string, string> {
  const entries = ['PATH', 'HOME', 'TMPDIR'].map((name) => [name, process.env[name]]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
