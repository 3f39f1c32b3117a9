import { basename, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseDuration } from '../../crds/duration.ts';
import { RESERVED_SOURCE_PREFIXES, SOURCE_NAME } from '../../crds/names.ts';
import type { InputFault } from '../../crds/report.ts';
import { causeOf } from './backend.ts';
import { isTemplate } from './definition.ts';
import { defaultExport, prepare } from './definition-module.ts';
import { type Importer, importPlugin } from './import-plugin.ts';
import type { PluginRequest } from './isolation/protocol.ts';
import { parseLabelSelector } from './label-selector.ts';
import type { ControllerDefinition, ControllerTemplate } from './plugin.ts';
import type { PluginHost } from './plugin-host.ts';

/** One entry of `controllers:` in faultline.yaml. */
export interface ControllerEntry {
  /** `tekton/pipelinerun` (built in), `./x.ts` (from the configuration's folder) or `npm:x` (from its node_modules). */
  use: string;
  /** The source's name. Default: `use` with `/` as `-`, for a file its base name; required for npm. */
  name?: string;
  /** Default true. */
  enabled?: boolean;
  /** Globs, `!` excludes. Default all. */
  namespaces?: readonly string[];
  labelSelector?: string;
  /** Objects observed at the same time. Default 4. */
  concurrency?: number;
  /** A duration such as `30d`: how old a failure of an initial list may be to open an issue. Default 30d. */
  maxAge?: string;
  /** The plugin's options. */
  with?: Readonly<Record<string, unknown>>;
}

/** A controller that is ready to run. */
export interface LoadedController {
  readonly name: string;
  readonly use: string;
  readonly definition: ControllerDefinition;
  readonly options: unknown;
  readonly namespaces: readonly string[];
  readonly labelSelector: string;
  readonly concurrency: number;
  readonly maxAgeMs: number;
  /** What the definition was made of, where its options make it: the same template with the same options is the same. */
  readonly template?: ControllerTemplate;
  /** Of a plugin that does not run in this thread. */
  readonly host?: PluginHost;
}

export interface LoadOptions {
  /** The folder of the configuration file: `./x.ts` and `npm:x` are found from here. */
  baseDir: string;
  /** What ships with the product: `tekton/pipelinerun` → its module. */
  builtins: ReadonlyMap<string, () => Promise<unknown>>;
  /** How a plugin that is not built in is loaded. Default: Node's import, where `faultline/controllers` is this copy. */
  importer?: Importer;
  /** Runs what is not built in elsewhere, instead of importing it here. */
  host?: LoadPlugin;
}

/** Begins a plugin for the entry of this name; see `isolation/`. Never rejects. */
export type LoadPlugin = (name: string, request: PluginRequest) => Promise<HostedPlugin>;

export type HostedPlugin =
  | { readonly definition: ControllerDefinition; readonly host: PluginHost; readonly faults: readonly [] }
  | { readonly definition?: never; readonly host?: never; readonly faults: readonly InputFault[] };

export interface LoadResult {
  readonly controllers: readonly LoadedController[];
  /** All faults of all entries; `path` is relative to the configuration: `controllers[1].with.consoleURL`. */
  readonly faults: readonly InputFault[];
}

const MAX_CONCURRENCY = 1_000;

/**
 * Loads the controllers of a configuration. Never throws because of a plugin: every fault of every entry is in the
 * result, and what has none is ready to run.
 */
export async function loadControllers(entries: readonly ControllerEntry[], options: LoadOptions): Promise<LoadResult> {
  const faults: InputFault[] = [];
  const controllers: LoadedController[] = [];
  const names = new Map<string, number>();
  const loading = entries.map((entry, index) =>
    entry.enabled === false ? [] : load(entry, `controllers[${index}]`, options),
  );
  for (const index of entries.keys()) {
    const path = `controllers[${index}]`;
    const found: InputFault[] = [];
    for (const { entry, definition, host, template, options: given, faults: own } of (await loading[index]) ?? []) {
      const wrong: InputFault[] = [];
      const name = nameOf(entry, path, wrong);
      if (name !== undefined) claim(names, name, index, wrong);
      const settings = settingsOf(entry, path, wrong);
      wrong.push(...own);
      if (definition !== undefined && name !== undefined && wrong.length === 0) {
        const made = { ...(template && { template }), ...(host && { host }) };
        controllers.push({ name, use: entry.use, definition, options: given, ...settings, ...made });
      }
      found.push(...wrong);
    }
    faults.push(...once(found));
  }
  return { controllers, faults };
}

/** Names are unique. */
function claim(names: Map<string, number>, name: string, index: number, faults: InputFault[]): void {
  const first = names.get(name);
  if (first === undefined) names.set(name, index);
  else {
    const message = `the name is taken by controllers[${first}]: names are unique, set "name"`;
    faults.push({ path: `controllers[${index}].name`, message, value: name });
  }
}

/** What several have in common is one fault of the entry that stands for them. */
function once(faults: readonly InputFault[]): InputFault[] {
  return [...new Map(faults.map((fault) => [`${fault.path} ${fault.message}`, fault])).values()];
}

/** The name of an entry's source when it does not say one; undefined where it must (npm). */
export function defaultName(use: string): string | undefined {
  if (use.startsWith('npm:')) return undefined;
  return isFile(use) ? basename(use, extname(use)) : use.replaceAll('/', '-');
}

