import type { CacheChange, ObjectCache } from './cache.ts';
import { Dependencies } from './dependencies.ts';
import type { Informer } from './informer.ts';
import { type ClusterObject, kindId, objectKey } from './object.ts';
import { type ControllerDefinition, type DeepReadonly, type ObjectLike, type Read, TerminalError } from './plugin.ts';
import { isFinished } from './run-times.ts';

/**
 * Related objects: what `observe` may read, and the memory of which look read what, so that a change of it (also the
 * appearance of what was not there) observes again.
 */

export interface RelatedKind {
  readonly informer: Informer;
  /** Only objects owned by an observed object are kept, so absence means nothing. */
  readonly ownedByObject: boolean;
  /** Looks go on without it when it may not be read. */
  readonly optional: boolean;
  /** The declared indexes: names to paths. */
  readonly indexes?: Readonly<Record<string, string>>;
}

/** A look at one object, as far as its reads go. */
export interface Reading {
  readonly read: Read;
  /** How many owned objects that were read have finished: the `detail` of an order key. */
  detail(): number;
  /** From here on only what this look read counts. */
  commit(): void;
}

export class Related {
  readonly #kinds: ReadonlyMap<string, RelatedKind>;
  readonly #live: boolean;
  readonly #dependencies = new Dependencies();

  /**
   * `kinds` by kind name: the declared reads and the watched kind itself. Only of a live cluster absence says that
   * something is gone; a recording may just not have it.
   */
  constructor(kinds: ReadonlyMap<string, RelatedKind>, live: boolean) {
    this.#kinds = kinds;
    this.#live = live;
  }

  /** The keys whose last look depends on this change of an object of `kind`. */
  affected(kind: string, change: CacheChange): ReadonlySet<string> {
    const keys = new Set<string>();
    const versions = change.type === 'applied' && change.previous ? [change.object, change.previous] : [change.object];
    const cache = this.#kinds.get(kind)?.informer.cache;
    for (const object of versions) this.#dependencies.collect(kind, object, cache?.indexEntries(object) ?? [], keys);
    return keys;
  }

  forget(key: string): void {
    this.#dependencies.replace(key, new Set());
  }

  /**
   * Whether a subject is known to be gone: its kind is among the reads, completely listed there, and it is not. The
   * look at `key` then depends on its coming back.
   */
  isGone(key: string, subject: { apiVersion: string; kind: string; namespace?: string; name: string }): boolean {
    const related = this.#kinds.get(subject.kind);
    if (!this.#live || related === undefined || related.ownedByObject) return false;
    const { informer } = related;
    const [first = ''] = informer.apiVersions;
    if (kindId(first, informer.kind) !== kindId(subject.apiVersion, subject.kind)) return false;
    const namespace = subject.namespace ?? '';
    if (informer.stateOf(namespace) !== 'synced') return false;
    this.#dependencies.add(key, Dependencies.object(subject.kind, namespace, subject.name));
    return informer.cache.get(`${namespace}/${subject.name}`) === undefined;
  }

  /** The read kinds that cannot be read in this namespace yet: a look without them could be wrong. */
  unreadable(namespace: string): Informer | undefined {
    return [...this.#kinds.values()].find(({ informer, optional }) => {
      const state = informer.stateOf(namespace);
      if (optional) return state === 'pending' && !informer.isExcused(namespace);
      return state === 'pending' || state === 'blocked';
    })?.informer;
  }

