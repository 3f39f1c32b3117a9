import type { Issue } from '../../../crds/issue.ts';
import type { IssueGroup } from '../../../crds/issue-group.ts';
import { API_VERSION, LABELS } from '../../../crds/names.ts';
import type { Asker } from '../../reading/ask.ts';
import { listPages } from '../../reading/issues.ts';
import { cellText } from '../../reading/print/table.ts';
import { escaped } from '../../reading/select.ts';
import type { Members, MembersOf } from '../source/source.ts';
import { keyOf } from './follow.ts';

/**
 * Whose issues a group has. Of one that findings name, its text tells, at any time; those of a proposed one say the same for
 * the same reason, and are found as the server finds them. The group lists only open members, and 20 at most.
 */
export async function membersOf(asker: Asker, query: MembersOf): Promise<Members> {
  const { group: name, asOf, all, known } = query;
  const { body } = await asker.json<IssueGroup>(`/apis/${API_VERSION}/issuegroups/${name}`);
  const { metadata, spec, status } = body;
  if (spec.origin === 'Reported') return { group: cellText(spec.group) };
  const version = metadata.resourceVersion;
  // It changes whenever somebody opens, resolves or joins: the counts and days are those of all members.
  if (known?.keys !== undefined && known.version !== undefined && known.version === version) return known;
  const listed = status.members.map(keyOf);
  if (asOf === undefined && !all && status.open <= listed.length) return { keys: new Set(listed), version };
  return { keys: await proposedMembers(asker, query, status), version };
}

async function proposedMembers(
  asker: Asker,
  { group: name, namespace, asOf, all }: MembersOf,
  { open, reasons }: IssueGroup['status'],
): Promise<Set<string>> {
  const { membershipOf } = await import('../../../apiserver/groups/member.ts');
  // A proposed group is of one reason, which it tells as long as it has open members.
  const [one] = reasons;
  const state = asOf !== undefined || (all && open > 0) ? undefined : all ? 'Resolved' : 'Active';
  const query = {
    ...{ namespace, asOf: asOf === undefined ? undefined : new Date(asOf).toISOString(), table: false, objects: true },
    labelSelector: state === undefined ? '' : `${LABELS.state}=${state}`,
    fieldSelector: one === undefined ? '' : `spec.reason=${escaped(one.reason)}`,
  };
  const keys = new Set<string>();
  for await (const { rows } of listPages(asker, query)) {
    for (const { object } of rows) {
      if (membershipOf(groupable(object))?.group.name === name) keys.add(keyOf(object.metadata));
    }
  }
  return keys;
}

function groupable({
  metadata,
  spec,
  status,
}: Issue): Parameters<typeof import('../../../apiserver/groups/member.ts').membershipOf>[0] {
  const { observed, state } = status;
  return {
    ...{ namespace: metadata.namespace, name: metadata.name, spec, state, hidden: false },
    openedAt: Date.parse(status.openedAt) * 1_000,
    ...(observed !== undefined && { observedName: observed.name }),
  };
}
