/** The kubectl binaries of this machine, run one command at a time or as a watch whose lines are read one by one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { dyingWithUs } from './child.ts';

export interface KubectlBinary {
  /** `1.33`, or `default` for a plain kubectl whose version its file name does not tell. */
  readonly version: string;
  readonly path: string;
}

export interface KubectlOptions {
  readonly kubeconfig: string;
  /** `1.27` … as `kubectls()` lists them. Default: the newest. */
  readonly version?: string;
  /** Standard input, for `-f -`. */
  readonly input?: string;
  /** Kills kubectl; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
  /** HOME, where kubectl caches discovery. Default: `<kubeconfig>.home`. */
  readonly home?: string;
  /** Added to the environment, for example `KUBECTL_…` feature gates or a PATH with our plugin. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface KubectlResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code; 128 when a signal ended it. */
  readonly code: number;
}

/**
 * All kubectl versions here, oldest first. Google's SDK installs a dispatcher named kubectl with `kubectl.1.27` …
 * beside it; those are listed, else the plain kubectl alone. Throws when there is none on PATH.
 */
export function kubectls(path = process.env.PATH ?? ''): KubectlBinary[] {
  const plain = path
    .split(delimiter)
    .map((dir) => join(dir, 'kubectl'))
    .find(isExecutable);
  if (!plain)
    throw new Error('no kubectl on PATH; see https://kubernetes.io/docs/tasks/tools, or add its folder to PATH');
  const dir = dirname(realpathSync(plain));
  const versions = versionsIn(readdirSync(dir)).map((version) => ({ version, path: join(dir, `kubectl.${version}`) }));
  return versions.length > 0 ? versions : [{ version: 'default', path: plain }];
}

/** Versions of the files named `kubectl.<major>.<minor>`, oldest first; `1.9` comes before `1.27`. */
export function versionsIn(files: readonly string[]): string[] {
  return files
    .flatMap((name) => /^kubectl\.(\d+\.\d+)$/.exec(name)?.[1] ?? [])
    .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** Runs kubectl to its end. Any exit code is a result; rejects only when kubectl cannot be run or was aborted. */
export async function kubectl(args: readonly string[], options: KubectlOptions): Promise<KubectlResult> {
  const child = start(args, options);
  child.stdin?.end(options.input ?? '');
  const stdout = collect(child, 'stdout');
  const stderr = collect(child, 'stderr');
  const [code] = await once(child, 'close');
  options.signal?.throwIfAborted();
  return { stdout: stdout(), stderr: stderr(), code: code ?? 128 };
}

/** Starts a kubectl that goes on printing, such as `get issues -w`. Iterate over it, or ask `next`; then dispose it. */
export function kubectlWatch(args: readonly string[], options: KubectlOptions): KubectlWatch {
  return new KubectlWatch(args, options);
}

export class KubectlWatch implements AsyncIterable<string>, AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #command: string;
  readonly #exited: Promise<unknown>;
  readonly #reader: Interface;
  readonly #lines: AsyncIterator<string>;
  readonly #stderr: () => string;
  #pending: Promise<IteratorResult<string>> | undefined;

  /** Use {@link kubectlWatch}. */
  constructor(args: readonly string[], options: KubectlOptions) {
    this.#command = `kubectl ${args.join(' ')}`;
    this.#child = start(args, options);
    this.#child.stdin?.end(options.input ?? '');
    // An aborted signal arrives as an error; for a watch it is the ordinary end.
    this.#exited = once(this.#child, 'exit').catch(() => {});
    this.#stderr = collect(this.#child, 'stderr');
    this.#reader = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** What it has written to standard error so far. */
  get stderr(): string {
    return this.#stderr();
  }

  /** The next line; throws after `timeoutMs` (default 10 s) and when kubectl has ended. No line is lost by a timeout. */
  async next(timeoutMs = 10_000): Promise<string> {
    this.#pending ??= this.#lines.next();
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(this.#fault(`printed no line for ${timeoutMs} ms`)), timeoutMs);
    try {
      const line = await Promise.race([this.#pending, late]);
      this.#pending = undefined;
      if (line.done) throw this.#fault('has ended');
      return line.value;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Reads on until a line matches and returns it; `timeoutMs` (default 10 s) is for all of it. */
  async nextMatching(pattern: RegExp, timeoutMs = 10_000): Promise<string> {
    const deadline = Date.now() + timeoutMs;
    const seen: string[] = [];
    while (true) {
      try {
        const line = await this.next(Math.max(1, deadline - Date.now()));
        if (pattern.test(line)) return line;
        seen.push(line);
      } catch (cause) {
        throw new Error(`no line matched ${pattern}; read so far:\n${seen.join('\n')}`, { cause });
      }
    }
  }

  /** All lines from here on, until kubectl ends or is stopped. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    while (true) {
      const line = await (this.#pending ?? this.#lines.next());
      this.#pending = undefined;
      if (line.done) return;
      yield line.value;
    }
  }

  /** Interrupts kubectl as Ctrl-C does and waits for its end; kills it after a second. Twice is once. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGINT');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 1_000);
    await this.#exited;
    clearTimeout(timer);
    // Not the end of its output: a helper that kubectl started may hold that open.
    this.#reader.close();
    this.#child.stdout?.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #fault(what: string): Error {
    return new Error(`'${this.#command}' ${what}; standard error: ${this.stderr.trimEnd() || '(empty)'}`);
  }
}

function start(args: readonly string[], options: KubectlOptions): ChildProcess {
  // Beside the kubeconfig, so that it goes with it and no test sees the discovery cache of another.
  const home = options.home ?? `${options.kubeconfig}.home`;
  // By environment, not by flags: kubectl reads no flags before the name of a plugin.
  const env = { PATH: process.env.PATH ?? '', HOME: home, KUBECONFIG: options.kubeconfig, ...options.env };
  const { signal } = options;
  const guarded = dyingWithUs(binary(options.version).path, args);
  const child = spawn(guarded.command, guarded.args, { env, killSignal: 'SIGKILL', ...(signal ? { signal } : {}) });
  child.on('error', () => {}); // an abort, of which the promise tells
  child.stdin?.on('error', () => {}); // it may exit without reading
  return child;
}

function binary(version: string | undefined): KubectlBinary {
  const all = kubectls();
  const found = version === undefined ? all.at(-1) : all.find((candidate) => candidate.version === version);
  if (found) return found;
  throw new Error(`no kubectl ${version} here; there is ${all.map((each) => each.version).join(', ')}`);
}

function collect(child: ChildProcess, stream: 'stdout' | 'stderr'): () => string {
  const chunks: Buffer[] = [];
  child[stream]?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
