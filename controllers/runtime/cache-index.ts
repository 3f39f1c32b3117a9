import { type FieldPath, fieldPath } from './field-path.ts';
import type { ClusterObject } from './object.ts';

/** Keys of objects by a text of theirs: a namespace, an owner's uid, the value at a declared path. */
export class KeySets {
  readonly #sets = new Map<string, Set<string>>();

  get(entry: string): ReadonlySet<string> | undefined {
    return this.#sets.get(entry);
  }

  add(entry: string, key: string): void {
    const keys = this.#sets.get(entry);
    if (keys === undefined) this.#sets.set(entry, new Set([key]));
    else keys.add(key);
  }

  remove(entry: string, key: string): void {
    const keys = this.#sets.get(entry);
    if (keys?.delete(key) && keys.size === 0) this.#sets.delete(entry);
  }
}

/** The objects of a cache by the value at one path. */
export class PathIndex {
  readonly path: string;
  readonly #valuesOf: FieldPath;
  readonly #keys = new KeySets();

  constructor(path: string) {
    this.path = path;
    this.#valuesOf = fieldPath(path);
  }

  valuesOf(object: ClusterObject): readonly string[] {
    return this.#valuesOf(object);
  }

  keys(value: string): ReadonlySet<string> | undefined {
    return this.#keys.get(value);
  }

  add(key: string, object: ClusterObject): void {
    for (const value of this.#valuesOf(object)) this.#keys.add(value, key);
  }

  remove(key: string, object: ClusterObject): void {
    for (const value of this.#valuesOf(object)) this.#keys.remove(value, key);
  }
}
