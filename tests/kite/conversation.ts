import type { Exchange } from './replay.ts';

/** A conversation of our own in the words of Kite: what its clients send, and what Kite answers. */

const NAMESPACE = 'team-blue';
const at = (path: string): string => `/api/v1/${path}${path.includes('?') ? '&' : '?'}namespace=${NAMESPACE}`;
const ID = '00000000-1111-4222-8333-444444444444';
const TIME = '2026-01-02T03:04:05.678901Z';

interface Shape {
  readonly title: string;
  readonly description: string;
  readonly type: readonly [resourceType: string, resourceName: string];
  readonly severity?: string;
  readonly issueType?: string;
  readonly state?: string;
  readonly links?: readonly object[] | null;
}

function issue(shape: Shape): Record<string, unknown> {
  const {
    title,
    description,
    type,
    severity = 'major',
    issueType = 'pipeline',
    state = 'ACTIVE',
    links = null,
  } = shape;
  const [resourceType, resourceName] = type;
  return {
    ...{ id: ID, title, description, severity, issueType, state, detectedAt: TIME },
    resolvedAt: state === 'ACTIVE' ? null : TIME,
    ...{ namespace: NAMESPACE, scopeId: ID },
    scope: { id: ID, resourceType, resourceName, resourceNamespace: NAMESPACE },
    ...{ links, relatedFrom: [], relatedTo: [], createdAt: TIME, updatedAt: TIME },
  };
}

const link = (title: string, url: string): object => ({ id: ID, title, url, issueId: ID });
const page = (data: readonly unknown[], more: object = {}): object => ({
  ...{ data, total: data.length, limit: 50, offset: 0 },
  ...more,
});
const required = (struct: string, ...fields: readonly string[]): string =>
  fields
    .map((field) => `Key: '${struct}.${field}' Error:Field validation for '${field}' failed on the 'required' tag`)
    .join('\n');

const TEST = {
  ...{ title: 'Unit tests of api fail', description: '3 of 812 failed', type: ['component', 'api'] },
  ...{ severity: 'minor', issueType: 'test' },
} as const satisfies Shape;
const RUN = {
  title: 'Pipeline run failed: api-on-push',
  description: 'The pipeline run api-on-push failed with reason: OOMKilled',
  type: ['pipelinerun', 'api-on-push'],
} as const satisfies Shape;
const MINTMAKER = {
  title: 'Mintmaker warning(1): github.com/blue/api@main',
  description: 'rate limit is near',
  type: ['mintmaker-warning', 'github.com/blue/api@main'],
  ...{ severity: 'minor', issueType: 'dependency' },
} as const satisfies Shape;
const RELEASE = {
  title: 'Release blue-3 failed for application blue',
  description: 'The release failed in phase: Validation',
  ...{ type: ['application', 'blue'], issueType: 'release' },
} as const satisfies Shape;
const TEST_LINKS = [link('Test report', 'https://tests.example/9')];
const RUN_LINKS = [link('Pipeline Run Logs', 'https://konflux.dev/logs/pipelineruns/run-9')];
const DOCS = [
  link('Mintmaker docs', 'https://konflux-ci.dev/docs/mintmaker/user/'),
  link('Renovate docs', 'https://docs.renovatebot.com/configuration-options/'),
];
const create = { title: TEST.title, description: TEST.description, severity: 'minor', issueType: 'test' };
const scope = { resourceType: 'component', resourceName: 'api' };

