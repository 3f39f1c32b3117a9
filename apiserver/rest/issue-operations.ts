import Joi from 'joi';
import { SEVERITIES, STATES, subjectSchema } from '../../crds/issue.ts';
import { DNS_LABEL, DNS_SUBDOMAIN, UUID } from '../../crds/names.ts';
import { rfc3339 } from '../../crds/time.ts';
import type { IssueReference } from './issue-routes.ts';
import type { IssueEvent } from './issue-timeline.ts';
import type { Operation } from './openapi/operation.ts';

const referenceSchema = Joi.object<IssueReference, true>({
  id: Joi.string().pattern(UUID).required().description('Never changes, not even when metadata.uid does.'),
  namespace: Joi.string().required(),
  name: Joi.string().required(),
  state: Joi.string()
    .valid(...STATES)
    .required(),
  severity: Joi.string()
    .valid(...SEVERITIES)
    .required(),
  type: Joi.string().required(),
  reason: Joi.string().required(),
  title: Joi.string().required(),
  subject: subjectSchema.required(),
  openedAt: rfc3339().required(),
});

const eventSchema = Joi.object<IssueEvent, true>({
  at: rfc3339().required().description('Of an episode: when it was observed; of everything else: when it was stored.'),
  event: Joi.string()
    .required()
    .description(
      'opened, reopened, resolved; severity (another one was reported), escalate (age raised it); resolve, acknowledge, ' +
        'snooze, assign, due, comment, relate, unrelate, delete (people; delete is of Kite’s clients).',
    ),
  actor: Joi.string().description('Who; absent: Faultline.'),
  comment: Joi.string(),
  auditId: Joi.string(),
  until: rfc3339().description('snooze: its end.'),
  assignee: Joi.string().description('assign; absent: to nobody.'),
  dueAt: rfc3339().description('due; absent: the date was taken away.'),
  from: Joi.string().description('severity, escalate.'),
  to: Joi.string(),
  issue: Joi.object({
    id: Joi.string().required(),
    namespace: Joi.string().required(),
    name: Joi.string().required(),
  }).description('relate, unrelate: the other issue, for who may get it.'),
  episode: Joi.number().integer().description('opened, reopened, resolved: from 1.'),
  reason: Joi.string().description('resolved: why.'),
  severity: Joi.string().description('resolved: at the end of the episode.'),
  title: Joi.string(),
  durationSeconds: Joi.number().integer().description('resolved: how long the episode lasted.'),
});

const timelineSchema = Joi.object({
  issue: referenceSchema.required(),
  complete: Joi.boolean().required().description('false: episodes before the first event are forgotten (retention).'),
  events: Joi.array().items(eventSchema).required().description('The oldest first.'),
});

const relatedSchema = Joi.object({
  issue: referenceSchema.required(),
  cause: referenceSchema.allow(null).required().description('The root, when this is a consequence.'),
  consequences: Joi.array().items(referenceSchema).required(),
  related: Joi.array()
    .items(Joi.object({ by: Joi.string().required(), at: rfc3339().required(), issue: referenceSchema.required() }))
    .required()
    .description('What somebody linked it with.'),
});

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
        errors: by === 'name' ? [403, 404, 503] : [404, 503],
      },
      {
        ...common,
        path: `${path}/related`,
        id: `getRelatedIssues${suffix}`,
        summary: 'What an issue comes from, what comes from it, and what people linked it with',
        description: 'docs/related.md says what makes one issue the cause of another.',
        examplePath: `${example}/related`,
        answers: { 200: { description: 'Its relatives.', body: { schema: relatedSchema, example: RELATED } } },
        errors: by === 'name' ? [403, 404, 503] : [404, 503],
      },
    ];
  }),
];
