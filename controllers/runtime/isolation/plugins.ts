import { type Clock, systemClock } from '../clock.ts';
import type { HostedPlugin, LoadedController, LoadPlugin } from '../loader.ts';
import type { Logger } from '../logger.ts';
import { IsolatedPlugin, type IsolationOptions } from './isolated-plugin.ts';
import { PluginFiles } from './plugin-files.ts';
import type { PluginRequest } from './protocol.ts';

export interface PluginsOptions extends Pick<IsolationOptions, 'memoryMb' | 'loadTimeoutMs'> {
  logger: Logger;
  clock?: Clock;
  random?: () => number;
}

/** The plugins of one process, each in a worker thread of its own. */
export interface Plugins extends AsyncDisposable {
  /**
   * For `loadControllers`. A plugin that runs already for the same entry is used again while none of its files has changed;
   * else another one begins beside it, with everything it imports read anew.
   */
  readonly load: LoadPlugin;
  /** Ends the plugins that none of these controllers uses. */
  retain(controllers: readonly LoadedController[]): Promise<void>;
  /** The files that plugins are or were made of, those that could not be loaded among them: an edit of one asks for a reload. */
  files(): Promise<string[]>;
}

interface Entry {
  readonly key: string;
  readonly plugin: IsolatedPlugin;
  readonly files: PluginFiles;
}

export function createPlugins(options: PluginsOptions): Plugins {
  return new WorkerPlugins(options);
}

class WorkerPlugins implements Plugins {
  readonly load: LoadPlugin = (name, request) => this.#load(name, request);
  readonly #options: PluginsOptions;
  #entries: readonly Entry[] = [];
  readonly #files = new Map<string, PluginFiles>();
  readonly #ending = new AbortController();

  constructor(options: PluginsOptions) {
    this.#options = options;
  }

  async retain(controllers: readonly LoadedController[]): Promise<void> {
    const used = new Set(controllers.map(({ host }) => host));
    const gone = this.#entries.filter(({ plugin }) => !used.has(plugin));
    this.#entries = this.#entries.filter(({ plugin }) => used.has(plugin));
    await Promise.all(gone.map(({ plugin }) => plugin[Symbol.asyncDispose]()));
  }

  async files(): Promise<string[]> {
    const paths = await Promise.all([...this.#files.values()].map((files) => files.paths()));
    return [...new Set(paths.flat())];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.retain([]);
  }

  async #load(name: string, request: PluginRequest): Promise<HostedPlugin> {
    const key = JSON.stringify([name, request.specifier, request.baseDir, request.with]);
    for (const { plugin, files, key: other } of this.#entries.toReversed()) {
      if (other !== key || (await files.haveChanged())) continue;
      return { definition: plugin.definition, host: plugin, faults: [] };
    }
    const files = new PluginFiles(request.specifier);
    this.#files.set(key, files);
    const { logger, clock = systemClock, random = Math.random, ...limits } = this.#options;
    const onFile = (url: string): void => files.add(url);
    const { signal } = this.#ending;
    const begun = await IsolatedPlugin.begin(request, {
      ...{ ...limits, controller: name, logger, clock, random, onFile, signal },
    });
    if (begun.plugin === undefined) return { faults: begun.faults };
    const { plugin } = begun;
    await files.remember(plugin.code);
    this.#entries = [...this.#entries, { key, plugin, files }];
    return { definition: plugin.definition, host: plugin, faults: [] };
  }
}
