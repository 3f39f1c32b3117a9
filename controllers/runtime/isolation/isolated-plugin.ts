import type { InputFault } from '../../../crds/report.ts';
import { backoffDelay } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { CodePiece, PluginCode } from '../import-plugin.ts';
import type { Logger } from '../logger.ts';
import { type ClusterObject, objectKey } from '../object.ts';
import { type ControllerDefinition, type Read, RetryAfter, type Verdict } from '../plugin.ts';
import type { PluginEndReason, PluginHealth, PluginHost } from '../plugin-host.ts';
import type { ControllerCondition } from '../status.ts';
import { type PluginEnd, type PluginLook, PluginWorker } from './plugin-worker.ts';
import type { DefinitionData, PluginRequest } from './protocol.ts';
import { Suspects } from './suspects.ts';

export interface IsolationOptions {
  /** The source's name. */
  readonly controller: string;
  readonly logger: Logger;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** What a plugin may keep on its heap, and again in buffers outside of it, MiB. Default 128. */
  readonly memoryMb?: number;
  /** How long it may take to load. Default 10 s. */
  readonly loadTimeoutMs?: number;
  /** Ends it, also while it is loaded. */
  readonly signal?: AbortSignal;
  /** Told the URL of each local file that the plugin imports. */
  readonly onFile?: (url: string) => void;
}

/** A plugin that was stopped starts again after 1 s, 2 s, … 5 min; what lived longer than that begins anew. */
const RESTART = { base: 1_000, max: 300_000 };
/** So many times one object may stop the plugin. */
const MAX_KILLS = 3;

export type Begun =
  | { readonly plugin: IsolatedPlugin }
  | { readonly plugin?: never; readonly faults: readonly InputFault[] };

/**
 * A plugin in a worker thread of its own. Whatever it does (a loop without an end, more memory than it may have,
 * `process.exit`, an error that nobody catches) ends that thread alone; it is started again with backoff, and the object
 * that ends it again and again is parked.
 */
