import Joi from 'joi';
import { groupName } from '../../crds/identity.ts';
import { issueGroupSpecSchema, issueGroupStatusSchema } from '../../crds/issue-group.ts';
import { DNS_LABEL } from '../../crds/names.ts';
import { type CallersGroup, type GroupsAnswer, groupQuerySchema } from './groups.ts';
import type { Operation } from './openapi/operation.ts';

const groupSchema = Joi.object<CallersGroup, true>({
  name: Joi.string().pattern(DNS_LABEL).required().description('Made of the text; the same for every caller.'),
  spec: issueGroupSpecSchema.required(),
  status: issueGroupStatusSchema.required(),
});

/** What the example of a report names. */
const GROUP = 'test-database.example.dev';
const EXAMPLE = {
  name: groupName(GROUP),
  spec: {
    group: GROUP,
    origin: 'Reported',
    title: 'nightly: 3 of 1,204 tests failed',
    severity: 'major',
    links: [{ rel: 'docs', title: 'Runbook', url: 'https://docs.example.dev/test-database' }],
    remediations: [{ text: 'Start the database of the tests again' }],
  },
  status: {
    state: 'Active',
    openedAt: '2026-11-20T08:00:00Z',
    open: 1,
    resolved: 1,
    openNamespaces: 1,
    reasons: [{ reason: 'TestsFailed', open: 1 }],
    namespaces: [{ namespace: 'shop', open: 1 }],
    members: [{ namespace: 'shop', name: 'workflow-nightly-k3v5q7xa', severity: 'major', reason: 'TestsFailed' }],
    days: [
      { date: '2026-11-20', opened: 2, resolved: 0, open: 2 },
      { date: '2026-11-21', opened: 0, resolved: 1, open: 1 },
    ],
    conditions: [
      {
        ...{ type: 'Active', status: 'True', reason: 'MembersOpen', message: '1 member is open' },
        lastTransitionTime: '2026-11-20T08:00:00Z',
      },
      {
        ...{ type: 'Resolved', status: 'False', reason: 'MembersOpen', message: '1 member is open' },
        lastTransitionTime: '2026-11-20T08:00:00Z',
      },
    ],
  },
};
const RIGHTS = '`list issues`, for the cluster or in namespaces: other namespaces are left out';

/** `groupRoutes` as its callers see it. */
export const groupOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/v1/groups',
    id: 'listGroups',
    tag: 'Issues',
    summary: 'What issues of several subjects and namespaces have in common',
    description:
      'By name, as `issuegroups` of the Kubernetes API has them, but made of the issues that the caller may list. ' +
      'docs/groups.md says what is a group.',
    rights: RIGHTS,
    query: groupQuerySchema,
    examplePath: '/api/v1/groups?limit=20',
    answers: {
      200: {
        description: 'One page.',
        body: {
          schema: Joi.object<GroupsAnswer, true>({
            items: Joi.array().items(groupSchema).required(),
            next: Joi.string().description('`cursor` of the next page; absent on the last one.'),
          }),
          example: { items: [EXAMPLE] },
        },
      },
    },
    errors: [400, 503],
  },
  {
    method: 'get',
    path: '/api/v1/groups/{name}',
    id: 'getGroup',
    tag: 'Issues',
    summary: 'One group',
    rights: RIGHTS,
    params: Joi.object({ name: Joi.string().pattern(DNS_LABEL).required() }),
    examplePath: `/api/v1/groups/${groupName(GROUP)}`,
    answers: { 200: { description: 'The group.', body: { schema: groupSchema, example: EXAMPLE } } },
    errors: [404, 503],
  },
];
