import Joi from 'joi';
import { DNS_LABEL, UUID } from '../../../crds/names.ts';
import type { Operation } from '../openapi/operation.ts';
import type { KiteIssue, KiteLink, KiteRelation } from './issue-json.ts';
import { KITE_TYPES } from './words.ts';

/** The routes of Kite as their callers see them (`kiteRoutes`). */

const id = Joi.string().pattern(UUID);
const time = Joi.string().isoDate();
const linkSchema = Joi.object<KiteLink, true>({
  id: id.required(),
  title: Joi.string().allow('').required(),
  url: Joi.string().required(),
  issueId: id.required(),
});
const relationSchema = Joi.object<KiteRelation, true>({
  ...{ id: id.required(), sourceId: id.required(), targetId: id.required() },
  source: Joi.object().unknown().required().description('An issue; of this end every member is empty.'),
  target: Joi.object().unknown().required(),
});
export const kiteIssueSchema = Joi.object<KiteIssue>({
  id: id.required(),
  title: Joi.string().required(),
  description: Joi.string().allow('').required(),
  severity: Joi.string().valid('critical', 'major', 'minor', 'info').required(),
  issueType: Joi.string()
    .required()
    .description('build, test, release, dependency, pipeline, or what another source says.'),
  state: Joi.string().valid('ACTIVE', 'RESOLVED').required(),
  detectedAt: time.required().description('When the current episode began.'),
  resolvedAt: time.allow(null).required(),
  namespace: Joi.string().required(),
  scopeId: id.required(),
  scope: Joi.object({
    ...{ id: id.required(), resourceType: Joi.string().required(), resourceName: Joi.string().required() },
    resourceNamespace: Joi.string().required(),
  }).required(),
  links: Joi.array().items(linkSchema).allow(null).required().description('null outside of lists, as Kite answers.'),
  relatedFrom: Joi.array().items(relationSchema).allow(null).required(),
  relatedTo: Joi.array().items(relationSchema).allow(null).required(),
  createdAt: time.required(),
  updatedAt: time.required(),
});
export const kiteErrorSchema = Joi.object({
  error: Joi.string().required(),
  details: Joi.string(),
}).description('A failure, in the words of Kite.');

const EXAMPLE: KiteIssue = {
  ...{ id: '3f0c2a9e-6f0d-4a55-9d3c-0c9a4f7d2b11', title: 'Build of web failed', description: 'npm ci: exit code 1' },
  ...{ severity: 'major', issueType: 'build', state: 'ACTIVE' },
  ...{ detectedAt: '2026-11-21T09:30:00.123456Z', resolvedAt: null, namespace: 'shop' },
  scopeId: '5d6f0f7c-11f1-5d4f-8a37-6a1c1c0e5b02',
  scope: {
    ...{ id: '5d6f0f7c-11f1-5d4f-8a37-6a1c1c0e5b02', resourceType: 'component', resourceName: 'web' },
    resourceNamespace: 'shop',
  },
  ...{ links: null, relatedFrom: [], relatedTo: [] },
  ...{ createdAt: '2026-11-21T09:30:00.123456Z', updatedAt: '2026-11-21T09:30:00.123456Z' },
};
const OTHER_ID = '8b1d7c34-2f5e-4c1b-b0a4-6f1d2e3c4b5a';
const FAILED_RUN: KiteIssue = {
  ...EXAMPLE,
  ...{ id: OTHER_ID, title: 'Pipeline run failed: web-on-push', issueType: 'pipeline' },
  description: 'The pipeline run web-on-push failed with reason: step-build exited with code 1',
};

const namespace = Joi.string()
  .pattern(DNS_LABEL)
  .description('Required by Kite; writers may name it in the body alone.');
const inNamespace = Joi.object({ namespace: namespace.required() });
const writing = Joi.object({ namespace });
const failed = (description: string, error: string) => ({
  ...{ description, body: { schema: kiteErrorSchema, example: { error } } },
});
const FAILURES = {
  400: failed('Something is missing, or has no value that is known.', 'Missing namespace'),
  403: failed('The right is missing, or the issue is in another namespace.', 'Access denied to this namespace'),
  404: failed('There is no such issue, or the caller may not know of it.', 'Issue not found'),
  409: failed('It contradicts what is stored.', 'relationship already exists'),
  410: failed('`asOf` is before what is kept.', 'asOf: history is kept for 2160 h, since 2026-08-23T09:30:00Z'),
  413: failed('The body is too large.', 'the body is larger than 3145728 bytes: send fewer reports at once'),
  415: failed('The body is not JSON.', 'the body must be application/json, not text/yaml'),
  429: failed('Too much waits already.', 'too many reports are waiting'),
  503: failed(
    'The database, the rights or the namespaces cannot be asked now.',
    'the database does not answer: try again',
  ),
} as const;
type Failure = keyof typeof FAILURES;
const failures = (...statuses: readonly Failure[]) =>
  Object.fromEntries(statuses.map((status) => [status, FAILURES[status]]));
