import type { GroupIndex, IndexedMember } from '../store/group-index.ts';
import { type FoldedMember, foldGroup, type GroupContent } from './fold.ts';
import { type GroupIdentity, membershipOf } from './member.ts';

/** The groups of these names as they are now, by name; only their members in `namespaces` when it is given. */
export async function readGroups(
  index: Pick<GroupIndex, 'members'>,
  names: readonly string[],
  namespaces?: readonly string[],
): Promise<Map<string, GroupContent>> {
  const groups = new Map<string, GroupContent>();
  let members: FoldedMember[] = [];
  let current: GroupIdentity | undefined;
  const close = (): void => {
    const content = current && foldGroup(current, members);
    if (current && content) groups.set(current.name, content);
  };
  for await (const page of index.members(names, namespaces)) {
    for (const issue of page) {
      const found = membershipIn(issue);
      if (found === undefined) continue;
      if (current?.name !== found.group.name) {
        close();
        [current, members] = [found.group, []];
      }
      members.push({ ...found.member, earlier: issue.earlier });
    }
  }
  close();
  return groups;
}

/** An issue that has just become another group's is counted there, as soon as the index knows. */
function membershipIn(issue: IndexedMember): ReturnType<typeof membershipOf> {
  const membership = membershipOf(issue);
  return membership?.group.name === issue.group ? membership : undefined;
}
