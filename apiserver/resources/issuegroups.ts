import {
  ISSUE_GROUP_NAMES,
  type IssueGroup,
  issueGroupSpecSchema,
  issueGroupStatusSchema,
} from '../../crds/issue-group.ts';
import type { KubernetesObject } from '../../crds/meta.ts';
import { followGroups } from '../groups/follow-groups.ts';
import type { ChangeSource, Column, ResourceDefinition, ResourceModule } from '../kube/index.ts';
import type { GroupIndex } from '../store/group-index.ts';
import { ownResource } from './own/definition.ts';

/**
 * The resource `issuegroups`: what issues of several namespaces have in common (docs/groups.md). Cluster-scoped, so a
 * right of its own and the same content for everyone who has it. Its objects are derived: the feed keeps them what a fold
 * over all issues makes of them, in one replica at a time, through the change log that all resources share.
 */
export function issueGroupsModule(index: () => Promise<GroupIndex>): ResourceModule<GroupBody> {
  const { kind, plural, singular, shortNames, categories } = ISSUE_GROUP_NAMES;
  return {
    apiVersion: 'resource/v1',
    ...{ kind, plural, singular, shortNames, categories },
    namespaced: false,
    description: 'What issues of several subjects and namespaces have in common. Shrinks as they resolve.',
    schema: { spec: issueGroupSpecSchema, status: issueGroupStatusSchema },
    columns: [],
    selectableFields: SELECTABLE,
    async feed(objects, { signal, now, sleep }) {
      await followGroups({ index: await index(), objects, resource: plural, signal, now, sleep });
    },
  };
}

/** What the wire serves of it. */
export function issueGroupsResource(module: ResourceModule<GroupBody>, source: ChangeSource): ResourceDefinition {
  return {
    ...(ownResource(module, source) as ResourceDefinition),
    columns: ISSUE_GROUP_COLUMNS as readonly Column<KubernetesObject>[],
    readOnlyMessage:
      'issuegroups are read-only: a group is what its issues have in common, and goes when the last one is resolved. ' +
      'To name a group, report findings with `group`',
  };
}

type GroupBody = Pick<IssueGroup, 'spec' | 'status'>;

const SELECTABLE: Readonly<Record<string, (group: GroupBody) => string>> = {
  'spec.group': ({ spec }) => spec.group,
  'spec.origin': ({ spec }) => spec.origin,
  'spec.severity': ({ spec }) => spec.severity,
  'status.state': ({ status }) => status.state,
};

/** `kubectl get issuegroups`; with `-o wide` those of priority 1 too. */
export const ISSUE_GROUP_COLUMNS: readonly Column<IssueGroup>[] = [
  {
    ...{ name: 'Name', type: 'string', format: 'name', description: 'Name of the group.' },
    cell: ({ metadata }) => metadata.name,
  },
  text('Severity', 'The worst of the open members.', ({ spec }) => spec.severity),
  text('State', 'Active while a member is, Resolved with the last one.', ({ status }) => status.state),
  count('Open', 'How many members are open.', ({ status }) => status.open),
  count('Resolved', 'How many members are resolved.', ({ status }) => status.resolved),
  count('Namespaces', 'How many namespaces have open members.', ({ status }) => status.openNamespaces),
  text('Since', 'Since when at least one member was open without a break.', ({ status }) => ({
    since: status.openedAt,
  })),
  text('Title', 'What is wrong, in one line.', ({ spec }) => spec.title),
  { ...text('Group', 'What findings carry as their group.', ({ spec }) => spec.group), priority: 1 },
  {
    ...text('Origin', 'Reported by findings, or Proposed because messages are equal.', ({ spec }) => spec.origin),
    priority: 1,
  },
  {
    ...text('Reason', 'The reason that most open members have.', ({ status }) => status.reasons[0]?.reason ?? ''),
    priority: 1,
  },
];

function text(name: string, description: string, cell: Column<IssueGroup>['cell']): Column<IssueGroup> {
  return { name, type: 'string', description, cell };
}

function count(name: string, description: string, cell: (group: IssueGroup) => number): Column<IssueGroup> {
  return { name, type: 'integer', description, cell };
}