const READING = failures(400, 403, 404, 503);
const WRITING = failures(400, 403, 404, 409, 413, 415, 429, 503);

const one = (description: string, example: KiteIssue = EXAMPLE) => ({
  ...{ description, body: { schema: kiteIssueSchema, example } },
});
const REPORT_RIGHT = '`create issuereports` and `report` on the source `kite`, in the namespace';
const RESOLVE_RIGHT = '`get issues` and `create issues/resolve` in the namespace';
const KITE = { tag: 'Kite', errors: [], lenient: true } as const;
const at = (path: string): string => `/api/v1/${path.replace('{id}', EXAMPLE.id)}?namespace=shop`;

const linkInput = Joi.object({ title: Joi.string().required(), url: Joi.string().required() });
const issueInput = {
  title: Joi.string(),
  description: Joi.string(),
  severity: Joi.string().description('critical, major, minor or info; medium is taken as minor.'),
  issueType: Joi.string().description(`${KITE_TYPES.join(', ')}.`),
  state: Joi.string().valid('ACTIVE', 'RESOLVED'),
  namespace: Joi.string(),
  links: Joi.array().items(linkInput),
};
const scopeInput = Joi.object({
  ...{ resourceType: Joi.string().required(), resourceName: Joi.string().required(), resourceNamespace: Joi.string() },
});
const required = ['title', 'description', 'severity', 'issueType', 'namespace', 'scope'];
const createSchema = Joi.object({ ...issueInput, scope: scopeInput }).fork(required, (schema) => schema.required());

const issues: readonly Operation[] = [
  {
    ...KITE,
    ...{ method: 'post', path: '/api/v1/issues', id: 'createIssue', query: writing, rights: REPORT_RIGHT },
    summary: 'Say that something is wrong with a scope',
    description:
      'One issue for each namespace, scope and type: what is said again updates it, and opens it when it was resolved.',
    examplePath: at('issues'),
    body: {
      schema: createSchema,
      example: {
        ...{ title: 'Build of web failed', description: 'npm ci: exit code 1', severity: 'major', issueType: 'build' },
        ...{ namespace: 'shop', scope: { resourceType: 'component', resourceName: 'web' } },
      },
    },
    answers: { 201: one('The issue.'), ...WRITING },
  },
  {
    ...KITE,
    ...{ method: 'get', path: '/api/v1/issues', id: 'listIssues', rights: '`list issues` in the namespace' },
    summary: 'The issues of a namespace, newest first, in pages by offset',
    description:
      'Of every source. With `state=ACTIVE` and without `search` from memory. `total` counts all that match. An issue is ' +
      'listed as long as it is stored, also long after it was resolved.\n\n' +
      'With `asOf`, an RFC 3339 time or a duration for so long ago, this is how things were then (docs/history.md), and ' +
      'nothing of Kite: the answer is `{asOf, items, next}` with issues as the Kubernetes API serves them, of all namespaces ' +
      'that the caller may list unless `namespace` names some. Then `limit` is 100, at most 500, `next` is the `continue` of ' +
      'the following page, and the parameters that narrow it are `severity`, `state` (`Active`, `Resolved`), `type`, ' +
      '`source`, `reason`, `kind`, `subject`, `group`, `stage` and `label`, as for a search; any other is 400. Of what is ' +
      'narrowed 10,000 issues a request are looked at: a page may be short, or empty, and have a `next`. Not on the plain ' +
      'listener for Kite.',
    query: inNamespace.keys({
      severity: Joi.string(),
      issueType: Joi.string(),
      state: Joi.string().valid('ACTIVE', 'RESOLVED'),
      resourceType: Joi.string(),
      resourceName: Joi.string(),
      search: Joi.string().description('Part of the title or the description.'),
      pipelineRun: Joi.string().description(
        'Name or uid of a run: the issues that it showed last, and closed episodes whose last failing run it was.',
      ),
      limit: Joi.number().integer().min(1).max(1_000).default(50),
      offset: Joi.number().integer().min(0).default(0),
    }),
    examplePath: '/api/v1/issues?namespace=shop&state=ACTIVE&limit=20',
    answers: {
      200: {
        description: 'A page.',
        body: {
          schema: Joi.object({
            data: Joi.array().items(kiteIssueSchema).required(),
            ...{ total: Joi.number().integer().required(), limit: Joi.number().integer().required() },
            offset: Joi.number().integer().required(),
          }),
          example: { data: [{ ...EXAMPLE, links: [] }], total: 1, limit: 20, offset: 0 },
        },
      },
      ...failures(400, 403, 410, 503),
    },
  },
  {
    ...KITE,
    ...{ method: 'get', path: '/api/v1/issues/{id}', id: 'getIssue', query: inNamespace },
    ...{ summary: 'One issue', rights: '`get issues` in the namespace', examplePath: at('issues/{id}') },
    description:
      'With `asOf`, an RFC 3339 time or a duration for so long ago, the answer is nothing of Kite: the issue as it was then ' +
      '(docs/history.md), as the Kubernetes API serves it, and `namespace` is not needed. Not on the plain listener for Kite.',
    answers: { 200: one('The issue.'), ...READING, ...failures(410) },
  },
  {
    ...KITE,
    ...{ method: 'put', path: '/api/v1/issues/{id}', id: 'updateIssue', query: writing },
    summary: 'Say something else about a scope',
    description:
      'A report with what is stored and what the body changes: like any report it opens an issue that was resolved, ' +
      'unless `state` is RESOLVED. Namespace and scope stay. 409 for an issue of another source.',
    rights: `${REPORT_RIGHT}, and \`get issues\``,
    examplePath: at('issues/{id}'),
    body: { schema: Joi.object({ ...issueInput, scope: scopeInput }), example: { severity: 'critical' } },
    answers: { 200: one('The issue.', { ...EXAMPLE, severity: 'critical' }), ...WRITING },
  },
];

