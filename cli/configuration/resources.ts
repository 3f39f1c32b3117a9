import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ResourceModule } from '../../apiserver/index.ts';
import { moduleFaults, nameFaults } from '../../apiserver/resources/own/module-faults.ts';
import { importModule } from '../../controllers/runtime/import-plugin.ts';
import type { ResourceConfiguration } from '../../crds/configuration.ts';
import type { InputFault } from '../../crds/report.ts';
import { didYouMean } from '../suggest.ts';

/** A resource that a configuration adds, ready to be served. */
export interface LoadedResource {
  readonly use: string;
  readonly module: ResourceModule;
  /** `with:`, checked and completed. */
  readonly options: unknown;
}

export interface LoadedResources {
  readonly resources: readonly LoadedResource[];
  /** All faults of all entries; `path` is relative to the configuration: `resources[1].with.table`. */
  readonly faults: readonly InputFault[];
}

/**
 * Loads the resources of a configuration, found from its folder `baseDir`. Never throws because of a module: every fault of
 * every entry is in the result, and what has none is ready to be served.
 */
export async function loadResources(
  entries: readonly ResourceConfiguration[],
  baseDir: string,
): Promise<LoadedResources> {
  const faults: InputFault[] = [];
  const resources: (LoadedResource & { readonly path: string })[] = [];
  for (const [index, entry] of entries.entries()) {
    if (!entry.enabled || !OUTSIDE.test(entry.use)) continue; // anything else was told with the configuration
    const path = `resources[${index}]`;
    const loaded = await load(entry, path, baseDir);
    const taken = loaded.module ? nameFaults(loaded.module, resources) : [];
    const found = [...loaded.faults, ...taken.map((message) => ({ path: `${path}.use`, message, value: entry.use }))];
    if (loaded.module && found.length === 0) {
      resources.push({ use: entry.use, module: loaded.module, options: loaded.options, path });
    }
    faults.push(...found);
  }
  return { resources, faults };
}

const OUTSIDE = /^(npm:.|\.{0,2}\/)/;
// What a module imports is this very copy of ours, source and dist alike.
const PUBLIC = {
  'faultline/apiserver': new URL(`../../apiserver/index${extname(import.meta.url)}`, import.meta.url).href,
};

interface Loaded {
  readonly module?: ResourceModule;
  readonly options?: unknown;
  readonly faults: readonly InputFault[];
}

async function load({ use, with: given }: ResourceConfiguration, path: string, baseDir: string): Promise<Loaded> {
  const at = { path: `${path}.use`, value: use };
  try {
    const specifier = use.startsWith('npm:') ? use.slice('npm:'.length) : pathToFileURL(resolve(baseDir, use)).href;
    const exported = defaultExport(await importModule(specifier, baseDir, PUBLIC));
    const wrong = moduleFaults(exported);
    if (wrong.length > 0) return { faults: wrong.map((message) => ({ ...at, message })) };
    const module = exported as ResourceModule;
    return { module, ...checkOptions(module, given, `${path}.with`) };
  } catch (error) {
    return { faults: [{ ...at, message: `cannot be loaded: ${(error as Error)?.message ?? String(error)}` }] };
  }
}

/** A CommonJS package or a twice wrapped build has its definition one level deeper. */
function defaultExport(module: unknown): unknown {
  const first = isRecord(module) ? module.default : undefined;
  return isRecord(first) && !('feed' in first) && 'default' in first ? first.default : first;
}

function checkOptions({ options }: ResourceModule, given: object, path: string): Omit<Loaded, 'module'> {
  if (options === undefined) {
    const faults = Object.keys(given).map((key) => ({
      path: `${path}.${key}`,
      message: 'this resource has no options',
    }));
    return { options: {}, faults };
  }
  const { value, error } = options.validate(given, { abortEarly: false, errors: { label: false } });
  const known = Object.keys((options.describe() as { keys?: object }).keys ?? {});
  const faults = (error?.details ?? []).map((detail): InputFault => {
    const below = detail.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
    const unknown = detail.type === 'object.unknown' && detail.path.length === 1;
    const message = unknown ? `unknown key${didYouMean(String(detail.path[0]), known)}` : detail.message;
    return { path: `${path}${below}`, message, ...(!unknown && { value: detail.context?.value as unknown }) };
  });
  return { options: value as unknown, faults };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
