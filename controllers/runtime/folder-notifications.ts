import { type FSWatcher, watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { causeOf } from './backend.ts';
import type { Logger } from './logger.ts';

/**
 * Tells that something below a folder may have changed. One watch a directory, not Node's recursive one: on Linux that
 * watches single files too, and loses each that an editor replaces by rename, as most do.
 */
export class FolderNotifications implements Disposable {
  readonly #folder: string;
  readonly #logger: Logger;
  readonly #onChange: () => void;
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(folder: string, logger: Logger, onChange: () => void) {
    this.#folder = folder;
    this.#logger = logger;
    this.#onChange = onChange;
  }

  /** Watches the directories that are there now. Rejects when the folder itself cannot be read. */
  async refresh(): Promise<void> {
    const entries = await readdir(this.#folder, { recursive: true, withFileTypes: true });
    const directories = entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name));
    const wanted = new Set([this.#folder, ...directories]);
    for (const directory of this.#watchers.keys()) if (!wanted.has(directory)) this.#forget(directory);
    for (const directory of wanted) if (!this.#watchers.has(directory)) this.#watch(directory);
  }

  [Symbol.dispose](): void {
    for (const directory of this.#watchers.keys()) this.#forget(directory);
  }

  #watch(directory: string): void {
    try {
      const watcher = watch(directory, { persistent: false });
      this.#watchers.set(directory, watcher);
      watcher.on('change', (_, name) => {
        // Of a directory that was removed and made again only its parent tells: watch the new one.
        if (name !== null) this.#forget(join(directory, name.toString()));
        this.#onChange();
      });
      watcher.on('error', () => this.#forget(directory));
    } catch (error) {
      // Out of inotify watches, or a file system that has none: the regular look finds changes too, only later.
      this.#logger.debug({ folder: directory, error: causeOf(error) }, 'folder is not notified');
    }
  }

  #forget(directory: string): void {
    this.#watchers.get(directory)?.close();
    this.#watchers.delete(directory);
  }
}
