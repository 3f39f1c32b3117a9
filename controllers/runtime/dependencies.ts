import { owners } from './cache.ts';
import type { ClusterObject } from './object.ts';

/** Which looks (by object key) depend on what: an index in both directions. */
export class Dependencies {
  /** Most entries have one dependent: a set for each of them would be most of what this takes. */
  readonly #dependents = new Map<string, string | Set<string>>();
  readonly #entries = new Map<string, string[]>();
  /** Label selectors by kind and namespace, as JSON: lists that a change of an object there may concern. */
  readonly #lists = new Map<string, Set<string>>();

  /** Objects of any kind that is read: who looks for owned objects of one kind looks through the others. */
  static owned(uid: string): string {
    return JSON.stringify(['owned', uid]);
  }

  static object(kind: string, namespace: string, name: string): string {
    return JSON.stringify(['object', kind, namespace, name]);
  }

  static indexed(kind: string, path: string, value: string): string {
    return JSON.stringify(['indexed', kind, path, value]);
  }

  static list(kind: string, namespace: string, labels: Readonly<Record<string, string>>): string {
    return JSON.stringify(['list', kind, namespace, Object.entries(labels).sort()]);
  }

  add(key: string, entry: string): void {
    const dependents = this.#dependents.get(entry);
    if (dependents === key || (dependents instanceof Set && dependents.has(key))) return;
    if (dependents === undefined) this.#dependents.set(entry, key);
    else if (typeof dependents === 'string') this.#dependents.set(entry, new Set([dependents, key]));
    else dependents.add(key);
    const entries = this.#entries.get(key);
    if (entries === undefined) this.#entries.set(key, [entry]);
    else entries.push(entry);
    if (entry.startsWith('["list"')) this.#listsOf(entry).add(entry);
  }

  /** From now on `key` depends on none but these, which were all added. */
  replace(key: string, entries: ReadonlySet<string>): void {
    for (const old of this.#entries.get(key) ?? []) if (!entries.has(old)) this.#remove(key, old);
    if (entries.size === 0) this.#entries.delete(key);
    else this.#entries.set(key, [...entries]);
  }

  /** Adds to `keys` whoever depends on this object as it is; `indexed` is where an index finds it. */
  collect(
    kind: string,
    object: ClusterObject,
    indexed: readonly (readonly [path: string, value: string])[],
    keys: Set<string>,
  ): void {
    const { namespace = '', name, labels = {} } = object.metadata;
    const entries = [Dependencies.object(kind, namespace, name)];
    for (const [path, value] of indexed) entries.push(Dependencies.indexed(kind, path, value));
    for (const uid of owners(object)) entries.push(Dependencies.owned(uid));
    for (const entry of this.#lists.get(JSON.stringify([kind, namespace])) ?? []) {
      const [, , , selector] = JSON.parse(entry) as [string, string, string, [string, string][]];
      if (selector.every(([label, value]) => labels[label] === value)) entries.push(entry);
    }
    for (const entry of entries) {
      const dependents = this.#dependents.get(entry);
      if (typeof dependents === 'string') keys.add(dependents);
      else for (const key of dependents ?? []) keys.add(key);
    }
  }

  #remove(key: string, entry: string): void {
    const dependents = this.#dependents.get(entry);
    if (dependents instanceof Set) {
      dependents.delete(key);
      if (dependents.size > 0) return;
    } else if (dependents !== key) return;
    this.#dependents.delete(entry);
    if (entry.startsWith('["list"')) this.#listsOf(entry).delete(entry);
  }

  #listsOf(entry: string): Set<string> {
    const [, kind, namespace] = JSON.parse(entry) as [string, string, string];
    const scope = JSON.stringify([kind, namespace]);
    const lists = this.#lists.get(scope) ?? new Set();
    this.#lists.set(scope, lists);
    return lists;
  }
}