export class IsolatedPlugin implements PluginHost, AsyncDisposable {
  readonly definition: ControllerDefinition;
  readonly #request: PluginRequest;
  readonly #options: IsolationOptions;
  readonly #suspects: Suspects;
  readonly #ends: Record<PluginEndReason, number> = {
    TimedOut: 0,
    OutOfMemory: 0,
    Exited: 0,
    UncaughtError: 0,
    LoadFailed: 0,
  };
  #worker: PluginWorker | undefined;
  #since: number;
  #attempts = 0;
  #last: { readonly end: PluginEnd; readonly at: number; readonly during: string } | undefined;
  #restart: { readonly due: number; readonly cancel: () => void } | undefined;
  /** Looks under way; suspects that wait for their turn, and whether one has it. */
  #inside = 0;
  #suspectsWaiting = 0;
  #isAlone = false;
  #changed = Promise.withResolvers<void>();
  #isDisposed = false;

  /** Loads it. Faults are those of the module and of its options, with the path of the entry; never rejects. */
  static async begin(asked: PluginRequest, options: IsolationOptions): Promise<Begun> {
    // Filled as it is loaded: a plugin that starts again is the one that began, whatever was edited since.
    const request = { ...asked, code: { imports: new Map(), modules: new Map() } };
    let plugin: IsolatedPlugin | undefined;
    const worker = startWorker(request, options, (end, looks) => plugin?.hasEnded(end, looks));
    const loaded = await worker.loaded;
    if (loaded.type === 'definition') {
      plugin = new IsolatedPlugin(request, options, worker, loaded.definition);
      return { plugin };
    }
    await worker.stop();
    if (loaded.type === 'faults') return { faults: loaded.faults };
    return { faults: [{ path: `${request.path}.use`, message: `cannot be loaded: ${loaded.end.message}` }] };
  }

  private constructor(request: PluginRequest, options: IsolationOptions, worker: PluginWorker, data: DefinitionData) {
    this.#request = request;
    this.#options = options;
    this.#worker = worker;
    this.#since = options.clock.now();
    const { clock, random } = options;
    this.#suspects = new Suspects({ maxKills: MAX_KILLS, now: () => clock.now(), random });
    this.definition = {
      ...data,
      observe: (object, read) => this.#observe(object as ClusterObject, read) as Promise<Verdict>,
    };
  }

  /** Its local files as they were when it was loaded. */
  get code(): PluginCode | undefined {
    return this.#request.code;
  }

  async admit(object: ClusterObject, signal: AbortSignal): Promise<() => void> {
    const isSuspect = this.#suspects.isSuspect(object);
    if (isSuspect) this.#suspectsWaiting++;
    try {
      await this.#until(() => this.#enter(isSuspect), signal);
    } finally {
      if (isSuspect) this.#suspectsWaiting--;
    }
    return () => {
      this.#inside--;
      this.#isAlone = false;
      this.#notify();
    };
  }

  forget(key: string): void {
    this.#suspects.clear(key);
  }

  health(): PluginHealth {
    const running = this.#worker !== undefined;
    return { running, ends: this.#ends, parked: this.#suspects.parked, condition: this.#condition() };
  }

  /** The thread has ended by itself, or was ended because a look took too long. */
  hasEnded(end: PluginEnd, looks: readonly PluginLook[]): void {
    this.#worker = undefined;
    if (this.#isDisposed) return;
    const objects = looks.map(({ object }) => object);
    const isParked = this.#suspects.blame(objects);
    const delay = this.#restartLater(end, objects.map(objectKey).join(', '));
    const [only] = looks;
    if (only !== undefined && looks.length === 1) {
      // Guilty: parked for good, or tried again like any other look that failed.
      const message = `the plugin was stopped: ${end.message}${isParked ? '; it is parked' : ''}`;
      only.reject(Object.assign(new Error(message), isParked && { name: 'TerminalError' }));
    } else {
      for (const { reject } of looks) reject(new RetryAfter(delay, `the plugin was stopped: ${end.message}`));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#restart?.cancel();
    await this.#worker?.stop();
    this.#worker = undefined;
  }

  async #observe(object: ClusterObject, read: Read): Promise<unknown> {
    const worker = this.#worker;
    if (worker === undefined) throw new RetryAfter(RESTART.base, 'the plugin does not run');
    const verdict = await worker.observe(object, read);
    this.#suspects.clear(objectKey(object));
    return verdict;
  }

  /** Asked and taken in one step: all that wait are woken together. */
  #enter(isSuspect: boolean): boolean {
    if (this.#worker === undefined || this.#isAlone) return false;
    if (isSuspect ? this.#inside > 0 : this.#suspectsWaiting > 0) return false;
    this.#inside++;
    this.#isAlone = isSuspect;
    return true;
  }

  /** `enters` is not asked again once it was true. */
  async #until(enters: () => boolean, signal: AbortSignal): Promise<void> {
    if (enters()) return;
    const aborted = Promise.withResolvers<void>();
    const abort = (): void => aborted.resolve();
    signal.addEventListener('abort', abort, { once: true });
    try {
      while (!enters()) {
        signal.throwIfAborted();
        await Promise.race([this.#changed.promise, aborted.promise]);
      }
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Returns in how many ms. */
  #restartLater(end: PluginEnd, during: string): number {
    const { clock, random, logger, controller } = this.#options;
    const now = clock.now();
    if (now - this.#since > RESTART.max) this.#attempts = 0;
    const delay = backoffDelay(this.#attempts++, { ...RESTART, random });
    this.#ends[end.reason]++;
    this.#last = { end, at: now, during };
    const fields = { controller, reason: end.reason, objects: during || undefined, restartInMs: Math.round(delay) };
    logger.warn(fields, `the plugin was stopped: ${end.message}`);
    this.#restart = { due: now + delay, cancel: clock.after(delay, () => void this.#start()) };
    return delay;
  }

  async #start(): Promise<void> {
    const { logger, controller, clock } = this.#options;
    const worker = startWorker(this.#request, this.#options, (end, looks) => this.hasEnded(end, looks));
    const loaded = await worker.loaded;
    if (this.#isDisposed) return worker.stop();
    this.#since = clock.now();
    if (loaded.type === 'definition') {
      this.#restart = undefined;
      this.#worker = worker;
      logger.info({ controller }, 'the plugin runs again');
      this.#notify();
      return undefined;
    }
    await worker.stop();
    const message =
      loaded.type === 'faults' ? loaded.faults.map((fault) => fault.message).join('; ') : loaded.end.message;
    this.#restartLater({ reason: 'LoadFailed', message }, '');
    return undefined;
  }

  #condition(): ControllerCondition {
    const type = 'PluginStopped';
    const { clock } = this.#options;
    const { parked } = this.#suspects;
    const names =
      parked.length === 0
        ? ''
        : `not looked at, because each stopped the plugin ${MAX_KILLS} times: ${parked.join(', ')}`;
    if (this.#last !== undefined && (this.#worker === undefined || clock.now() - this.#last.at < RESTART.max)) {
      const { end, during } = this.#last;
      const wait = Math.max(0, Math.ceil(((this.#restart?.due ?? 0) - clock.now()) / 1_000));
      const now = this.#worker === undefined ? `it starts again in ${wait} s` : 'it runs again';
      const looking = during === '' ? '' : ` while it looked at ${during}`;
      const message = [`${end.message}${looking}; ${now}`, names].filter(Boolean).join('; ');
      return { type, status: 'True', reason: end.reason, message };
    }
    if (parked.length > 0) return { type, status: 'True', reason: 'ObjectsParked', message: names };
    return { type, status: 'False', reason: 'AsExpected', message: '' };
  }
}

function startWorker(
  request: PluginRequest,
  options: IsolationOptions,
  onEnd: (end: PluginEnd, looks: readonly PluginLook[]) => void,
): PluginWorker {
  const { controller, logger, clock, memoryMb = 128, loadTimeoutMs = 10_000, onFile = () => {} } = options;
  const onCode = (piece: CodePiece): void => {
    if ('module' in piece) request.code?.modules.set(piece.url, piece.module);
    else request.code?.imports.set(piece.import, piece.url);
  };
  const worker = new PluginWorker(request, {
    ...{ controller, logger, clock, memoryMb, loadTimeoutMs, onFile, onCode, onEnd },
  });
  const stop = (): void => void worker.stop();
  options.signal?.addEventListener('abort', stop, { once: true });
  // One signal outlives every thread that it may have to end.
  void worker.exited.then(() => options.signal?.removeEventListener('abort', stop));
  return worker;
}
