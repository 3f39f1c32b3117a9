import { isDeepStrictEqual } from 'node:util';
import { Gauge, type Registry } from 'prom-client';
import { type Clock, pause } from '../../controllers/runtime/clock.ts';
import type { LoadedController, Logger, Plugins } from '../../controllers/runtime/index.ts';
import type { FaultlineConfiguration } from '../../crds/configuration.ts';
import type { LoadedConfiguration } from '../configuration/load.ts';
import { fileStamps, isSame as isSameStamps } from './file-stamps.ts';

/** What is compared to say what an edit changed. */
export interface Reloaded extends LoadedConfiguration {
  readonly controllers: readonly LoadedController[];
}

export interface ReloadingOptions<T extends Reloaded> {
  /** What runs now. */
  readonly configured: T;
  /** Reads and loads the configuration anew; rejects with an error whose message says all that is wrong with it. */
  readonly load: () => Promise<T>;
  /** Makes what runs equal to it. */
  readonly apply: (configured: T) => Promise<void>;
  /** Told why the last edit is not applied; undefined when what runs is what is written. */
  readonly onFault: (message: string | undefined) => void;
  /** The configuration file. */
  readonly file: string;
  readonly plugins: Pick<Plugins, 'files' | 'retain'>;
  readonly log: Logger;
  readonly registry: Registry;
  readonly clock: Clock;
}

/**
 * How often the files are looked at. Asking the file system, not being notified: that is a few microseconds, sees every way
 * in which an editor, a mounted ConfigMap (`..data`) or a network file system replaces a file, and can lose nothing.
 */
const LOOK_MS = 300;

/** Applies edits of the configuration and of local plugins while everything runs; a broken edit changes nothing. */
export class Reloading<T extends Reloaded> implements AsyncDisposable {
  readonly #options: ReloadingOptions<T>;
  readonly #ending = new AbortController();
  readonly #successful: Gauge;
  readonly #successAt: Gauge;
  #current: T;
  #fault: string | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: ReloadingOptions<T>) {
    this.#options = options;
    this.#current = options.configured;
    const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers: [options.registry] });
    // As Prometheus does.
    this.#successful = gauge('faultline_config_last_reload_successful', 'Whether the last edit was applied');
    this.#successAt = gauge(
      'faultline_config_last_reload_success_timestamp_seconds',
      'When the configuration was applied last',
    );
    this.#succeeded();
  }

  start(): void {
    this.#running = this.#follow(this.#ending.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    // Whatever was edited since it was read is a change, too.
    let known = await this.#stamps();
    await this.#reload(signal);
    while (!signal.aborted) {
      await pause(clock, LOOK_MS, signal);
      let now = await this.#stamps();
      if (isSameStamps(known, now) || signal.aborted) {
        known = now;
        continue;
      }
      // An editor may write in several steps: not before nothing happens any more.
      for (let before = known; !isSameStamps(before, now) && !signal.aborted; ) {
        before = now;
        await pause(clock, LOOK_MS, signal);
        now = await this.#stamps();
      }
      known = now;
      await this.#reload(signal);
    }
  }

  async #stamps(): Promise<Map<string, string>> {
    const { file, plugins } = this.#options;
    return fileStamps([file, ...(await plugins.files())]);
  }

  async #reload(signal: AbortSignal): Promise<void> {
    const { load, apply, plugins, log, onFault, file } = this.#options;
    if (signal.aborted) return;
    try {
      // Whoever ends does not wait for a plugin that takes its time.
      const next = await Promise.race([load(), ended(signal)]);
      if (next === undefined || signal.aborted) return;
      // At a start the built-in default would do; now it would end what runs, because of one missing file.
      if (this.#current.file !== undefined && next.file === undefined) throw new Error(`${file} is gone`);
      const changes = await changesBetween(this.#current, next);
      await apply(next);
      this.#current = next;
      if (changes !== undefined) log.info({ file, ...changes }, 'the configuration was applied');
      else if (this.#fault !== undefined) log.info({ file }, 'the configuration is again what runs');
      const restart = needsRestart(this.#options.configured.configuration, next.configuration);
      if (changes !== undefined && restart.length > 0) log.warn({ file, restart }, 'some of it needs a restart');
      this.#fault = undefined;
      this.#succeeded();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== this.#fault)
        log.error({ file, faults: message }, 'the edit is not applied: what ran before goes on');
      this.#fault = message;
      this.#successful.set(0);
    }
    onFault(this.#fault);
    await plugins.retain(this.#current.controllers);
  }

  #succeeded(): void {
    this.#successful.set(1);
    this.#successAt.set(this.#options.clock.now() / 1_000);
  }
}

function ended(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
}

interface Changes {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** Undefined when both say the same. */
async function changesBetween(before: Reloaded, after: Reloaded): Promise<Changes | undefined> {
  const isSame = after.controllers.length === 0 ? undefined : await sameController();
  const old = new Map(before.controllers.map((controller) => [controller.name, controller]));
  const names = new Set(after.controllers.map(({ name }) => name));
  const changes: Changes = {
    added: [...names].filter((name) => !old.has(name)),
    changed: after.controllers
      .filter((controller) => {
        const known = old.get(controller.name);
        return known !== undefined && !isSame?.(known, controller);
      })
      .map(({ name }) => name),
    removed: [...old.keys()].filter((name) => !names.has(name)),
  };
  const isUntouched = Object.values(changes).every((list: readonly string[]) => list.length === 0);
  return isUntouched && isDeepStrictEqual(before.configuration, after.configuration) ? undefined : changes;
}

/** Who has controllers has loaded what runs them. */
async function sameController() {
  const { isSameController } = await import('../../controllers/runtime/index.ts');
  return isSameController;
}

/** What of a configuration is read at the start alone. */
const AT_START = [
  'cluster',
  'server',
  'issues',
  'limits',
  'events',
  'resources',
  'leaderElection',
  'sharding',
] as const satisfies readonly (keyof FaultlineConfiguration)[];

function needsRestart(running: FaultlineConfiguration, written: FaultlineConfiguration): string[] {
  return AT_START.filter((key) => !isDeepStrictEqual(running[key], written[key]));
}