const hook = (name: string, schema: Joi.ObjectSchema, example: object) => ({
  ...{ ...KITE, method: 'post' as const, path: `/api/v1/webhooks/${name}`, query: writing, rights: REPORT_RIGHT },
  ...{ examplePath: at(`webhooks/${name}`), body: { schema, example } },
});
const text = Joi.string().required();
const created = (issue: KiteIssue) => ({
  description: 'The issue.',
  body: {
    schema: Joi.object({ issue: kiteIssueSchema.required(), status: Joi.string().valid('success').required() }),
    example: { issue, status: 'success' },
  },
});
const resolved = (what: string) => ({
  description: 'How many were resolved.',
  body: {
    schema: Joi.object({ message: text, status: Joi.string().valid('success').required() }),
    example: { message: `Resolved 1 issue(s) for ${what}`, status: 'success' },
  },
});

const webhooks: readonly Operation[] = [
  {
    ...hook(
      'pipeline-failure',
      Joi.object({
        ...{ pipelineName: text, namespace: text, failureReason: text, severity: Joi.string() },
        ...{ runId: Joi.string().allow(''), logsUrl: Joi.string().allow('') },
      }),
      {
        ...{ pipelineName: 'web-on-push', namespace: 'shop', failureReason: 'step-build exited with code 1' },
        runId: '0b6b9f6e-5d5d-4f43-9a45-2b8f1f4f2c10',
      },
    ),
    ...{ id: 'pipelineFailed', summary: 'A pipeline failed', answers: { 201: created(FAILED_RUN), ...WRITING } },
  },
  {
    ...hook('pipeline-success', Joi.object({ pipelineName: text, namespace: text }), {
      ...{ pipelineName: 'api-on-push', namespace: 'shop' },
    }),
    ...{ id: 'pipelineSucceeded', summary: 'A pipeline succeeded: its issues resolve' },
    answers: { 200: resolved('pipeline api-on-push'), ...WRITING },
  },
  {
    ...hook(
      'release-failure',
      Joi.object({
        ...{ application: text, namespace: text, failurePhase: text, release: text },
        pipelineRunUrl: Joi.string().allow(''),
      }),
      { application: 'shop', namespace: 'shop', failurePhase: 'managed-pipeline', release: 'shop-7' },
    ),
    ...{ id: 'releaseFailed', summary: 'A release failed' },
    answers: {
      201: created({
        ...{ ...FAILED_RUN, id: '2c7e4d91-0c8b-4f6e-8d1a-7b3c5e9f0a64', issueType: 'release' },
        title: 'Release shop-7 failed for application shop',
      }),
      ...WRITING,
    },
  },
  {
    ...hook('release-success', Joi.object({ application: text, namespace: text }), {
      ...{ application: 'shop', namespace: 'shop' },
    }),
    ...{ id: 'releaseSucceeded', summary: 'A release succeeded: the issues of its application resolve' },
    answers: { 200: resolved('application shop'), ...WRITING },
  },
  {
    ...hook(
      'mintmaker-custom',
      Joi.object({ pipelineId: text, namespace: text, type: text, logs: Joi.array().items(Joi.string()) }),
      { pipelineId: 'github.com/shop/web@main', namespace: 'shop', type: 'error', logs: ['401 from registry'] },
    ),
    ...{
      id: 'mintmakerLogged',
      summary: 'MintMaker logged something: error is major, warning minor, anything else info',
    },
    answers: {
      201: created({
        ...{ ...FAILED_RUN, id: '6e1f8a20-93d4-4b7a-9c55-1d2e3f4a5b6c', issueType: 'dependency' },
        title: 'Mintmaker error(1): github.com/shop/web@main',
      }),
      200: {
        description: 'Nothing was logged.',
        body: { schema: Joi.object({ info: text }), example: { info: 'No logs provided, no issue created' } },
      },
      ...WRITING,
    },
  },
];

