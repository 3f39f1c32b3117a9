/**
 * Programs with Kubernetes clients of several languages that follow the issues: started once, asked now and then what
 * they hold.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { dyingWithUs } from '../controlplane/child.ts';

/** One client of a program. Absent selectors select everything, an absent namespace is all of them. */
export interface ClientSpec {
  /** Its user agent too, by which the API server's audit log knows it. */
  readonly name: string;
  /** What it is made with; each program knows its own. */
  readonly kind: string;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** The part of a served object by which it is recognised; the rest is compared as it is. */
export interface HeldObject {
  readonly metadata: { readonly namespace: string; readonly name: string };
}

/** What one or more clients hold; null while a client is (again) without a complete list. */
export type Held = Readonly<Record<string, readonly HeldObject[] | null>>;

/** Anything that follows the issues. */
export interface Follower extends AsyncDisposable {
  /** Throws when it has ended. */
  held(): Promise<Held>;
}

export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly kubeconfig: string;
  readonly clients: readonly ClientSpec[];
  /** Standard error is appended here. */
  readonly logPath: string;
}

/** A program that speaks the protocol of go/main.go. */
export class ClientProgram implements Follower {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #logPath: string;

  constructor({ command, args, env, kubeconfig, clients, logPath }: ProgramOptions) {
    const guarded = dyingWithUs(command, [...args, JSON.stringify({ kubeconfig, clients })]);
    const log = openSync(logPath, 'a');
    const { PATH = '', HOME = '' } = process.env;
    this.#child = spawn(guarded.command, guarded.args, {
      stdio: ['pipe', 'pipe', log],
      env: { PATH, HOME, ...env },
    });
    closeSync(log);
    this.#logPath = logPath;
    this.#child.on('error', () => {}); // shows as the end of its output
    this.#child.stdin?.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  async held(): Promise<Held> {
    this.#child.stdin?.write('\n');
    const line = await this.#lines.next();
    if (line.done) throw new Error(`a program of clients has ended; its log is ${this.#logPath}`);
    return JSON.parse(line.value) as Held;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}
