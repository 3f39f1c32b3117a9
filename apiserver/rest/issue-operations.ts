import Joi from 'joi';
import { type IssueReference, issueReferenceSchema, RELATIVES_FIELDS } from '../../crds/issue-relatives.ts';
import { TIMELINE_FIELDS } from '../../crds/issue-timeline.ts';
import { DNS_LABEL, DNS_SUBDOMAIN, UUID } from '../../crds/names.ts';
import type { Operation } from './openapi/operation.ts';

const timelineSchema = Joi.object({ issue: issueReferenceSchema.required(), ...TIMELINE_FIELDS });

const relatedSchema = Joi.object({ issue: issueReferenceSchema.required(), ...RELATIVES_FIELDS });

const byName = Joi.object({
  namespace: Joi.string().pattern(DNS_LABEL).required(),
  name: Joi.string().pattern(DNS_SUBDOMAIN).required(),
});
const byId = Joi.object({ id: Joi.string().pattern(UUID).required() });
const RIGHTS = '`get issues` in its namespace; other issues show where the caller has it, too';

/** Of the issue that the example of `createReports` opens. */
export const REFERENCE: IssueReference = {
  id: '5f0a3c1e-6f3a-4d59-9f0e-0c6a1f2b3d4e',
  namespace: 'shop',
  name: 'workflow-nightly-f3k2m9qa',
  state: 'Active',
  severity: 'major',
  type: 'build',
  reason: 'TestsFailed',
  title: 'nightly: 3 of 1,204 tests failed',
  subject: { apiVersion: 'ci.example.dev/v1', kind: 'Workflow', namespace: 'shop', name: 'nightly' },
  openedAt: '2026-11-21T07:30:00Z',
};
const TIMELINE = {
  issue: REFERENCE,
  complete: true,
  events: [
    { at: '2026-11-21T07:30:00Z', event: 'opened', episode: 1 },
    { at: '2026-11-21T07:41:12Z', event: 'assign', actor: 'ann', assignee: 'team-web', comment: 'your base image' },
  ],
};
const RELATED = { issue: REFERENCE, cause: null, consequences: [], related: [] };

/** `issueRoutes` as their callers see them. By name first: what they answer has the id. */
export const issueOperations: readonly Operation[] = [
  ...(['name', 'id'] as const).flatMap((by): Operation[] => {
    const path = by === 'name' ? '/api/v1/issues/{namespace}/{name}' : '/api/v1/issues/{id}';
    const example = by === 'name' ? `/api/v1/issues/shop/${REFERENCE.name}` : `/api/v1/issues/${REFERENCE.id}`;
    const suffix = by === 'name' ? '' : 'ById';
    const common = { method: 'get', tag: 'Issues', rights: RIGHTS, params: by === 'name' ? byName : byId } as const;
    return [
      {
        ...common,
        path: `${path}/timeline`,
        id: `getIssueTimeline${suffix}`,
        summary: 'All that happened to an issue, in the order of time',
        description: 'Episodes, severities, and what people did; also of an issue that has left the list.',
        examplePath: `${example}/timeline`,
        answers: { 200: { description: 'Its past.', body: { schema: timelineSchema, example: TIMELINE } } },
        errors: by === 'name' ? [400, 403, 404, 503] : [400, 404, 503],
      },
      {
        ...common,
        path: `${path}/related`,
        id: `getRelatedIssues${suffix}`,
        summary: 'What an issue comes from, what comes from it, and what people linked it with',
        description: 'docs/related.md says what makes one issue the cause of another.',
        examplePath: `${example}/related`,
        answers: { 200: { description: 'Its relatives.', body: { schema: relatedSchema, example: RELATED } } },
        errors: by === 'name' ? [400, 403, 404, 503] : [400, 404, 503],
      },
    ];
  }),
];
