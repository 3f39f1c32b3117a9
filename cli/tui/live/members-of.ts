import type { Issue } from '../../../crds/issue.ts';
import type { IssueGroup } from '../../../crds/issue-group.ts';
import { API_VERSION, LABELS } from '../../../crds/names.ts';
import type { Asker } from '../../reading/ask.ts';
import { listPages } from '../../reading/issues.ts';
import { cellText } from '../../reading/print/table.ts';
import { escaped } from '../../reading/select.ts';
import type { Members } from '../source/source.ts';
import { keyOf } from './follow.ts';

/**
 * Whose issues a group has. Of one that findings name, its text tells; those of a proposed one say the same for the same
 * reason, and are found as the server finds them. `namespace`: the only one that the user may list.
 */
export async function membersOf(asker: Asker, name: string, namespace: string | undefined): Promise<Members> {
  const { body } = await asker.json<IssueGroup>(`/apis/${API_VERSION}/issuegroups/${name}`);
  const { spec, status } = body;
  if (spec.origin === 'Reported') return { group: cellText(spec.group) };
  const keys = new Set(status.members.map(keyOf));
  if (status.open <= keys.size) return { keys };
  for (const { reason } of status.reasons) {
    for (const key of await proposedMembers(asker, name, namespace, reason)) keys.add(key);
  }
  return { keys };
}

async function proposedMembers(
  asker: Asker,
  name: string,
  namespace: string | undefined,
  reason: string,
): Promise<string[]> {
  const { membershipOf } = await import('../../../apiserver/groups/member.ts');
  const query = {
    ...{ namespace, labelSelector: `${LABELS.state}=Active`, fieldSelector: `spec.reason=${escaped(reason)}` },
    ...{ asOf: undefined, table: false, objects: true },
  };
  const keys: string[] = [];
  for await (const { rows } of listPages(asker, query)) {
    for (const { object } of rows) {
      if (membershipOf(groupable(object))?.group.name === name) keys.push(keyOf(object.metadata));
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
