import { KeySets, PathIndex } from './cache-index.ts';
import { type ClusterObject, namespaceOf, objectKey } from './object.ts';
import { CACHE_ENTRY_BYTES, objectSize } from './object-size.ts';

export type CacheChange =
  /** `initial`: it came with the first list. */
  | {
      readonly type: 'applied';
      readonly key: string;
      readonly object: ClusterObject;
      readonly previous?: ClusterObject;
      readonly initial: boolean;
    }
  | { readonly type: 'deleted'; readonly key: string; readonly object: ClusterObject };

/**
 * The objects of one kind, stripped and frozen, with the indexes that controllers read by. It holds state only:
 * `informer.ts` fills it. What a list did not mention is dropped at its end, per scope (a namespace, or '' for all).
 */
export class ObjectCache {
  readonly #objects = new Map<string, ClusterObject>();
  readonly #byNamespace = new KeySets();
  readonly #byOwner = new KeySets();
  readonly #byPath: ReadonlyMap<string, PathIndex>;
  /** Keys that the running list of a scope has mentioned; present only while a list runs. */
  readonly #listed = new Map<string, Set<string>>();
  readonly #scopes = new KeySets();
  #bytes = 0;

  /** `indexes`: the paths by which objects are found without looking at all of them. */
  constructor(indexes: Iterable<string> = []) {
    this.#byPath = new Map([...indexes].map((path) => [path, new PathIndex(path)]));
  }

  get size(): number {
    return this.#objects.size;
  }

  /** About what the objects take in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): ClusterObject | undefined {
    return this.#objects.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  values(): IterableIterator<ClusterObject> {
    return this.#objects.values();
  }

  /** By metadata.uid of an owner, in order of name. */
  ownedBy(uid: string): readonly ClusterObject[] {
    return this.#resolve(this.#byOwner.get(uid));
  }

  inNamespace(namespace: string): readonly ClusterObject[] {
    return this.#resolve(this.#byNamespace.get(namespace));
  }

  /** By the value at an indexed path, in order of name. Undefined when the path is not indexed. */
  indexed(path: string, value: string): readonly ClusterObject[] | undefined {
    const index = this.#byPath.get(path);
    return index && this.#resolve(index.keys(value));
  }

  /** Where an object would be found: every indexed path with its values. */
  indexEntries(object: ClusterObject): readonly (readonly [path: string, value: string])[] {
    return [...this.#byPath.values()].flatMap((index) =>
      index.valuesOf(object).map((value) => [index.path, value] as const),
    );
  }

  /** A list of this scope begins (again): only its own mentions count. */
  beginList(scope: string): void {
    this.#listed.set(scope, new Set());
  }

  /** Ends the list of a scope: removes and returns what it did not mention. */
  endList(scope: string): CacheChange[] {
    const listed = this.#listed.get(scope);
    this.#listed.delete(scope);
    if (listed === undefined) return [];
    const gone = [...(this.#scopes.get(scope) ?? [])].filter((key) => !listed.has(key));
    return gone.map((key) => this.#drop(scope, key)).filter((change) => change !== undefined);
  }

  /** Stores the object; undefined when nothing changed, so that a relist is not news (peers.md, mistake 13). */
  apply(scope: string, object: ClusterObject, initial: boolean): CacheChange | undefined {
    const key = objectKey(object);
    this.#listed.get(scope)?.add(key);
    this.#scopes.add(scope, key);
    const previous = this.#objects.get(key);
    if (previous !== undefined && isSame(previous, object)) return undefined;
    if (previous !== undefined) this.#unindex(key, previous);
    this.#objects.set(key, object);
    this.#index(key, object);
    return { type: 'applied', key, object, initial, ...(previous && { previous }) };
  }

  delete(scope: string, key: string): CacheChange | undefined {
    this.#listed.get(scope)?.delete(key);
    return this.#drop(scope, key);
  }

  #drop(scope: string, key: string): CacheChange | undefined {
    this.#scopes.remove(scope, key);
    const object = this.#objects.get(key);
    if (object === undefined) return undefined;
    this.#unindex(key, object);
    this.#objects.delete(key);
    return { type: 'deleted', key, object };
  }

  #index(key: string, object: ClusterObject): void {
    this.#bytes += CACHE_ENTRY_BYTES + objectSize(object);
    this.#byNamespace.add(namespaceOf(key), key);
    for (const uid of owners(object)) this.#byOwner.add(uid, key);
    for (const index of this.#byPath.values()) index.add(key, object);
  }

  #unindex(key: string, object: ClusterObject): void {
    this.#bytes -= CACHE_ENTRY_BYTES + objectSize(object);
    this.#byNamespace.remove(namespaceOf(key), key);
    for (const uid of owners(object)) this.#byOwner.remove(uid, key);
    for (const index of this.#byPath.values()) index.remove(key, object);
  }

  #resolve(keys: ReadonlySet<string> | undefined): readonly ClusterObject[] {
    if (keys === undefined) return [];
    return [...keys]
      .sort()
      .map((key) => this.#objects.get(key))
      .filter((object) => object !== undefined);
  }
}

export function owners(object: ClusterObject): readonly string[] {
  return (object.metadata.ownerReferences ?? []).map((owner) => owner.uid);
}

/** A resourceVersion says it at once; recorded objects may lack one, and an edited file may keep it. */
function isSame(a: ClusterObject, b: ClusterObject): boolean {
  const versions = a.metadata.resourceVersion === b.metadata.resourceVersion && a.metadata.uid === b.metadata.uid;
  return versions && JSON.stringify(a) === JSON.stringify(b);
}
