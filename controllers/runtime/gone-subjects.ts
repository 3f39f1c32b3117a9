import type { Subject } from '../../crds/report.ts';
import type { ClaimedSubject } from './claims.ts';
import { type ClusterObject, kindId } from './object.ts';
import type { RelatedKind } from './related.ts';

/** Separates the keys of subjects from those of observed objects in the one work queue. */
const MARK = '\u0000subject';

interface KnownSubject {
  readonly subject: Subject;
  /** Where issues about it live. */
  readonly namespaces: Set<string>;
  uid?: string;
}

/**
 * The subjects whose own kind is among the reads, so that their deletion is seen (row 5 of the decision table). Only
 * completely kept kinds count: of `ownedByObject` kinds absence means nothing.
 */
export class GoneSubjects {
  readonly #kinds: ReadonlyMap<string, RelatedKind>;
  readonly #known = new Map<string, KnownSubject>();

  constructor(reads: readonly RelatedKind[]) {
    const complete = reads.filter((read) => !read.ownedByObject);
    this.#kinds = new Map(
      complete.map((read) => [kindId(read.informer.apiVersions[0] ?? '', read.informer.kind), read]),
    );
  }

  get hasKinds(): boolean {
    return this.#kinds.size > 0;
  }

  isKey(key: string): boolean {
    return key.includes(MARK);
  }

  /** Remembers where issues about a subject live; its key when its kind is among the reads. */
  remember(namespace: string, subject: Subject): string | undefined {
    if (!this.#kinds.has(kindId(subject.apiVersion, subject.kind))) return undefined;
    const key = subjectKey(subject.apiVersion, subject.kind, subject.namespace, subject.name);
    const known = this.#known.get(key);
    if (known !== undefined) known.namespaces.add(namespace);
    else this.#known.set(key, { subject: withoutAspect(subject), namespaces: new Set([namespace]) });
    return key;
  }

  /** The key of a deleted object when somebody reported about it. */
  keyOf({ apiVersion, kind, metadata }: ClusterObject): string | undefined {
    const key = subjectKey(apiVersion, kind, metadata.namespace, metadata.name);
    const known = this.#known.get(key);
    if (known === undefined) return undefined;
    if (metadata.uid !== undefined) known.uid = metadata.uid;
    return key;
  }

  /** The subject and its places when it is gone for certain; undefined when it is there, came back or is unknown. */
  gone(key: string): { object: ClusterObject; places: readonly ClaimedSubject[] } | undefined {
    const known = this.#known.get(key);
    if (known === undefined) return undefined;
    const { apiVersion, kind, name, namespace = '' } = known.subject;
    const informer = this.#kinds.get(kindId(apiVersion, kind))?.informer;
    if (informer?.stateOf(namespace) !== 'synced' || informer.cache.get(`${namespace}/${name}`) !== undefined)
      return undefined;
    const metadata = { name, ...(namespace && { namespace }), ...(known.uid !== undefined && { uid: known.uid }) };
    const places = [...known.namespaces].map((place) => ({ namespace: place, subject: known.subject }));
    return { object: { apiVersion, kind, metadata }, places };
  }

  forget(key: string): void {
    this.#known.delete(key);
  }
}

function subjectKey(apiVersion: string, kind: string, namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${MARK}/${kindId(apiVersion, kind)}/${name}`;
}

function withoutAspect({ aspect: _, ...subject }: Subject): Subject {
  return subject;
}
