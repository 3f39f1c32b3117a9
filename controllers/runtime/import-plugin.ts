import { registerHooks } from 'node:module';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Loads a module: a file URL, or the name of a package that is looked for from `baseDir`. */
export type Importer = (specifier: string, baseDir: string) => Promise<unknown>;

/** What a plugin may import of ours, wherever it lies, and where that is from here (source and dist alike). */
const ROOMS: Readonly<Record<string, string>> = {
  'faultline/controllers': '../index',
  'faultline/runtime': './index',
  'faultline/testing': '../testing/index',
  'faultline/crds': '../../crds/index',
};

/**
 * Imports a plugin that does not ship with the product. A file in a folder without node_modules still finds
 * `faultline/controllers` (this very copy) and, unless it brings its own, `joi`. Node strips the types of a local
 * `.ts` file; under node_modules it refuses to, so a package ships JavaScript.
 */
export const importPlugin: Importer = (specifier, baseDir) => importModule(specifier, baseDir);

/** The same with `more` names that a module may import: what each of them is, as a URL. */
export async function importModule(
  specifier: string,
  baseDir: string,
  more: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const hooks = registerPluginHooks(specifier, baseDir, { more });
  try {
    return await import(specifier);
  } finally {
    hooks.deregister();
  }
}

export interface PluginHooksOptions {
  /** More names that may be imported, and what each of them is, as a URL. */
  readonly more?: Readonly<Record<string, string>>;
  /** Told the URL of every local file that the plugin is made of, whether it can be loaded or not. */
  readonly onFile?: (url: string) => void;
  /** Given the code of those files as it is loaded. */
  readonly onCode?: (piece: CodePiece) => void;
  /** What is in here is not read again. */
  readonly code?: PluginCode;
}

/** The local files of a plugin as they were when it was loaded. */
export interface PluginCode {
  /** Where an import led to, by `importKey`. */
  readonly imports: Map<string, string>;
  readonly modules: Map<string, ModuleCode>;
}

export interface ModuleCode {
  readonly format: string;
  readonly source: string;
}

export type CodePiece =
  | { readonly import: string; readonly url: string }
  | { readonly module: ModuleCode; readonly url: string };

function importKey(name: string, parent: string | undefined): string {
  return JSON.stringify([name, parent ?? '']);
}

/** The files that were imported, by the URLs that were told, and where each was found. */
export function importedFiles({ imports }: PluginCode): [url: string, found: string][] {
  return [...imports].map(([key, found]) => {
    const [name, parent] = JSON.parse(key) as [name: string, parent: string];
    return [new URL(name, parent || undefined).href, found];
  });
}

/** Until they are deregistered, imports of this thread find what a plugin may import. */
export function registerPluginHooks(
  specifier: string,
  baseDir: string,
  { more = {}, onFile = () => {}, onCode = () => {}, code }: PluginHooksOptions = {},
): { deregister(): void } {
  const parentURL = pathToFileURL(join(baseDir, 'faultline.yaml')).href;
  const imports = new Imports(specifier, onFile, onCode);
  return registerHooks({
    load(url, context, next) {
      const known = code?.modules.get(url);
      if (known !== undefined) return { ...known, shortCircuit: true };
      const loaded = next(url, context);
      imports.loaded(url, loaded);
      return loaded;
    },
    resolve(name, context, next) {
      const known = code?.imports.get(importKey(name, context.parentURL));
      if (known !== undefined) return { ...imports.recall(known, code?.modules.get(known)), shortCircuit: true };
      const given = more[name];
      if (given !== undefined) return { url: given, shortCircuit: true };
      const room = ROOMS[name];
      if (room !== undefined)
        return { url: new URL(`${room}${extname(import.meta.url)}`, import.meta.url).href, shortCircuit: true };
      if (name === specifier && !specifier.startsWith('file:')) {
        return findPackage((from) => next(name, { ...context, parentURL: from }), parentURL);
      }
      if (name !== 'joi') return imports.resolve(name, context.parentURL, () => next(name, context));
      try {
        return next(name, context);
      } catch {
        return { url: import.meta.resolve('joi'), shortCircuit: true };
      }
    },
  });
}

/** A package is looked for from the configuration; where it is mounted alone, what lies beside this product counts. */
function findPackage<T>(find: (from: string) => T, configuration: string): T {
  try {
    return find(configuration);
  } catch (error) {
    try {
      return find(import.meta.url);
    } catch {
      throw error;
    }
  }
}

/** Follows the imports of one plugin. Packages are as they were installed. */
class Imports {
  readonly #specifier: string;
  readonly #onFile: (url: string) => void;
  readonly #onCode: (piece: CodePiece) => void;
  readonly #told = new Set<string>();
  /** The same files as they were found: a link is another file. */
  readonly #found = new Set<string>();

  constructor(specifier: string, onFile: (url: string) => void, onCode: (piece: CodePiece) => void) {
    this.#specifier = specifier;
    this.#onFile = onFile;
    this.#onCode = onCode;
  }

  /** Tells the file before it is looked for: what is missing may come. */
  resolve<T extends { readonly url: string }>(name: string, parent: string | undefined, find: () => T): T {
    const url = this.#local(name, parent);
    if (url === undefined) return find();
    if (!this.#told.has(url)) this.#onFile(url);
    this.#told.add(url);
    const found = find();
    this.#found.add(found.url);
    this.#onCode({ import: importKey(name, parent), url: found.url });
    return found;
  }

  loaded(url: string, { format, source }: { format?: string | null | undefined; source?: unknown }): void {
    if (!this.#found.has(url) || typeof format !== 'string' || source === null || source === undefined) return;
    const text = typeof source === 'string' ? source : Buffer.from(source as Uint8Array).toString('utf8');
    this.#onCode({ module: { format, source: text }, url });
  }

  recall(url: string, module: ModuleCode | undefined): { url: string; format?: string } {
    this.#found.add(url);
    return { url, ...(module && { format: module.format }) };
  }

  #local(name: string, parent: string | undefined): string | undefined {
    const isMain = name === this.#specifier;
    if (!isMain && (parent === undefined || !this.#found.has(parent) || !/^(\.{1,2}\/|\/|file:)/.test(name)))
      return undefined;
    if (!URL.canParse(name, parent)) return undefined;
    const { href, protocol } = new URL(name, parent);
    return protocol !== 'file:' || href.includes('/node_modules/') ? undefined : href;
  }
}