const ISSUES: readonly Exchange[] = [
  { name: 'nothing yet', method: 'GET', path: at('issues/'), expect: { status: 200, body: page([]) } },
  {
    name: 'no namespace',
    method: 'GET',
    path: '/api/v1/issues',
    expect: { status: 400, body: { error: 'Missing namespace' } },
  },
  {
    ...{ name: 'create', method: 'POST', path: at('issues'), capture: 'test' },
    body: { ...create, namespace: NAMESPACE, scope, links: [{ title: 'Test report', url: 'https://tests.example/9' }] },
    expect: { status: 201, body: issue(TEST) },
  },
  {
    ...{ name: 'create again without links', method: 'POST', path: at('issues/') },
    body: { ...create, severity: 'critical', namespace: NAMESPACE, scope },
    expect: { status: 201, body: issue({ ...TEST, severity: 'critical' }) },
  },
  {
    ...{
      name: 'create with nothing',
      method: 'POST',
      path: at('issues/'),
      body: { namespace: NAMESPACE, links: [{}] },
    },
    expect: {
      status: 400,
      body: {
        error: 'Invalid request body',
        details: [
          required('CreateIssueRequest', 'Title', 'Description', 'Severity', 'IssueType'),
          required('CreateIssueRequest.Scope', 'ResourceType', 'ResourceName'),
          required('CreateIssueRequest.Links[0]', 'Title', 'URL'),
        ].join('\n'),
      },
    },
  },
  {
    ...{ name: 'create in a state that is none', method: 'POST', path: at('issues/') },
    body: { ...create, namespace: NAMESPACE, scope, state: 'OPEN' },
    expect: { status: 400, body: { error: 'Validation failed', details: 'invalid state value' } },
  },
  {
    ...{ name: 'update', method: 'PUT', path: at('issues/{{test.id}}'), body: { severity: 'minor' } },
    expect: { status: 200, body: issue(TEST) },
  },
  { name: 'get', method: 'GET', path: at('issues/{{test.id}}/'), expect: { status: 200, body: issue(TEST) } },
  {
    ...{ name: 'get in another namespace', method: 'GET', path: '/api/v1/issues/{{test.id}}?namespace=team-red' },
    expect: { status: 403, body: { error: 'Access denied to this namespace' } },
  },
  {
    ...{ name: 'get what is not there', method: 'GET', path: at(`issues/${ID}`) },
    expect: { status: 404, body: { error: 'Issue not found' } },
  },
];

const WEBHOOKS: readonly Exchange[] = [
  {
    ...{ name: 'a pipeline failed', method: 'POST', path: at('webhooks/pipeline-failure'), capture: 'run' },
    body: { pipelineName: 'api-on-push', namespace: NAMESPACE, failureReason: 'OOMKilled', runId: 'run-9' },
    expect: { status: 201, body: { issue: issue(RUN), status: 'success' } },
  },
  {
    ...{ name: 'MintMaker warned', method: 'POST', path: at('webhooks/mintmaker-custom/') },
    body: { pipelineId: MINTMAKER.type[1], namespace: NAMESPACE, type: 'warning', logs: [MINTMAKER.description] },
    expect: { status: 201, body: { issue: issue(MINTMAKER), status: 'success' } },
  },
  {
    ...{ name: 'MintMaker had nothing to say', method: 'POST', path: at('webhooks/mintmaker-custom') },
    body: { pipelineId: MINTMAKER.type[1], namespace: NAMESPACE, type: 'warning' },
    expect: { status: 200, body: { info: 'No logs provided, no issue created' } },
  },
  {
    ...{ name: 'a release failed', method: 'POST', path: at('webhooks/release-failure') },
    body: { application: 'blue', namespace: NAMESPACE, failurePhase: 'Validation', release: 'blue-3' },
    expect: { status: 201, body: { issue: issue(RELEASE), status: 'success' } },
  },
  {
    ...{ name: 'a release failed, nobody says which', method: 'POST', path: at('webhooks/release-failure') },
    body: { application: 'blue', namespace: NAMESPACE },
    expect: {
      status: 400,
      body: {
        error: 'Missing required fields',
        details: required('ReleaseFailureRequest', 'FailurePhase', 'ReleaseName'),
      },
    },
  },
];

