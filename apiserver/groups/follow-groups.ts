import type { GroupIndex } from '../store/group-index.ts';
import type { GroupContent } from './fold.ts';
import { FOLLOWER, indexAll, indexChanged } from './index-issues.ts';
import { readGroups } from './read-groups.ts';

/** Where groups are written to; structurally the `Objects` of apiserver/kube. */
export interface GroupObjects {
  put(groups: readonly (GroupContent & { readonly metadata: { readonly name: string } })[]): Promise<unknown>;
  remove(keys: readonly { readonly namespace: ''; readonly name: string }[]): Promise<unknown>;
  complete(): Promise<void>;
}

export interface FollowOptions {
  readonly index: GroupIndex;
  readonly objects: GroupObjects;
  /** The resource that the groups are served as. */
  readonly resource: string;
  readonly signal: AbortSignal;
  /** ms. */
  readonly now: () => number;
  /** Resolves after `ms` or when the signal fires. */
  readonly sleep: (ms: number) => Promise<void>;
}

/** Groups that are made again at once. */
const BATCH = 50;
const INTERVAL_MS = 1_000;
const LONGEST_INTERVAL_MS = 60_000;
/**
 * After so many issues that were looked at, or members that were folded, groups rest for a second: each takes about 50 µs, so
 * that is a twentieth of a processor. Reports come first, and whoever looks at groups can wait.
 */
const ISSUES_A_SECOND = 1_000;
/** Who falls behind for an hour has to look at everything again. */
const WHEN_BEHIND = 4_000;
const PRUNE_EVERY_MS = 3_600_000;

/**
 * Keeps the groups what a fold over all issues makes of them, until `signal` fires. It follows the change log only to
 * learn which issues to look at, and reads those as they are now: what is done twice, or done by two at once, comes out
 * the same, and what is lost can be made again.
 */
export async function followGroups(options: FollowOptions): Promise<void> {
  const { index, objects, signal, now, sleep } = options;
  let prunedAt = now();
  for (let complete = false; !signal.aborted; ) {
    const { looked, more } = await catchUp(options);
    if (!complete) await objects.complete();
    complete = true;
    if (now() - prunedAt > PRUNE_EVERY_MS) {
      await index.prune();
      prunedAt = now();
    }
    const rest = (1_000 * looked) / (more ? WHEN_BEHIND : ISSUES_A_SECOND);
    await sleep(Math.min(LONGEST_INTERVAL_MS, Math.max(INTERVAL_MS, rest)));
  }
}

/**
 * The next stretch of the log, and everything that is to be done then. A position is saved when all before it is in the
 * index, which remembers what is to be done.
 */
export async function catchUp(options: FollowOptions): Promise<Looked> {
  const { index, resource, signal } = options;
  let position = await index.position(FOLLOWER);
  if (position === undefined) {
    position = await indexAll(index, resource, signal);
    await index.save(FOLLOWER, position);
  }
  const { upTo, more, looked } = await indexChanged(index, position, options);
  if (upTo > position) await index.save(FOLLOWER, upTo);
  return { looked: looked + (await writeStale(options)), more };
}

interface Looked {
  /** How many issues and members. */
  readonly looked: number;
  /** The log goes on. */
  readonly more: boolean;
}

async function writeStale({ index, objects, signal }: Omit<FollowOptions, 'now' | 'sleep'>): Promise<number> {
  let looked = 0;
  while (!signal.aborted) {
    const stale = await index.stale(BATCH);
    if (stale.length === 0) break;
    const groups = await readGroups(
      index,
      stale.map(({ name }) => name),
    );
    await objects.put([...groups].map(([name, content]) => ({ metadata: { name }, ...content })));
    const gone = stale.filter(({ name }) => !groups.has(name));
    await objects.remove(gone.map(({ name }) => ({ namespace: '', name })));
    await index.settle(stale);
    looked += stale.length;
    for (const { status } of groups.values()) looked += status.open + status.resolved;
  }
  return looked;
}
