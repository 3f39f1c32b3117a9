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
/** Groups take a twentieth of a processor: reports come first, and whoever looks at groups can wait. */
const REST = 20;
/** Who falls behind for an hour has to look at everything again. */
const REST_WHEN_BEHIND = 4;
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
    const began = now();
    const { more } = await catchUp(options);
    if (!complete) await objects.complete();
    complete = true;
    if (now() - prunedAt > PRUNE_EVERY_MS) {
      await index.prune();
      prunedAt = now();
    }
    const rest = (more ? REST_WHEN_BEHIND : REST) * (now() - began);
    await sleep(Math.min(LONGEST_INTERVAL_MS, Math.max(INTERVAL_MS, rest)));
  }
}

/**
 * The next stretch of the log, and everything that is to be done then. A position is saved when all before it is in the
 * index, which remembers what is to be done.
 */
export async function catchUp(options: Omit<FollowOptions, 'now' | 'sleep'>): Promise<{ readonly more: boolean }> {
  const { index, resource, signal } = options;
  let position = await index.position(FOLLOWER);
  if (position === undefined) {
    position = await indexAll(index, resource, signal);
    await index.save(FOLLOWER, position);
  }
  const { upTo, more } = await indexChanged(index, position);
  if (upTo > position) await index.save(FOLLOWER, upTo);
  await writeStale(options);
  return { more };
}

async function writeStale({ index, objects, signal }: Omit<FollowOptions, 'now' | 'sleep'>): Promise<void> {
  while (!signal.aborted) {
    const stale = await index.stale(BATCH);
    if (stale.length === 0) return;
    const groups = await readGroups(
      index,
      stale.map(({ name }) => name),
    );
    await objects.put([...groups].map(([name, content]) => ({ metadata: { name }, ...content })));
    const gone = stale.filter(({ name }) => !groups.has(name));
    await objects.remove(gone.map(({ name }) => ({ namespace: '', name })));
    await index.settle(stale);
  }
}
