import { type LoadedController, loadControllers } from '../../controllers/runtime/index.ts';
import { parseLabelSelector } from '../../controllers/runtime/label-selector.ts';
import type { Streams } from '../streams.ts';
import { ConfigurationError, type Path } from './fault.ts';
import { type LoadedConfiguration, loadConfiguration } from './load.ts';

/** The controllers that ship with the product, by what `use` calls them. Loaded when a configuration names them. */
export const BUILT_INS: ReadonlyMap<string, () => Promise<unknown>> = new Map([
  ['tekton/pipelinerun', () => import('../../controllers/tekton/pipelinerun/index.ts')],
]);

export interface Configured extends LoadedConfiguration {
  /** The enabled ones, ready to run. */
  readonly controllers: readonly LoadedController[];
}

/**
 * The configuration of this command line with its controllers loaded. Throws a ConfigurationError with every fault:
 * those of the file first, and when it has none, those of the controllers' own options.
 */
export async function configure(flag: string | undefined, streams: Streams): Promise<Configured> {
  const loaded = await loadConfiguration({
    flag,
    variable: streams.env.FAULTLINE_CONFIG,
    directory: streams.directory,
    builtIns: [...BUILT_INS.keys()],
    parseLabelSelector: (text) => text.trim() === '' || parseLabelSelector(text),
  });
  const { controllers, faults } = await loadControllers(loaded.configuration.controllers, {
    baseDir: loaded.directory,
    builtins: BUILT_INS,
  });
  if (faults.length > 0) {
    const located = faults.map(({ path, message }) => loaded.fault(parsePath(path), message));
    throw new ConfigurationError(loaded.file ?? 'the built-in configuration', located);
  }
  return { ...loaded, controllers };
}

/** `controllers[1].with["a.b"].c` as its parts: the other direction of `formatPath`. */
export function parsePath(path: string): Path {
  const parts = path.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g);
  return [...parts].map(([, index, quoted, name]) => {
    if (index !== undefined) return Number(index);
    return quoted === undefined ? (name as string) : (JSON.parse(quoted) as string);
  });
}
