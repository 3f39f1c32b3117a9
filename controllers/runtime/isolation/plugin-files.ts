import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importedFiles, type PluginCode } from '../import-plugin.ts';

/**
 * The local files that one plugin is made of, by the names under which they are replaced: what a mounted ConfigMap shows
 * as `x.ts` lies in a folder that is another one after every change, and a name inside that folder would never change.
 */
export class PluginFiles {
  readonly #main: string | undefined;
  readonly #urls = new Set<string>();
  #contents: ReadonlyMap<string, string> = new Map();

  /** `specifier` as in a PluginRequest; a package has no files that anybody edits. */
  constructor(specifier: string) {
    this.#main = specifier.startsWith('file:') ? fileURLToPath(specifier) : undefined;
    if (this.#main !== undefined) this.#urls.add(specifier);
  }

  add(url: string): void {
    this.#urls.add(url);
  }

  async paths(): Promise<string[]> {
    if (this.#main === undefined) return [];
    const folder = dirname(this.#main);
    const real = dirname(await realpath(this.#main).catch(() => this.#main as string));
    return [...this.#urls].map((url) => {
      const path = fileURLToPath(url);
      const inside = relative(real, path);
      return inside.startsWith('..') ? path : join(folder, inside);
    });
  }

  /** Remembers what was loaded: a file may have been saved since. Of what is no code, what is in it now. */
  async remember(code?: PluginCode): Promise<void> {
    const urls = [...this.#urls];
    const paths = await this.paths();
    const loaded = code === undefined ? new Map<string, string>() : sourcesOf(code);
    const contents = await this.#read(paths);
    for (const [index, path] of paths.entries()) {
      const source = loaded.get(urls[index] as string);
      if (source !== undefined) contents.set(path, hashOf(source));
    }
    this.#contents = contents;
  }

  /** Whether anything else is in them than was remembered. */
  async haveChanged(): Promise<boolean> {
    const now = await this.#read(this.#contents.keys());
    return [...this.#contents].some(([path, content]) => now.get(path) !== content);
  }

  async #read(paths: Iterable<string>): Promise<Map<string, string>> {
    const contents = new Map<string, string>();
    for (const path of paths) {
      contents.set(path, hashOf(await readFile(path, 'utf8').catch(() => 'missing')));
    }
    return contents;
  }
}

function hashOf(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** By the names under which they were asked for: a link leads elsewhere. */
function sourcesOf(code: PluginCode): Map<string, string> {
  const sources = new Map<string, string>();
  for (const [url, found] of importedFiles(code)) {
    const module = code.modules.get(found);
    if (module !== undefined) sources.set(url, module.source);
  }
  return sources;
}
