import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { InputFault } from '../../../crds/report.ts';
import type { Clock } from '../clock.ts';
import type { CodePiece } from '../import-plugin.ts';
import type { Logger } from '../logger.ts';
import { type ClusterObject, isRecord } from '../object.ts';
import type { Read } from '../plugin.ts';
import type { PluginEndReason } from '../plugin-host.ts';
import { Batch } from './batch.ts';
import { logOutput } from './plugin-output.ts';
import {
  type DefinitionData,
  errorFrom,
  type FromWorker,
  type PluginRequest,
  type ToWorker,
  thrownOf,
} from './protocol.ts';

export interface PluginWorkerOptions {
  /** For log lines. */
  readonly controller: string;
  readonly logger: Logger;
  readonly clock: Clock;
  /** What the plugin may keep on its heap, and again in buffers outside of it, MiB. */
  readonly memoryMb: number;
  /** How long it may take to load. */
  readonly loadTimeoutMs: number;
  /** Told the URL of each local file that the plugin imports, as it does. */
  readonly onFile: (url: string) => void;
  /** Given its code as it is loaded. */
  readonly onCode: (piece: CodePiece) => void;
  /** The thread has ended after it had loaded, with the looks that were under way. Never called after `stop`. */
  readonly onEnd: (end: PluginEnd, looks: readonly PluginLook[]) => void;
}

export interface PluginEnd {
  readonly reason: PluginEndReason;
  /** One line. */
  readonly message: string;
}

export interface PluginLook {
  readonly object: ClusterObject;
  readonly read: Read;
  readonly resolve: (verdict: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export type PluginLoaded =
  | { readonly type: 'definition'; readonly definition: DefinitionData }
  | { readonly type: 'faults'; readonly faults: readonly InputFault[] }
  | { readonly type: 'ended'; readonly end: PluginEnd };

/** How often the memory outside of the heap is looked at while the plugin works: V8 limits only the heap itself. */
const MEMORY_MS = 200;

/** One life of a plugin's worker thread. */
export class PluginWorker {
  /** What became of loading it; never rejects. */
  readonly loaded: Promise<PluginLoaded>;
  readonly #options: PluginWorkerOptions;
  readonly #worker: Worker;
  readonly #batch: Batch<ToWorker>;
  readonly #looks = new Map<number, PluginLook>();
  readonly #loading = Promise.withResolvers<PluginLoaded>();
  readonly #exited = Promise.withResolvers<void>();
  #lastLook = 0;
  #isLoaded = false;
  #isStopped = false;
  #isOver = false;
  #end: PluginEnd | undefined;
  #cancelMemory: (() => void) | undefined;

  constructor(request: PluginRequest, options: PluginWorkerOptions) {
    this.#options = options;
    const { memoryMb, clock, loadTimeoutMs } = options;
    this.#worker = new Worker(new URL(`./worker-main${extname(import.meta.url)}`, import.meta.url), {
      workerData: request,
      // No secret of this process is a plugin's business, and no flag of it either.
      env: {},
      argv: [],
      // A mounted file has no package.json beside it, and needs none.
      execArgv: ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'],
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: {
        maxOldGenerationSizeMb: memoryMb,
        maxYoungGenerationSizeMb: Math.max(1, memoryMb / 8),
        stackSizeMb: 4,
      },
    });
    this.#batch = new Batch<ToWorker>(
      (messages) => this.#worker.postMessage(messages),
      (message, error) => this.#unsendable(message, error),
    );
    this.#listen();
    const seconds = loadTimeoutMs / 1_000;
    const late: PluginEnd = { reason: 'LoadFailed', message: `it was not loaded within ${seconds} s` };
    const cancel = clock.after(loadTimeoutMs, () => this.#kill(late));
    this.loaded = this.#loading.promise.finally(cancel);
  }

