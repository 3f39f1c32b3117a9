import type { ReadyObject } from '../ready-object.ts';

/** Objects in the order of every list: by namespace, then name (L7). Found by binary search; no second index. */
export class SortedObjects {
  #objects: ReadyObject[];

  constructor(objects: readonly ReadyObject[] = []) {
    this.#objects = objects.toSorted(compareKeys);
  }

  get size(): number {
    return this.#objects.length;
  }

  get(namespace: string, name: string): ReadyObject | undefined {
    const found = this.#objects[this.#position(namespace, name)];
    return found && found.namespace === namespace && found.name === name ? found : undefined;
  }

  /** Inserts or replaces. Returns what was there before. */
  set(object: ReadyObject): ReadyObject | undefined {
    const previous = this.get(object.namespace, object.name);
    this.#objects.splice(this.#position(object.namespace, object.name), previous ? 1 : 0, object);
    return previous;
  }

  delete(namespace: string, name: string): ReadyObject | undefined {
    const previous = this.get(namespace, name);
    if (previous) this.#objects.splice(this.#position(namespace, name), 1);
    return previous;
  }

  /** A copy, in order: all objects, or those of one namespace. */
  slice(namespace = ''): ReadyObject[] {
    if (namespace === '') return this.#objects.slice();
    // No name is empty and no namespace contains NUL: the next namespace in order begins where this one ends.
    return this.#objects.slice(this.#position(namespace, ''), this.#position(`${namespace}\0`, ''));
  }

  /** Index of the first object that is not before (namespace, name). */
  #position(namespace: string, name: string): number {
    let low = 0;
    let high = this.#objects.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.#objects[middle] as ReadyObject, { namespace, name }) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

interface Key {
  readonly namespace: string;
  readonly name: string;
}

/** Names are ASCII: the order of UTF-16 units is that of COLLATE "C". */
export function compareKeys(a: Key, b: Key): number {
  return compare(a.namespace, b.namespace) || compare(a.name, b.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
