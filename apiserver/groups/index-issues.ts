import type { GroupIndex, IndexEntry, IndexedIssue } from '../store/group-index.ts';
import { membershipDigest, membershipOf } from './member.ts';
import { MESSAGE_VERSION } from './normalize-message.ts';

/** Issues that are put into groups in one statement: each is read and normalised while nothing else runs. */
const BATCH = 50;
/** How groups are made. Another way of making them is another name, and all of them are made again. */
export const FOLLOWER = `v2.${MESSAGE_VERSION}`;

/** After more changes than these at once reports pour in, and groups can wait. */
const STORM = 500;
/** So many times as long as a batch of a storm took the others have. */
const GIVES_WAY = 9;

export interface Pace {
  /** ms. */
  readonly now: () => number;
  /** Resolves after `ms`, or sooner when all ends. */
  readonly sleep: (ms: number) => Promise<void>;
}

/** Puts the issues that changed after `position` into their groups. Answers how far it came, whether there is more, and how many it was. */
export async function indexChanged(
  index: GroupIndex,
  position: number,
  { now, sleep }: Pace,
): Promise<{ upTo: number; more: boolean; looked: number }> {
  const { keys, upTo, more } = await index.changed(position);
  for (let from = 0; from < keys.length; from += BATCH) {
    const began = now();
    const issues = await index.read(keys.slice(from, from + BATCH));
    await index.write(issues.flatMap((issue) => (issue.id === undefined ? [issue] : (entryOf(issue) ?? []))));
    if (keys.length > STORM) await sleep(GIVES_WAY * (now() - began));
  }
  return { upTo, more, looked: keys.length };
}

/** Puts every issue into its group, and marks every group: whatever was there before. Answers from which change to go on. */
export async function indexAll(index: GroupIndex, resource: string, signal: AbortSignal): Promise<number> {
  const position = await index.latest();
  await index.prune();
  for (let after: string | undefined, first = true; first || after !== undefined; first = false) {
    signal.throwIfAborted();
    const { issues, next } = await index.scan(after);
    for (let from = 0; from < issues.length; from += BATCH) {
      await index.write(issues.slice(from, from + BATCH).flatMap((issue) => entryOf(issue) ?? []));
    }
    after = next;
  }
  await index.markAll(resource);
  return position;
}

/** What the index has to learn of an issue; undefined when it says that already. */
function entryOf(issue: IndexedIssue): IndexEntry | undefined {
  const { namespace, name, change, indexed } = issue;
  const membership = membershipOf(issue);
  if (membership === undefined) return indexed && { namespace, name, change };
  const now = { group: membership.group.name, digest: membershipDigest(membership) };
  const same = indexed?.group === now.group && indexed.digest === now.digest;
  return same ? undefined : { namespace, name, change, indexed: now };
}
