import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { DeepReadonly, ObjectLike, Read } from '../../controllers/index.ts';

/** `observe()` without a runtime: what a controller may read, over an array of objects. */
export function readOver(
  observed: ObjectLike,
  objects: readonly ObjectLike[],
  now = Date.UTC(2026, 10, 21),
  live = true,
): Read {
  const find = <K extends ObjectLike>(kind: string, accept: (object: ObjectLike) => boolean) =>
    objects.filter((object) => object.kind === kind && accept(object)) as unknown as readonly DeepReadonly<K>[];
  return {
    now: () => new Date(now),
    live,
    signal: new AbortController().signal,
    logs: async () => undefined,
    covers: async () => live,
    // Only the runtime knows what a plugin's indexes are.
    indexed: async () => [],
    owned: async (kind) => find(kind, (object) => belongsTo(object, observed, objects)),
    get: async (kind, namespace, name) =>
      find(kind, ({ metadata }) => (metadata.namespace ?? '') === namespace && metadata.name === name)[0] as never,
    list: async (kind, { namespace, labels = {} }) =>
      find(
        kind,
        ({ metadata }) =>
          (metadata.namespace ?? '') === namespace &&
          Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value),
      ),
  };
}

/** Directly, or through what is between: the Pods of a Deployment's ReplicaSets. */
function belongsTo(
  object: ObjectLike,
  observed: ObjectLike,
  objects: readonly ObjectLike[],
  seen = new Set(),
): boolean {
  if (seen.has(object)) return false;
  seen.add(object);
  const owners = object.metadata.ownerReferences?.map(({ uid }) => uid) ?? [];
  if (observed.metadata.uid !== undefined && owners.includes(observed.metadata.uid)) return true;
  const between = objects.filter(({ metadata }) => metadata.uid !== undefined && owners.includes(metadata.uid));
  return between.some((owner) => belongsTo(owner, observed, objects, seen));
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