function nameOf(entry: ControllerEntry, path: string, faults: InputFault[]): string | undefined {
  const name = entry.name ?? defaultName(entry.use);
  if (name === undefined) {
    faults.push({ path: `${path}.name`, message: 'a controller from npm needs a name' });
    return undefined;
  }
  const prefix = RESERVED_SOURCE_PREFIXES.find((reserved) => name.startsWith(reserved));
  if (prefix !== undefined) {
    const message = `the prefix "${prefix}" is reserved: no controller may speak as a rule, a receiver or a person`;
    faults.push({ path: `${path}.name`, message, value: name });
  } else if (!SOURCE_NAME.test(name)) {
    const hint = entry.name === undefined ? ': set "name"' : '';
    const message = `must be lower-case letters, digits, "-" and ".", at most 63 characters, with a letter or digit at both ends${hint}`;
    faults.push({ path: `${path}.name`, message, value: name });
  }
  return name;
}

interface Loaded {
  /** As it would be written, where one entry stands for several. */
  readonly entry: ControllerEntry;
  readonly definition?: ControllerDefinition;
  readonly options?: unknown;
  readonly template?: ControllerTemplate;
  readonly host?: PluginHost;
  readonly faults: readonly InputFault[];
}

async function load(entry: ControllerEntry, path: string, options: LoadOptions): Promise<readonly Loaded[]> {
  const specifier = specifierOf(entry.use, options.baseDir);
  if (specifier === undefined || options.host === undefined) return loadHere(entry, path, options);
  const { baseDir } = options;
  const given = entry.with ?? {};
  const request = { specifier, baseDir, with: given, path };
  const plugin = await options.host(entry.name ?? defaultName(entry.use) ?? entry.use, request);
  const at = `${path}.use`;
  const faults = plugin.faults.map((fault) => (fault.path === at ? { ...fault, value: entry.use } : fault));
  // What becomes of the options, the plugin keeps to itself.
  return [{ ...plugin, entry, options: given, faults }];
}

async function loadHere(entry: ControllerEntry, path: string, options: LoadOptions): Promise<readonly Loaded[]> {
  const at = { path: `${path}.use`, value: entry.use };
  try {
    const module = await importHere(entry.use, options);
    if (module === undefined) {
      const allowed = [...options.builtins.keys()];
      const message = 'no built-in controller has this name; a file begins with "./", a package with "npm:"';
      return [{ entry, faults: [{ ...at, message, allowed }] }];
    }
    const exported = defaultExport(module);
    return expanded(entry, exported, options).map((one) => {
      const { faults, ...prepared } = prepare(exported, one.with ?? {}, path);
      return {
        ...prepared,
        entry: one,
        faults: faults.map((fault) => (fault.path === at.path ? { ...at, ...fault } : fault)),
      };
    });
  } catch (error) {
    return [{ entry, faults: [{ ...at, message: `cannot be loaded: ${causeOf(error)}` }] }];
  }
}

/** The entries that one stands for; itself in most cases. */
function expanded(entry: ControllerEntry, exported: unknown, { builtins }: LoadOptions): readonly ControllerEntry[] {
  const given = isTemplate(exported) && builtins.has(entry.use) ? exported.expand?.(entry.with ?? {}) : undefined;
  if (given === undefined) return [entry];
  const name = entry.name ?? defaultName(entry.use);
  return Object.entries(given).map(([key, one]) => ({ ...entry, name: `${name}-${key}`, with: one }));
}

/** Undefined when nothing has that name. */
async function importHere(use: string, { baseDir, builtins, importer = importPlugin }: LoadOptions): Promise<unknown> {
  const specifier = specifierOf(use, baseDir);
  return specifier === undefined ? builtins.get(use)?.() : importer(specifier, baseDir);
}

/** What to import for a plugin that does not ship with the product: a file URL, or a package. */
function specifierOf(use: string, baseDir: string): string | undefined {
  if (isFile(use)) return pathToFileURL(resolve(baseDir, use)).href;
  return use.startsWith('npm:') ? use.slice('npm:'.length) : undefined;
}

function settingsOf(
  entry: ControllerEntry,
  path: string,
  faults: InputFault[],
): Omit<LoadedController, 'name' | 'use' | 'definition' | 'options'> {
  const attempt = <T>(key: 'labelSelector' | 'maxAge', fallback: T, parse: (text: string) => T): T => {
    const text = entry[key];
    if (text === undefined) return fallback;
    try {
      return parse(text);
    } catch (error) {
      faults.push({ path: `${path}.${key}`, message: causeOf(error), value: text });
      return fallback;
    }
  };
  const { concurrency = 4, namespaces = [] } = entry;
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > MAX_CONCURRENCY) {
    faults.push({
      path: `${path}.concurrency`,
      message: `must be a whole number from 1 to ${MAX_CONCURRENCY}`,
      value: concurrency,
    });
  }
  const labelSelector = attempt('labelSelector', '', (text) => {
    parseLabelSelector(text);
    return text;
  });
  const maxAgeMs = attempt('maxAge', parseDuration('30d'), parseDuration);
  return { namespaces: namespaces.length === 0 ? ['*'] : namespaces, labelSelector, concurrency, maxAgeMs };
}

function isFile(use: string): boolean {
  return /^\.{0,2}\//.test(use) || /^[A-Za-z]:[\\/]/.test(use);
}
