import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

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

  /** Remembers what is in them now. */
  async remember(): Promise<void> {
    this.#contents = await this.#read(await this.paths());
  }

  /** Whether anything else is in them than was remembered. */
  async haveChanged(): Promise<boolean> {
    const now = await this.#read(this.#contents.keys());
    return [...this.#contents].some(([path, content]) => now.get(path) !== content);
  }

  async #read(paths: Iterable<string>): Promise<Map<string, string>> {
    const contents = new Map<string, string>();
    for (const path of paths) {
      const content = await readFile(path).catch(() => 'missing');
      contents.set(path, createHash('sha256').update(content).digest('hex'));
    }
    return contents;
  }
}
