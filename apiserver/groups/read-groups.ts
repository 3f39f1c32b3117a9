import { setImmediate } from 'node:timers/promises';
import type { GroupIndex, IndexedMember } from '../store/group-index.ts';
import { FOLDED_MEMBERS, foldGroup, type GroupContent } from './fold.ts';
import { type GroupIdentity, membershipOf } from './member.ts';
import type { FoldedMember } from './tally.ts';

/**
 * The groups of these names as they are now, by name; only their members in `namespaces` when it is given. Of each group at
 * most `most` members are read: of a larger one the database counts all. Between two groups everybody else has a turn.
 */
export async function readGroups(
  index: Pick<GroupIndex, 'members' | 'crowded' | 'foremost' | 'tally'>,
  names: readonly string[],
  namespaces?: readonly string[],
  most: { readonly open: number; readonly resolved: number } = FOLDED_MEMBERS,
): Promise<Map<string, GroupContent>> {
  const crowded = new Set(await index.crowded(names, most.open + most.resolved, namespaces));
  const groups = new Map<string, GroupContent>();
  const rest = names.filter((name) => !crowded.has(name));
  for await (const { group, members } of eachGroup(index.members(rest, namespaces))) {
    const content = foldGroup(group, members);
    if (content) groups.set(group.name, content);
    await setImmediate();
  }
  for (const name of crowded) {
    for await (const { group, members } of eachGroup(index.foremost(name, most, namespaces))) {
      const content = foldGroup(group, members, await index.tally(name, namespaces));
      if (content) groups.set(group.name, content);
      await setImmediate();
    }
  }
  return groups;
}

interface Group {
  readonly group: GroupIdentity;
  readonly members: FoldedMember[];
}

/** Of pages in the order of groups. */
async function* eachGroup(pages: AsyncIterable<readonly IndexedMember[]>): AsyncGenerator<Group> {
  let current: Group | undefined;
  for await (const page of pages) {
    for (const issue of page) {
      const found = membershipIn(issue);
      if (found === undefined) continue;
      if (current?.group.name !== found.group.name) {
        if (current) yield current;
        current = { group: found.group, members: [] };
      }
      current.members.push({ ...found.member, earlier: issue.earlier });
    }
  }
  if (current) yield current;
}

/** An issue that has just become another group's is counted there, as soon as the index knows. */
function membershipIn(issue: IndexedMember): ReturnType<typeof membershipOf> {
  const membership = membershipOf(issue);
  return membership?.group.name === issue.group ? membership : undefined;
}
