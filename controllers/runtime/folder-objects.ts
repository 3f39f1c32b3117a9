import { causeOf } from './backend.ts';
import { type FoundFile, findFiles, MAX_FILE_BYTES, readText } from './files.ts';
import type { Logger } from './logger.ts';
import { type ClusterObject, kindId, objectKey } from './object.ts';
import { parseObjects } from './parse-objects.ts';

/** What one look at the folder found to be different. */
export interface FolderScan {
  /** `group/Kind` of kinds that were asked for since the last look. */
  readonly newKinds: ReadonlySet<string>;
  readonly applied: readonly { object: ClusterObject; previous?: ClusterObject }[];
  readonly deleted: readonly ClusterObject[];
  /** A file became empty: it is to be looked at again, because an editor truncates first and writes then. */
  readonly unsettled: boolean;
}

interface ReadFile {
  readonly signature: string;
  readonly objects: readonly ClusterObject[];
  /** Found empty for the first time. */
  readonly emptied: boolean;
}

interface Known {
  readonly object: ClusterObject;
  readonly text: string;
}

/**
 * The objects of a folder, by file. Only kinds that somebody asked for are kept. Of two files that hold one object the
 * later path counts.
 */
export class FolderObjects {
  readonly #folder: string;
  readonly #logger: Logger;
  readonly #kinds = new Set<string>();
  readonly #newKinds = new Set<string>();
  #files = new Map<string, ReadFile>();
  #known = new Map<string, Known>();

  constructor(folder: string, logger: Logger) {
    this.#folder = folder;
    this.#logger = logger;
  }

  /** Asks for kinds; true when all of them have been read already. */
  want(kinds: readonly string[]): boolean {
    for (const kind of kinds) {
      if (this.#kinds.has(kind)) continue;
      this.#kinds.add(kind);
      this.#newKinds.add(kind);
    }
    return !kinds.some((kind) => this.#newKinds.has(kind));
  }

  current(): readonly ClusterObject[] {
    return [...this.#known.values()].map(({ object }) => object);
  }

  /** Looks at every file that may have changed. Rejects when the folder itself cannot be read. */
  async scan(): Promise<FolderScan> {
    const newKinds = new Set(this.#newKinds);
    const found = await findFiles(this.#folder);
    const files = new Map<string, ReadFile>();
    for (const file of found) {
      const before = this.#files.get(file.path);
      const same = before?.signature === file.signature && newKinds.size === 0;
      files.set(file.path, same ? before : await this.#read(file, before));
    }
    for (const kind of newKinds) this.#newKinds.delete(kind);
    this.#files = files;
    const unsettled = [...files.values()].some((file) => file.emptied);
    return { newKinds, unsettled, ...this.#compare() };
  }

  /** A file that does not parse keeps its last good objects: it is being written. It is said once. */
  async #read({ path, size, signature }: FoundFile, before: ReadFile | undefined): Promise<ReadFile> {
    try {
      if (size > MAX_FILE_BYTES) throw new RangeError(`is larger than ${MAX_FILE_BYTES / 1e6} MB: split it`);
      const text = await readText(path);
      // An editor truncates first and writes then: a file that becomes empty is believed at the second look.
      if (text.trim() === '' && before !== undefined && before.objects.length > 0 && !before.emptied) {
        return { signature: `${signature} empty`, objects: before.objects, emptied: true };
      }
      const { objects } = parseObjects(text);
      return {
        signature,
        objects: objects.filter((object) => this.#kinds.has(kindId(object.apiVersion, object.kind))),
        emptied: false,
      };
    } catch (error) {
      if (before?.signature !== signature) {
        const kept = before?.objects.length ?? 0;
        this.#logger.warn({ path, error: causeOf(error), kept }, 'file cannot be read, its last good objects stay');
      }
      return { signature, objects: before?.objects ?? [], emptied: false };
    }
  }

  #compare(): Pick<FolderScan, 'applied' | 'deleted'> {
    const known = new Map<string, Known>();
    for (const { objects } of this.#files.values()) {
      for (const object of objects) {
        const id = `${kindId(object.apiVersion, object.kind)}/${objectKey(object)}`;
        const before = this.#known.get(id);
        known.set(id, before?.object === object ? before : { object, text: JSON.stringify(object) });
      }
    }
    const applied: { object: ClusterObject; previous?: ClusterObject }[] = [];
    for (const [id, { object, text }] of known) {
      const previous = this.#known.get(id);
      if (previous?.text !== text) applied.push({ object, ...(previous && { previous: previous.object }) });
    }
    const deleted = [...this.#known].filter(([id]) => !known.has(id)).map(([, { object }]) => object);
    this.#known = known;
    return { applied, deleted };
  }
}
