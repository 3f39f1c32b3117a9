import { registerHooks } from 'node:module';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Loads a module: a file URL, or the name of a package that is looked for from `baseDir`. */
export type Importer = (specifier: string, baseDir: string) => Promise<unknown>;

/** What a plugin may import of ours, wherever it lies, and where that is from here (source and dist alike). */
const ROOMS: Readonly<Record<string, string>> = {
  'faultline/controllers': '../index',
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
  const parentURL = pathToFileURL(join(baseDir, 'faultline.yaml')).href;
  const hooks = registerHooks({
    resolve(name, context, next) {
      const given = more[name];
      if (given !== undefined) return { url: given, shortCircuit: true };
      const room = ROOMS[name];
      if (room !== undefined)
        return { url: new URL(`${room}${extname(import.meta.url)}`, import.meta.url).href, shortCircuit: true };
      // A package is looked for from the configuration, not from here.
      if (name === specifier && !specifier.startsWith('file:')) return next(name, { ...context, parentURL });
      if (name !== 'joi') return next(name, context);
      try {
        return next(name, context);
      } catch {
        return { url: import.meta.resolve('joi'), shortCircuit: true };
      }
    },
  });
  try {
    return await import(specifier);
  } finally {
    hooks.deregister();
  }
}
