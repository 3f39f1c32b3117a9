import type { SqlStore } from './sql-store.ts';
import { StoreUnavailable } from './store.ts';
import { sweepIssues } from './sweep-issues.ts';
import { deleteIssues, deleteWatermarksOf } from './sweep-rows.ts';
import { hideIssue, resolveIssue } from './transitions.ts';

/** Whether a namespace exists, and as which: structurally the port of `apiserver/ingest`. */
export interface KnownNamespaces {
  /** Rejects when the cluster cannot be asked. `createdAt` in µs. */
  resolve(name: string): Answer | Promise<Answer>;
}

type Answer = { readonly uid: string; readonly createdAt?: number } | 'missing' | 'terminating';

/** In each at least one of the servers that sweep the same gets on. */
const MAX_ROUNDS = 20;

/** Which namespaces are asked about: those of issues that somebody sees, or all that anything is stored about. */
export type NamespaceScope = 'visible' | 'stored';

interface Place {
  readonly namespace: string;
  /** Absent: only watermarks are stored. */
  readonly uid: string | null;
}

const VISIBLE = `
SELECT DISTINCT i.namespace, i.namespace_uid AS uid FROM issues i WHERE i.state = 'Active'
UNION SELECT i.namespace, i.namespace_uid FROM issues i WHERE i.state = 'Resolved' AND i.hidden_at IS NULL`;
const STORED = `
SELECT DISTINCT namespace, namespace_uid AS uid FROM issues
UNION SELECT DISTINCT namespace, NULL FROM watermarks`;

/**
 * Decision 11: when a namespace is gone, or is another one of the same name, its issues leave by DELETED changes, their
 * episodes close, and rows and watermarks go. Only when kube-system is the one whose cluster is stored, because a wrong
 * kubeconfig must not empty a database. Answers how many issues left; a cluster that cannot be asked changes nothing.
 */
export async function sweepNamespaces(
  store: SqlStore,
  namespaces: KnownNamespaces,
  scope: NamespaceScope,
  believe: Believe = (gone) => gone,
): Promise<number> {
  const places = await store.database.slowQuery<Place>(scope === 'visible' ? VISIBLE : STORED, []);
  // Whoever reports is told that the cluster is away; here it only means "later".
  const seen = places.length === 0 ? [] : await goneOf(places, namespaces, store.clusterId).catch(() => []);
  return takeAway(store, believe(seen));
}

/**
 * The same for one namespace of which somebody has seen that it went, at once: what `namespaces` says is the second
 * evidence. When it resolves nothing is left, also when other servers do the same. Rejects when the database or the cluster
 * cannot be asked.
 */
export async function sweepNamespace(store: SqlStore, namespaces: KnownNamespaces, namespace: string): Promise<number> {
  let left = 0;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const places = await store.database.slowQuery<Place>(
      'SELECT DISTINCT namespace, namespace_uid AS uid FROM issues WHERE namespace = $1',
      [namespace],
    );
    const gone = places.length === 0 ? [] : await goneOf(places, namespaces, store.clusterId);
    if (gone.length === 0) return left;
    left += await takeAway(store, gone);
  }
  throw new StoreUnavailable(`what an earlier namespace ${namespace} left is still being written: try again`);
}

/** Namespaces of visible issues that a list of all namespaces does not have, or has as another one (`uids` by name). */
export async function namespacesMissingIn(store: SqlStore, uids: ReadonlyMap<string, string>): Promise<string[]> {
  const places = await store.database.slowQuery<Place>(VISIBLE, []);
  return [...new Set(places.flatMap(({ namespace, uid }) => (uids.get(namespace) === uid ? [] : [namespace])))];
}

async function takeAway(store: SqlStore, gone: readonly Gone[]): Promise<number> {
  let left = 0;
  for (const { namespace, uid, madeAgainAt } of gone) {
    if (uid !== null) left += await leave(store, namespace, uid);
    await deleteWatermarksOf(store, namespace, madeAgainAt);
  }
  return left;
}

/** µs of the new namespace, undefined when there is none. Looks at it are no older than that. */
type Gone = Place & { readonly madeAgainAt: number | undefined };

/** Which of those that seem to be gone are taken away. */
export type Believe = (gone: readonly Gone[]) => readonly Gone[];

/** Those that were gone the last time too: one wrong answer on the way to the cluster takes nothing away. */
export function goneTwice(): Believe {
  let before: ReadonlySet<string> = new Set();
  return (gone) => {
    const id = ({ namespace, uid }: Gone): string => JSON.stringify([namespace, uid]);
    const believed = gone.filter((each) => before.has(id(each)));
    before = new Set(gone.map(id));
    return believed;
  };
}

async function goneOf(
  places: readonly Place[],
  namespaces: KnownNamespaces,
  clusterId: string,
): Promise<readonly Gone[]> {
  const cluster = await namespaces.resolve('kube-system');
  if (typeof cluster === 'string' || cluster.uid !== clusterId) return [];
  const gone: Gone[] = [];
  for (const place of places) {
    const now = await namespaces.resolve(place.namespace);
    if (now === 'missing') gone.push({ ...place, madeAgainAt: undefined });
    else if (typeof now === 'object' && place.uid !== null && place.uid !== now.uid) {
      gone.push({ ...place, madeAgainAt: now.createdAt ?? 0 });
    }
  }
  return gone;
}

async function leave(store: SqlStore, namespace: string, uid: string): Promise<number> {
  const left = await sweepIssues(store, {
    where: 'i.namespace = $1 AND i.namespace_uid = $2 AND i.hidden_at IS NULL',
    values: [namespace, uid],
    write: (issue, now) => {
      if (issue.namespaceUid !== uid || issue.hiddenAt !== undefined) return undefined;
      if (issue.state === 'Resolved') return hideIssue(issue, now);
      const resolved = resolveIssue(issue, { at: now, now, reason: 'SubjectDeleted' });
      return { ...resolved, ...hideIssue(resolved.issue, now) };
    },
  });
  await deleteIssues(store, 'namespace = $1 AND namespace_uid = $2 AND hidden_at IS NOT NULL', [namespace, uid]);
  return left;
}