  /** Rejects as `observe` did. What becomes of it when the thread ends is up to `onEnd`. */
  observe(object: ClusterObject, read: Read): Promise<unknown> {
    const look = ++this.#lastLook;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#looks.set(look, { object, read, resolve, reject });
    this.#worker.ref();
    this.#watchMemory();
    read.signal.addEventListener('abort', () => this.#aborted(look, read.signal.reason), { once: true });
    this.#batch.push({ type: 'observe', look, object, now: read.now().getTime(), live: read.live });
    return promise;
  }

  /** Resolves when the thread has ended, for whatever reason. */
  get exited(): Promise<void> {
    return this.#exited.promise;
  }

  /** Ends the thread, whatever it does; `onEnd` is not called. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelMemory?.();
    void this.#worker.terminate();
    await this.#exited.promise;
  }

  #listen(): void {
    const { controller, logger, clock } = this.#options;
    logOutput([this.#worker.stdout, this.#worker.stderr], controller, logger, clock);
    this.#worker.on('message', (messages: readonly FromWorker[]) => {
      try {
        for (const message of messages) this.#receive(message);
      } catch (error) {
        // The port is the plugin's, too: what it sends there must not end this thread.
        const message = `it sent what is no message: ${thrownOf(error).message}`;
        this.#kill({ reason: 'UncaughtError', message });
      }
    });
    this.#worker.on('messageerror', (error) =>
      this.#kill({ reason: 'UncaughtError', message: thrownOf(error).message }),
    );
    this.#worker.on('error', (error) => {
      this.#end ??= endOf(error, this.#options.memoryMb);
    });
    this.#worker.on('exit', (code) => this.#hasEnded(code));
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'loaded':
        this.#isLoaded = true;
        // From now on only a look keeps this process alive.
        this.#worker.unref();
        this.#loading.resolve({ type: 'definition', definition: message.definition });
        break;
      case 'faulty':
        this.#loading.resolve({ type: 'faults', faults: message.faults });
        break;
      case 'files':
        for (const file of message.files) this.#options.onFile(file);
        break;
      case 'code':
        this.#options.onCode(message.piece);
        break;
      case 'read':
        void this.#read(message);
        break;
      case 'decided':
        this.#take(message.look)?.resolve(message.verdict);
        break;
      case 'failed':
        this.#take(message.look)?.reject(errorFrom(message.error));
        break;
      default:
        message satisfies never;
    }
  }

  async #read({ look, call, method, args }: Extract<FromWorker, { type: 'read' }>): Promise<void> {
    const read = this.#looks.get(look)?.read;
    if (read === undefined) return;
    try {
      const ask = read[method] as (...args: readonly unknown[]) => Promise<unknown>;
      this.#batch.push({ type: 'answer', look, call, value: await ask(...args) });
    } catch (error) {
      this.#batch.push({ type: 'refusal', look, call, error: thrownOf(error) });
    }
  }

  #take(id: number): PluginLook | undefined {
    const look = this.#looks.get(id);
    this.#looks.delete(id);
    if (this.#looks.size === 0) this.#worker.unref();
    return look;
  }

  /** A thread that did not answer in time may be blocked, and what is blocked can only be ended. */
  #aborted(look: number, reason: unknown): void {
    if (!this.#looks.has(look)) return;
    if (isRecord(reason) && reason.name === 'ObservationTimeout') {
      this.#kill({ reason: 'TimedOut', message: thrownOf(reason).message });
      return;
    }
    this.#take(look)?.reject(reason);
    this.#batch.push({ type: 'abort', look });
  }

  #unsendable(message: ToWorker, error: unknown): void {
    if (message.type === 'observe') this.#take(message.look)?.reject(error);
    else if (message.type === 'answer') {
      const { look, call } = message;
      this.#batch.push({ type: 'refusal', look, call, error: thrownOf(error) });
    }
  }

  /** It is over at once for everybody else; the thread needs a moment more. */
  #kill(end: PluginEnd): void {
    void this.#worker.terminate();
    this.#over(end);
  }

  #hasEnded(code: number): void {
    this.#exited.resolve();
    this.#over(this.#end ?? { reason: 'Exited', message: `it ended its thread (exit code ${code})` });
  }

  #over(end: PluginEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelMemory?.();
    this.#loading.resolve({ type: 'ended', end });
    const looks = [...this.#looks.values()];
    this.#looks.clear();
    if (this.#isLoaded && !this.#isStopped) this.#options.onEnd(end, looks);
    else for (const { reject } of looks) reject(new Error('the plugin was ended'));
  }

  #watchMemory(): void {
    if (this.#cancelMemory !== undefined) return;
    const { clock, memoryMb } = this.#options;
    const look = async (): Promise<void> => {
      this.#cancelMemory = undefined;
      if (this.#looks.size === 0 || this.#isOver) return;
      this.#watchMemory();
      const used = await this.#worker.getHeapStatistics().catch(() => undefined);
      if (used === undefined || used.external_memory < memoryMb * 1_048_576) return;
      this.#kill({ reason: 'OutOfMemory', message: `it holds more than ${memoryMb} MiB in buffers` });
    };
    this.#cancelMemory = clock.after(MEMORY_MS, () => void look());
  }
}

function endOf(error: unknown, memoryMb: number): PluginEnd {
  if (isRecord(error) && error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return { reason: 'OutOfMemory', message: `it needs more than ${memoryMb} MiB of heap` };
  }
  const { name, message } = thrownOf(error);
  return { reason: 'UncaughtError', message: `it threw where nobody could catch: ${name}: ${message}` };
}
