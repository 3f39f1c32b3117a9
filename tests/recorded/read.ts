import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { DeepReadonly, ObjectLike, Read } from '../../controllers/index.ts';

/** `observe()` without a runtime: what a controller may read, over an array of objects. */
export function readOver(observed: ObjectLike, objects: readonly ObjectLike[], now = Date.UTC(2026, 10, 21)): Read {
  const find = <K extends ObjectLike>(kind: string, accept: (object: ObjectLike) => boolean) =>
    objects.filter((object) => object.kind === kind && accept(object)) as unknown as readonly DeepReadonly<K>[];
  return {
    now: () => new Date(now),
    signal: new AbortController().signal,
    logs: async () => undefined,
    owned: async (kind) =>
      find(kind, ({ metadata }) => Boolean(metadata.ownerReferences?.some(({ uid }) => uid === observed.metadata.uid))),
    // Only the runtime knows what a plugin's indexes are.
    indexed: async () => [],
    get: async (kind, namespace, name) =>
      find(kind, ({ metadata }) => metadata.namespace === namespace && metadata.name === name)[0] as never,
    list: async (kind, { namespace, labels = {} }) =>
      find(
        kind,
        ({ metadata }) =>
          metadata.namespace === namespace &&
          Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value),
      ),
  };
}

/** Every object of a folder of recordings: YAML with several documents, JSON, Lists. */
export function loadObjects(folder: string): ObjectLike[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .flatMap((file) => parseAllDocuments(readFileSync(file, 'utf8')))
    .map((document) => document.toJS() as (ObjectLike & { items?: ObjectLike[] }) | null)
    .filter((object) => object !== null)
    .flatMap((object) => (object.kind.endsWith('List') && object.items ? object.items : [object]));
}