const LISTS: readonly Exchange[] = [
  {
    ...{ name: 'all, newest first', method: 'GET', path: at('issues/') },
    expect: {
      status: 200,
      body: page([
        issue({ ...RELEASE, links: [] }),
        issue({ ...MINTMAKER, links: DOCS }),
        issue({ ...RUN, links: RUN_LINKS }),
        issue({ ...TEST, links: TEST_LINKS }),
      ]),
    },
  },
  {
    ...{ name: 'a count', method: 'GET', path: at('issues/?severity=minor&limit=1&state=ACTIVE') },
    expect: { status: 200, body: page([issue({ ...MINTMAKER, links: DOCS })], { total: 2, limit: 1 }) },
  },
  {
    ...{ name: 'a page of the Active', method: 'GET', path: at('issues?state=ACTIVE&limit=2&offset=3') },
    expect: { status: 200, body: page([issue({ ...TEST, links: TEST_LINKS })], { total: 4, limit: 2, offset: 3 }) },
  },
  {
    ...{ name: 'of a scope', method: 'GET', path: at('issues?state=ACTIVE&resourceType=mintmaker-warning') },
    expect: { status: 200, body: page([issue({ ...MINTMAKER, links: DOCS })]) },
  },
  {
    ...{
      name: 'of a scope, from the database',
      method: 'GET',
      path: at('issues?resourceType=component&resourceName=api'),
    },
    expect: { status: 200, body: page([issue({ ...TEST, links: TEST_LINKS })]) },
  },
  {
    ...{ name: 'search', method: 'GET', path: at('issues?search=oomKILLED') },
    expect: { status: 200, body: page([issue({ ...RUN, links: RUN_LINKS })]) },
  },
  {
    ...{ name: 'a word that Kite does not know', method: 'GET', path: at('issues?severity=urgent&limit=x') },
    expect: { status: 200, body: page([]) },
  },
];

const ENDS: readonly Exchange[] = [
  {
    ...{ name: 'relate', method: 'POST', path: at('issues/{{run.id}}/related'), body: { relatedId: '{{test.id}}' } },
    expect: { status: 201, body: { message: 'Relationship created' } },
  },
  {
    ...{ name: 'relate the other way round', method: 'POST', path: at('issues/{{test.id}}/related') },
    ...{ body: { relatedId: '{{run.id}}' }, expect: { status: 409, body: { error: 'relationship already exists' } } },
  },
  {
    ...{ name: 'relate to nothing', method: 'POST', path: at('issues/{{test.id}}/related') },
    ...{ body: { relatedId: ID }, expect: { status: 404, body: { error: 'one or both issues not found' } } },
  },
  {
    ...{ name: 'unrelate', method: 'DELETE', path: at('issues/{{test.id}}/related/{{run.id}}') },
    expect: { status: 204, body: '' },
  },
  {
    ...{ name: 'unrelate again', method: 'DELETE', path: at('issues/{{test.id}}/related/{{run.id}}') },
    expect: { status: 404, body: { error: 'relationship not found' } },
  },
  {
    ...{ name: 'the pipeline succeeded', method: 'POST', path: at('webhooks/pipeline-success') },
    body: { pipelineName: 'api-on-push', namespace: NAMESPACE },
    expect: { status: 200, body: { message: 'Resolved 1 issue(s) for pipeline api-on-push', status: 'success' } },
  },
  {
    ...{ name: 'resolve', method: 'POST', path: at('issues/{{test.id}}/resolve') },
    expect: { status: 200, body: issue({ ...TEST, state: 'RESOLVED' }) },
  },
  {
    ...{ name: 'resolved', method: 'GET', path: at('issues/?state=RESOLVED') },
    expect: {
      status: 200,
      body: page([
        issue({ ...RUN, state: 'RESOLVED', links: RUN_LINKS }),
        issue({ ...TEST, state: 'RESOLVED', links: TEST_LINKS }),
      ]),
    },
  },
  { name: 'delete', method: 'DELETE', path: at('issues/{{test.id}}'), expect: { status: 204, body: '' } },
  {
    ...{ name: 'deleted', method: 'GET', path: at('issues/{{test.id}}') },
    expect: { status: 404, body: { error: 'Issue not found' } },
  },
  {
    ...{ name: 'not listed any more', method: 'GET', path: at('issues/?state=RESOLVED') },
    expect: { status: 200, body: page([issue({ ...RUN, state: 'RESOLVED', links: RUN_LINKS })]) },
  },
  { name: 'no such route', method: 'GET', path: '/api/v1/scopes', expect: { status: 404, body: '404 page not found' } },
];

export const CONVERSATION: readonly Exchange[] = [...ISSUES, ...WEBHOOKS, ...LISTS, ...ENDS];
