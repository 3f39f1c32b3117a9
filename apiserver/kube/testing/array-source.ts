import type { KubernetesObject } from '../../../crds/meta.ts';
import type { Change, ChangeSource } from '../source.ts';

/**
 * A ChangeSource over an array with numbers, for tests of the wire: what the store's change log is to the server,
 * without SQL. `put` and `remove` commit at once and wake whoever follows; `hold` keeps the wake-ups back, `fail`
 * makes every read reject, `trim` raises the floor and `restore` is another database.
 */
export class ArraySource<T extends KubernetesObject> implements ChangeSource<T> {
  readonly #fieldsOf: (object: T) => Record<string, string>;
  readonly #objects = new Map<string, T>();
  #log: Change<T>[] = [];
  #last: number;
  #floor: number;
  #identity = 'first';
  #failure: Error | undefined;
  #held = false;
  readonly #waiting = new Set<() => void>();
  /** Calls so far, by method. */
  readonly calls = { snapshot: 0, since: 0, before: 0, latest: 0, identity: 0 };

  constructor(fieldsOf: (object: T) => Record<string, string> = () => ({}), last = 1_000) {
    this.#fieldsOf = fieldsOf;
    this.#last = last;
    this.#floor = last;
  }

  /** Inserts or replaces, and returns the stored object with its number. */
  put(object: T): T {
    const key = keyOf(object);
    const before = this.#objects.get(key);
    const stored = this.#numbered(object);
    this.#objects.set(key, stored);
    const previous = before && this.#selectable(before);
    this.#commit({ type: before ? 'MODIFIED' : 'ADDED', object: stored, ...(previous && { previous }) });
    return stored;
  }

  remove(namespace: string, name: string): T {
    const key = `${namespace}/${name}`;
    const before = this.#objects.get(key);
    if (!before) throw new Error(`${key} is not stored`);
    const last = this.#numbered(before);
    this.#objects.delete(key);
    this.#commit({ type: 'DELETED', object: last, previous: this.#selectable(before) });
    return last;
  }

  has(namespace: string, name: string): boolean {
    return this.#objects.has(`${namespace}/${name}`);
  }

  /** A change of some other resource: only the number moves. */
  tick(): number {
    this.#last++;
    this.#wake();
    return this.#last;
  }

  get last(): number {
    return this.#last;
  }

  /** Forgets all changes up to and including `to`. */
  trim(to = this.#last): void {
    this.#floor = to;
    this.#log = this.#log.filter((change) => change.resourceVersion > to);
  }

  /** While held, nobody is woken. */
  hold(held: boolean): void {
    this.#held = held;
    if (!held) this.#wake();
  }

  /** Every read rejects with this, until `fail(undefined)`. */
  fail(failure: Error | undefined): void {
    this.#failure = failure;
    this.#wake();
  }

  /** As if another database with these objects took over. */
  restore(objects: readonly T[], last: number): void {
    this.#identity = `after ${this.#identity}`;
    this.#objects.clear();
    for (const object of objects) this.#objects.set(keyOf(object), object);
    this.#log = [];
    this.#last = last;
    this.#floor = last;
    this.#wake();
  }

  async snapshot() {
    this.calls.snapshot++;
    this.#check();
    return { resourceVersion: this.#last, floor: this.#floor, objects: [...this.#objects.values()] };
  }

  async since(after: number, limit: number) {
    this.calls.since++;
    this.#check();
    const changes = this.#log.filter((change) => change.resourceVersion > after).slice(0, limit);
    const upTo = changes.length === limit ? (changes.at(-1) as Change<T>).resourceVersion : this.#last;
    return { changes, upTo, floor: this.#floor };
  }

  async before(changes: readonly number[]) {
    this.calls.before++;
    this.#check();
    return changes.flatMap((change) => {
      const at = this.#log.findIndex(({ resourceVersion }) => resourceVersion === change);
      const key = this.#log[at] && keyOf(this.#log[at].object);
      const found = this.#log.slice(0, Math.max(0, at)).findLast(({ object }) => keyOf(object) === key);
      return found ? [{ change, object: found.object }] : [];
    });
  }

  async latest() {
    this.calls.latest++;
    this.#check();
    return this.#last;
  }

  async identity() {
    this.calls.identity++;
    this.#check();
    return this.#identity;
  }

  async *wakeUps(signal: AbortSignal): AsyncGenerator<void> {
    while (!signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
      await promise;
      this.#waiting.delete(resolve);
      if (!signal.aborted) yield;
    }
  }

  #numbered(object: T): T {
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#last + 1) } };
  }

  #selectable(object: T) {
    return { labels: object.metadata.labels ?? {}, fields: this.#fieldsOf(object) };
  }

  #commit(change: Omit<Change<T>, 'resourceVersion'>): void {
    this.#last++;
    this.#log.push({ ...change, resourceVersion: this.#last });
    this.#wake();
  }

  #check(): void {
    if (this.#failure) throw this.#failure;
  }

  #wake(): void {
    if (this.#held) return;
    for (const resolve of this.#waiting) resolve();
  }
}

function keyOf(object: KubernetesObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}