  begin(object: ClusterObject, now: () => number, signal: AbortSignal, logs: Read['logs']): Reading {
    const key = objectKey(object);
    const entries = new Set<string>();
    const finished = new Set<string>();
    const remember = (entry: string): void => {
      entries.add(entry);
      // At once, not at the end: what changes while the look goes on must observe again.
      this.#dependencies.add(key, entry);
    };
    const cacheOf = (kind: string) => this.#informer(kind).cache;
    const read: Read = {
      now: () => new Date(now()),
      live: this.#live,
      signal,
      logs,
      owned: async <K extends ObjectLike>(kind: string) => {
        const found = this.#owned(kind, object, remember);
        for (const owned of found) if (isFinished(owned)) finished.add(`${kind}/${objectKey(owned)}`);
        return found as unknown as readonly DeepReadonly<K>[];
      },
      get: async <K extends ObjectLike>(kind: string, namespace: string, name: string) => {
        remember(Dependencies.object(kind, namespace, name));
        return cacheOf(kind).get(`${namespace}/${name}`) as unknown as DeepReadonly<K> | undefined;
      },
      covers: async (kind, namespace) => {
        const { informer, ownedByObject } = this.#related(kind);
        return this.#live && !ownedByObject && informer.stateOf(namespace) === 'synced';
      },
      list: async <K extends ObjectLike>(
        kind: string,
        selector: { namespace: string; labels?: Record<string, string> },
      ) => {
        remember(Dependencies.list(kind, selector.namespace, selector.labels ?? {}));
        return listed(cacheOf(kind), selector) as unknown as readonly DeepReadonly<K>[];
      },
      indexed: async <K extends ObjectLike>(
        kind: string,
        index: string,
        value: string,
        { namespace }: { namespace?: string } = {},
      ) => {
        const path = this.#indexOf(kind, index);
        remember(Dependencies.indexed(kind, path, value));
        const found = cacheOf(kind).indexed(path, value) ?? [];
        return found.filter(
          ({ metadata }) => namespace === undefined || metadata.namespace === namespace,
        ) as unknown as readonly DeepReadonly<K>[];
      },
    };
    return { read, detail: () => finished.size, commit: () => this.#dependencies.replace(key, entries) };
  }

  /** Directly owned, or through other declared kinds: the Pods of a Deployment's ReplicaSets. */
  #owned(kind: string, object: ClusterObject, remember: (entry: string) => void): readonly ClusterObject[] {
    const { cache } = this.#informer(kind);
    const found = new Map<string, ClusterObject>();
    const uids = object.metadata.uid === undefined ? [] : [object.metadata.uid];
    const visited = new Set(uids);
    for (let uid = uids.shift(); uid !== undefined; uid = uids.shift()) {
      remember(Dependencies.owned(uid));
      for (const owned of cache.ownedBy(uid)) found.set(objectKey(owned), owned);
      for (const [between, { informer }] of this.#kinds) {
        if (between === kind || between === object.kind) continue;
        for (const { metadata } of informer.cache.ownedBy(uid)) {
          if (metadata.uid === undefined || visited.has(metadata.uid)) continue;
          visited.add(metadata.uid);
          uids.push(metadata.uid);
        }
      }
    }
    return [...found.values()];
  }

  #indexOf(kind: string, index: string): string {
    const { indexes = {} } = this.#related(kind);
    if (Object.hasOwn(indexes, index)) return indexes[index] as string;
    const declared = Object.keys(indexes).join(', ') || 'it declares none';
    throw new TerminalError(
      `observe() read the index ${index} of ${kind}, which the plugin does not declare: add it to its indexes (${declared})`,
    );
  }

  #informer(kind: string): Informer {
    return this.#related(kind).informer;
  }

  #related(kind: string): RelatedKind {
    const related = this.#kinds.get(kind);
    if (related !== undefined) return related;
    const declared = [...this.#kinds.keys()].join(', ');
    throw new TerminalError(
      `observe() read the kind ${kind}, which the plugin does not declare: add it to reads (${declared})`,
    );
  }
}

/**
 * What a controller may read, by the name of the kind: what it declares and what it watches. That a watched object is gone
 * says nothing about a subject.
 */
export function relatedKinds(
  { watches }: Pick<ControllerDefinition, 'watches'>,
  primary: Informer,
  reads: readonly RelatedKind[],
): ReadonlyMap<string, RelatedKind> {
  const watched = { informer: primary, ownedByObject: true, optional: false, indexes: watches.indexes ?? {} };
  return new Map([watched, ...reads].map((kind) => [kind.informer.kind, kind]));
}

/** By an indexed label where there is one, else by looking at the whole namespace. */
function listed(
  cache: ObjectCache,
  { namespace, labels = {} }: { namespace: string; labels?: Record<string, string> },
): readonly ClusterObject[] {
  const wanted = Object.entries(labels);
  let candidates: readonly ClusterObject[] | undefined;
  for (const [name, value] of wanted) candidates ??= cache.indexed(`metadata.labels.${name}`, value);
  return (candidates ?? cache.inNamespace(namespace)).filter(
    ({ metadata }) =>
      (metadata.namespace ?? '') === namespace && wanted.every(([name, value]) => metadata.labels?.[name] === value),
  );
}
