import type { Declaration } from '../../apiserver/receivers/index.ts';
import { parseLabelSelector } from '../../controllers/runtime/label-selector.ts';
import type { InputFault } from '../../crds/report.ts';
import type { Streams } from '../streams.ts';
import { BUILT_INS } from './built-ins.ts';
import type { ConfigurationFault, Path } from './fault.ts';
import { type LoadedConfiguration, type ReadConfiguration, readConfiguration, requireFaultless } from './load.ts';
import { loadReceivers } from './receivers.ts';
import { type LoadedResource, loadResources } from './resources.ts';
import { loadRules } from './rules.ts';

/** What of a configuration a process needs that runs no controllers. */
export interface Serving extends LoadedConfiguration {
  /** The enabled ones, ready to be served. */
  readonly resources: readonly LoadedResource[];
  readonly receivers: readonly Declaration[];
}

/**
 * The configuration of this command line for a process that runs no controllers: nothing of them is loaded, so it needs none of
 * their files, and their options are for whoever runs them to check. Throws a ConfigurationError with every other fault.
 */
export async function configureServing(flag: string | undefined, streams: Streams): Promise<Serving> {
  const read = await readWritten(flag, streams);
  const { resources, receivers, faults } = await loadServing(read);
  const { faults: ofRules } = await loadRules(read);
  return { ...requireFaultless(read, [...faults, ...ofRules]), resources, receivers };
}

/** The configuration of this command line with the faults of its form. */
export function readWritten(flag: string | undefined, streams: Streams): Promise<ReadConfiguration> {
  return readConfiguration({
    flag,
    variable: streams.env.FAULTLINE_CONFIG,
    directory: streams.directory,
    builtIns: [...BUILT_INS.keys()],
    parseLabelSelector: (text) => text.trim() === '' || parseLabelSelector(text),
  });
}

export async function loadServing(
  read: ReadConfiguration,
): Promise<Pick<Serving, 'resources' | 'receivers'> & { readonly faults: readonly ConfigurationFault[] }> {
  const own = read.configuration?.resources ?? read.writtenResources.map((one) => loadable(one));
  const { resources, faults: ofResources } = await loadResources(own, read.directory);
  const { receivers, faults: ofReceivers } = await loadReceivers(read);
  return { resources, receivers, faults: [...unknownFaults(read, ofResources), ...ofReceivers] };
}

/** Those that were not told with the form, at the place where they are written. */
export function unknownFaults(read: ReadConfiguration, faults: readonly InputFault[]): ConfigurationFault[] {
  const known = new Set(read.faults.map(({ path }) => path));
  return faults
    .filter(({ path }) => !known.has(path))
    .map(({ path, message, value }) => read.fault(parsePath(path), `${message.trim()}${shown(value)}`));
}

/** What of a faulty entry can be loaded all the same. */
export function loadable(written: unknown): { use: string; enabled: boolean; with: Record<string, unknown> } {
  const { use, enabled, with: options } = (written ?? {}) as Partial<Record<string, unknown>>;
  const named = typeof use === 'string' && enabled !== false;
  const given = typeof options === 'object' && options !== null ? (options as Record<string, unknown>) : {};
  return { use: named ? use : '', enabled: named, with: given };
}

function shown(value: unknown): string {
  return value === undefined || (typeof value === 'object' && value !== null) ? '' : ` (is ${JSON.stringify(value)})`;
}

/** `controllers[1].with["a.b"].c` as its parts: the other direction of `formatPath`. */
export function parsePath(path: string): Path {
  const parts = path.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g);
  return [...parts].map(([, index, quoted, name]) => {
    if (index !== undefined) return Number(index);
    return quoted === undefined ? (name as string) : (JSON.parse(quoted) as string);
  });
}
