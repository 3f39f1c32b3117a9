import type { ReadyObject } from '../ready-object.ts';

/**
 * Objects in the order of every list: by namespace, then name (L7). One sorted array a namespace, so that a write moves
 * little however many there are. What `slice` answers never changes: a write copies an array that somebody was given.
 */
export class SortedObjects {
  readonly #namespaces = new Map<string, Namespace>();
  /** In order. */
  #names: string[] = [];
  #size = 0;
  /** All objects, until the next write. */
  #all: readonly ReadyObject[] | undefined;

  constructor(objects: readonly ReadyObject[] = []) {
    for (const object of objects) this.#namespaceOf(object.namespace).objects.push(object);
    for (const { objects: own } of this.#namespaces.values()) own.sort((a, b) => compare(a.name, b.name));
    this.#size = objects.length;
  }

  get size(): number {
    return this.#size;
  }

  get(namespace: string, name: string): ReadyObject | undefined {
    const objects = this.#namespaces.get(namespace)?.objects ?? NONE;
    const found = objects[firstFrom(objects, name)];
    return found?.name === name ? found : undefined;
  }

  /** Inserts or replaces. Returns what was there before. */
  set(object: ReadyObject): ReadyObject | undefined {
    const objects = this.#writable(this.#namespaceOf(object.namespace));
    const position = firstFrom(objects, object.name);
    const previous = objects[position];
    if (previous?.name === object.name) {
      objects[position] = object;
      return previous;
    }
    objects.splice(position, 0, object);
    this.#size++;
    return undefined;
  }

  delete(namespace: string, name: string): ReadyObject | undefined {
    const previous = this.get(namespace, name);
    if (!previous) return undefined;
    const objects = this.#writable(this.#namespaceOf(namespace));
    objects.splice(firstFrom(objects, name), 1);
    this.#size--;
    if (objects.length === 0) this.#forget(namespace);
    return previous;
  }

  /** In order, all objects or those of one namespace, as they are now and stay in this array. */
  slice(namespace = ''): readonly ReadyObject[] {
    if (namespace !== '') return share(this.#namespaces.get(namespace));
    this.#all ??= NONE.concat(...this.#names.map((name) => this.#namespaces.get(name)?.objects ?? NONE));
    return this.#all;
  }

  /** One more of the same objects, that is written to on its own. Copies what is written to, and nothing else. */
  copy(): SortedObjects {
    const copy = new SortedObjects();
    for (const [name, namespace] of this.#namespaces) {
      copy.#namespaces.set(name, { objects: share(namespace) as ReadyObject[], shared: true });
    }
    copy.#names = [...this.#names];
    copy.#size = this.#size;
    copy.#all = this.#all;
    return copy;
  }

  #namespaceOf(name: string): Namespace {
    const known = this.#namespaces.get(name);
    if (known) return known;
    const created = { objects: [], shared: false };
    this.#namespaces.set(name, created);
    this.#names.splice(
      search(this.#names, (other) => other < name),
      0,
      name,
    );
    return created;
  }

  #forget(name: string): void {
    this.#namespaces.delete(name);
    this.#names = this.#names.filter((other) => other !== name);
  }

  #writable(namespace: Namespace): ReadyObject[] {
    this.#all = undefined;
    if (namespace.shared) namespace.objects = [...namespace.objects];
    namespace.shared = false;
    return namespace.objects;
  }
}

interface Namespace {
  /** By name. */
  objects: ReadyObject[];
  /** Somebody else holds the array. */
  shared: boolean;
}

interface Key {
  readonly namespace: string;
  readonly name: string;
}

/** Index of the first of `objects`, which are in order, that comes after the key. */
export function indexAfter(objects: readonly ReadyObject[], key: Key): number {
  return search(objects, (object) => compareKeys(object, key) <= 0);
}

const NONE: readonly ReadyObject[] = [];

function share(namespace: Namespace | undefined): readonly ReadyObject[] {
  if (!namespace) return NONE;
  namespace.shared = true;
  return namespace.objects;
}

/** Index of the first object of one namespace that is not before the name. */
function firstFrom(objects: readonly ReadyObject[], name: string): number {
  return search(objects, (object) => object.name < name);
}

/** Index of the first element for which `before` is false; it is true for all ahead of it and for none behind. */
function search<T>(sorted: readonly T[], before: (element: T) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(sorted[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Names are ASCII: the order of UTF-16 units is that of COLLATE "C". */
function compareKeys(a: Key, b: Key): number {
  return compare(a.namespace, b.namespace) || compare(a.name, b.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
