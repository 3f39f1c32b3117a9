import { basename, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseDuration } from '../../crds/duration.ts';
import { RESERVED_SOURCE_PREFIXES, SOURCE_NAME } from '../../crds/names.ts';
import type { InputFault } from '../../crds/report.ts';
import { causeOf } from './backend.ts';
import { definitionFaults } from './definition.ts';
import { defaultExport, optionsOf } from './definition-module.ts';
import { type Importer, importPlugin } from './import-plugin.ts';
import { parseLabelSelector } from './label-selector.ts';
import type { ControllerDefinition } from './plugin.ts';

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
}

export interface LoadOptions {
  /** The folder of the configuration file: `./x.ts` and `npm:x` are found from here. */
  baseDir: string;
  /** What ships with the product: `tekton/pipelinerun` → its module. */
  builtins: ReadonlyMap<string, () => Promise<unknown>>;
  /** How a plugin that is not built in is loaded. Default: Node's import, where `faultline/controllers` is this copy. */
  importer?: Importer;
}

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
  for (const [index, entry] of entries.entries()) {
    if (entry.enabled === false) continue;
    const path = `controllers[${index}]`;
    const found: InputFault[] = [];
    const name = nameOf(entry, path, found);
    if (name !== undefined) {
      const first = names.get(name);
      if (first === undefined) names.set(name, index);
      else
        found.push({
          path: `${path}.name`,
          message: `the name is taken by controllers[${first}]: names are unique, set "name"`,
          value: name,
        });
    }
    const definition = await load(entry, path, options, found);
    const settings = settingsOf(entry, path, found);
    const pluginOptions = definition && optionsOf(definition, entry.with ?? {}, `${path}.with`, found);
    if (definition !== undefined && name !== undefined && found.length === 0) {
      controllers.push({ name, use: entry.use, definition, options: pluginOptions, ...settings });
    }
    faults.push(...found);
  }
  return { controllers, faults };
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

async function load(
  entry: ControllerEntry,
  path: string,
  options: LoadOptions,
  faults: InputFault[],
): Promise<ControllerDefinition | undefined> {
  const at = `${path}.use`;
  try {
    const module = await importModule(entry.use, options);
    if (module === undefined) {
      const allowed = [...options.builtins.keys()];
      const message = 'no built-in controller has this name; a file begins with "./", a package with "npm:"';
      faults.push({ path: at, message, value: entry.use, allowed });
      return undefined;
    }
    const definition = defaultExport(module);
    const wrong = definitionFaults(definition, at);
    faults.push(...wrong.map((fault) => ({ ...fault, value: entry.use })));
    return wrong.length === 0 ? (definition as ControllerDefinition) : undefined;
  } catch (error) {
    faults.push({ path: at, message: `cannot be loaded: ${causeOf(error)}`, value: entry.use });
    return undefined;
  }
}

/** Undefined when nothing has that name. */
async function importModule(
  use: string,
  { baseDir, builtins, importer = importPlugin }: LoadOptions,
): Promise<unknown> {
  if (isFile(use)) return importer(pathToFileURL(resolve(baseDir, use)).href, baseDir);
  if (use.startsWith('npm:')) return importer(use.slice('npm:'.length), baseDir);
  return builtins.get(use)?.();
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
