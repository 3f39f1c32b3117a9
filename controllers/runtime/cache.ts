import { type ClusterObject, namespaceOf, objectKey } from './object.ts';

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
  readonly #byNamespace = new Map<string, Set<string>>();
  readonly #byOwner = new Map<string, Set<string>>();
  /** Keys that the running list of a scope has mentioned; present only while a list runs. */
  readonly #listed = new Map<string, Set<string>>();
  readonly #scopes = new Map<string, Set<string>>();

  get size(): number {
    return this.#objects.size;
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
    addTo(this.#scopes, scope, key);
    const previous = this.#objects.get(key);
    if (previous !== undefined && isSame(previous, object)) return undefined;
    if (previous !== undefined) this.#unindex(key, previous);
    this.#objects.set(key, object);
    addTo(this.#byNamespace, namespaceOf(key), key);
    for (const uid of owners(object)) addTo(this.#byOwner, uid, key);
    return { type: 'applied', key, object, initial, ...(previous && { previous }) };
  }

  delete(scope: string, key: string): CacheChange | undefined {
    this.#listed.get(scope)?.delete(key);
    return this.#drop(scope, key);
  }

  #drop(scope: string, key: string): CacheChange | undefined {
    removeFrom(this.#scopes, scope, key);
    const object = this.#objects.get(key);
    if (object === undefined) return undefined;
    this.#unindex(key, object);
    this.#objects.delete(key);
    return { type: 'deleted', key, object };
  }

  #unindex(key: string, object: ClusterObject): void {
    removeFrom(this.#byNamespace, namespaceOf(key), key);
    for (const uid of owners(object)) removeFrom(this.#byOwner, uid, key);
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

function addTo(index: Map<string, Set<string>>, entry: string, key: string): void {
  const keys = index.get(entry);
  if (keys === undefined) index.set(entry, new Set([key]));
  else keys.add(key);
}

function removeFrom(index: Map<string, Set<string>>, entry: string, key: string): void {
  const keys = index.get(entry);
  if (keys?.delete(key) && keys.size === 0) index.delete(entry);
}