const people: readonly Operation[] = [
  {
    ...KITE,
    ...{ method: 'post', path: '/api/v1/issues/{id}/related', id: 'relateIssues', query: inNamespace },
    ...{ summary: 'Link two issues', rights: `${RESOLVE_RIGHT} of both`, examplePath: at('issues/{id}/related') },
    body: { schema: Joi.object({ relatedId: id.required() }), example: { relatedId: OTHER_ID } },
    answers: {
      201: {
        description: 'They are linked.',
        body: { schema: Joi.object({ message: text }), example: { message: 'Relationship created' } },
      },
      ...WRITING,
    },
  },
  {
    ...KITE,
    ...{ method: 'delete', path: '/api/v1/issues/{id}/related/{relatedId}', id: 'unrelateIssues', query: inNamespace },
    ...{ summary: 'Take the link of two issues away', rights: `${RESOLVE_RIGHT} of both` },
    examplePath: at(`issues/{id}/related/${OTHER_ID}`),
    answers: { 204: { description: 'They are not linked any more.' }, ...READING },
  },
  {
    ...KITE,
    ...{ method: 'post', path: '/api/v1/issues/{id}/resolve', id: 'resolveIssue', query: inNamespace },
    summary: 'Resolve an issue by hand',
    description: 'Of any source. A newer failure opens it again.',
    ...{ rights: RESOLVE_RIGHT, examplePath: at('issues/{id}/resolve') },
    answers: {
      200: one('The issue.', { ...EXAMPLE, severity: 'critical', state: 'RESOLVED' }),
      ...READING,
      ...failures(409),
    },
  },
  {
    ...KITE,
    ...{ method: 'delete', path: '/api/v1/issues/{id}', id: 'deleteIssue', query: inNamespace },
    summary: 'Resolve an issue and hide it',
    description: 'Its history stays. A newer failure shows it again, with the same id.',
    ...{ rights: RESOLVE_RIGHT, examplePath: at('issues/{id}') },
    answers: { 204: { description: 'It is hidden.' }, ...READING, ...failures(409) },
  },
];

const service: readonly Operation[] = [
  {
    ...KITE,
    ...{
      method: 'get',
      path: '/api/v1/health',
      id: 'kiteHealth',
      summary: 'Whether the database answers',
      rights: 'no right',
    },
    answers: {
      200: {
        description: 'It does.',
        body: { schema: Joi.object({ status: text }).unknown(), example: { status: 'UP' } },
      },
      503: {
        description: 'It does not.',
        body: { schema: Joi.object({ status: text }).unknown(), example: { status: 'DOWN' } },
      },
    },
  },
  {
    ...KITE,
    ...{ method: 'get', path: '/api/v1/version', id: 'kiteVersion', summary: 'Which API this is', rights: 'no right' },
    answers: {
      200: {
        description: 'As Kite answers: the version is that of the API of Kite.',
        body: {
          schema: Joi.object({ name: text, description: text, version: text }),
          example: {
            name: 'Konflux Issues Dashboard API',
            description: 'The backend service that powers the Konflux Issues Dashboard',
            version: '0.0.1',
          },
        },
      },
    },
  },
];

export const kiteOperations: readonly Operation[] = [...issues, ...webhooks, ...people, ...service];
