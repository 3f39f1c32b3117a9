import { describe, expect, test } from 'vitest';
import type { ReportResult } from '../../crds/report.ts';
import type { Engine } from '../ingest/engine.ts';
import type { CreateRequest } from '../kube/index.ts';
import { openApiSchema } from '../kube/index.ts';
import { issueReportsResource } from './issuereports.ts';

const USER = { name: 'ci', groups: [] };
const SPEC = { source: 'ci', subject: { apiVersion: 'v1', kind: 'Pod', name: 'x' } };

/** Creates one, with an engine that answers so. */
async function create(
  answer: Omit<ReportResult, 'index'> | Error,
  over: Partial<CreateRequest> & { spec?: unknown } = {},
): Promise<{ created: unknown; asked: unknown[][] }> {
  const asked: unknown[][] = [];
  const engine: Pick<Engine, 'submit'> = {
    async submit(...args) {
      asked.push(args);
      if (answer instanceof Error) throw answer;
      return { results: [{ index: 0, ...answer }], resourceVersion: '42' };
    },
  };
  const { spec = SPEC, ...request } = over;
  const object = { apiVersion: 'faultline.dev/v1alpha1', kind: 'IssueReport', metadata: { name: 'r' }, spec };
  const created = await issueReportsResource(engine).create?.({
    ...{ user: USER, namespace: 'team-a', object, dryRun: false, signal: AbortSignal.timeout(1_000) },
    ...request,
  });
  return { created, asked };
}

const refused = (answer: Omit<ReportResult, 'index'> | Error, over?: Parameters<typeof create>[1]) =>
  create(answer, over).then(
    () => undefined,
    (error: unknown) => error,
  );

test('goes the way of all reports, in the namespace of the object, as the caller', async () => {
  const decisions = [{ key: 'run', cell: '3A' as const }];
  const { created, asked } = await create({ status: 200, decisions });
  expect(asked).toEqual([[{ ...SPEC, namespace: 'team-a' }, USER, { dryRun: false }]]);
  expect(created).toEqual({
    apiVersion: 'faultline.dev/v1alpha1',
    kind: 'IssueReport',
    metadata: { name: 'r', namespace: 'team-a' },
    spec: { ...SPEC, namespace: 'team-a' },
    status: { decisions, resourceVersion: '42' },
  });
});

test('S2 a dry run decides nothing', async () => {
  const { created, asked } = await create({ status: 200 }, { dryRun: true });
  expect(asked[0]?.[2]).toEqual({ dryRun: true });
  expect(created).not.toHaveProperty('status');
});

test('nobody is allowed one namespace and writes another', async () => {
  const spec = { ...SPEC, namespace: 'team-b' };
  expect(await refused({ status: 200 }, { spec })).toMatchObject({
    reason: 'Invalid',
    details: { causes: [{ field: 'spec.namespace' }] },
  });
});

describe('E1 what was refused is a Status', () => {
  test.each([
    [403, 'Forbidden', 403],
    [404, 'NotFound', 404],
    [409, 'Conflict', 409],
    [422, 'Invalid', 422],
    [429, 'TooManyRequests', 429],
    [503, 'ServiceUnavailable', 503],
  ] as const)('%i %s', async (status, reason, code) => {
    expect(await refused({ status, error: 'why' })).toMatchObject({ reason, code });
  });

  test('E6 with every fault at its path', async () => {
    const details = [
      { path: 'body.findings[0].severity', message: 'must be one of [major]', value: 'medium', allowed: ['major'] },
      { path: 'order', message: 'is required' },
      { path: 'extra', message: 'is not allowed', value: 1 },
    ];
    expect(await refused({ status: 422, details })).toMatchObject({
      details: {
        kind: 'IssueReport',
        causes: [
          { reason: 'FieldValueNotSupported', field: 'spec.body.findings[0].severity' },
          { reason: 'FieldValueRequired', field: 'spec.order' },
          { reason: 'FieldValueForbidden', field: 'spec.extra' },
        ],
      },
    });
  });

  test.each([undefined, null, [], 'text'])('a spec that is %j is invalid', async (spec) => {
    const object = { apiVersion: 'faultline.dev/v1alpha1', kind: 'IssueReport', spec };
    expect(await refused({ status: 200 }, { object })).toMatchObject({ reason: 'Invalid' });
  });

  test('a full queue is 429, an unknown namespace server 503', async () => {
    const named = (name: string): Error => Object.assign(new Error('why'), { name });
    expect(await refused(named('TooManyReports'))).toMatchObject({ code: 429 });
    expect(await refused(named('NamespacesUnavailable'))).toMatchObject({ code: 503 });
  });
});

test('can be created only, and its schema is OpenAPI that kubectl explain can walk', () => {
  const definition = issueReportsResource({ submit: () => Promise.reject(new Error()) });
  expect(definition.source).toBeUndefined();
  const spec = openApiSchema(definition.schema.spec ?? {}) as { properties: Record<string, { properties?: object }> };
  expect(Object.keys(spec.properties.body?.properties ?? {})).toEqual(['complete', 'findings', 'resolve', 'deleted']);
  expect(JSON.stringify(spec)).not.toMatch(/"required":\[[^\]]*"namespace"/);
});
