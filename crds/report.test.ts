import { describe, expect, test } from 'vitest';
import { type Finding, leadRequestSchema, type Report, reportSchema, syncRequestSchema } from './report.ts';

const finding: Finding = {
  key: 'run',
  type: 'build',
  severity: 'major',
  reason: 'TaskRunFailed',
  title: 'build failed',
};
const report: Report = {
  source: 'tekton-pipelinerun',
  namespace: 'shop',
  subject: { apiVersion: 'appstudio.redhat.com/v1alpha1', kind: 'Component', namespace: 'shop', name: 'payments' },
  order: { class: 'run', completedAt: '2026-11-21T07:00:00Z', uid: 'u1', detail: 2, epoch: 1, sequence: 1 },
  body: { complete: true, findings: [finding] },
};
const faults = (value: unknown): { path: string; message: string }[] =>
  (reportSchema.validate(value, { abortEarly: false }).error?.details ?? []).map(({ path, message }) => ({
    path: path.join('.'),
    message,
  }));

describe('a report is accepted', () => {
  test.each<[string, Partial<Report>]>([
    ['when it is complete', {}],
    ['when it is incremental', { body: { complete: false, findings: [finding], resolve: ['other'] } }],
    ['when it deletes the observed object', { body: { deleted: 'object' } }],
    ['in class state', { order: { class: 'state', epoch: 3, sequence: 9 } }],
    ['in class received, with a delivery id', { order: { class: 'received', deliveryId: 'd-1' } }],
    ['about a subject of the core group', { subject: { apiVersion: 'v1', kind: 'Node', name: 'worker-1' } }],
  ])('%s', (_how, change) => expect(faults({ ...report, ...change })).toEqual([]));
});

describe('a report is refused, with the path of the fault,', () => {
  const without = (key: keyof Report): unknown => ({ ...report, [key]: undefined });
  test.each<[string, unknown, string]>([
    ['without a source', without('source'), 'source'],
    [
      'with a severity of Kite',
      { ...report, body: { complete: true, findings: [{ ...finding, severity: 'medium' }] } },
      'body.findings.0.severity',
    ],
    [
      'when a complete observation also resolves keys',
      { ...report, body: { complete: true, findings: [], resolve: ['x'] } },
      'body.resolve',
    ],
    ['when it is complete without findings', { ...report, body: { complete: true } }, 'body.findings'],
    [
      'when it both deletes and finds',
      { ...report, body: { deleted: 'object', complete: true, findings: [] } },
      'body',
    ],
    ['with an empty body', { ...report, body: {} }, 'body'],
    ['with an order of no class', { ...report, order: { epoch: 1, sequence: 1 } }, 'order.class'],
    [
      'with a field of another class',
      { ...report, order: { class: 'state', epoch: 1, sequence: 1, detail: 1 } },
      'order.detail',
    ],
    ['with a time that is none', { ...report, observedAt: '2026-02-30T00:00:00Z' }, 'observedAt'],
    ['with a namespace that cannot exist', { ...report, namespace: 'Shop!' }, 'namespace'],
    [
      'with a javascript link',
      {
        ...report,
        body: {
          complete: true,
          findings: [{ ...finding, links: [{ rel: 'log', title: 'x', url: 'javascript:alert(1)' }] }],
        },
      },
      'body.findings.0.links.0.url',
    ],
    ['with an unknown field', { ...report, severity: 'major' }, 'severity'],
  ])('%s', (_why, value, path) => expect(faults(value).map((fault) => fault.path)).toContain(path));

  test('naming all faults at once', () => {
    const bad = {
      ...report,
      source: 'Bad Source',
      namespace: '',
      order: { class: 'state' },
      body: { complete: true, findings: [{}] },
    };
    expect(faults(bad).length).toBeGreaterThanOrEqual(8);
  });
});

test('lead names each source once; sync takes hex hashes only', () => {
  const source = { name: 'a', class: 'run', filter: { namespaces: ['*'], labelSelector: '' } };
  expect(leadRequestSchema.validate({ manager: 'm', sources: [source] }).error).toBeUndefined();
  expect(leadRequestSchema.validate({ manager: 'm', sources: [source, source] }).error?.message).toContain('duplicate');
  expect(syncRequestSchema.validate({ epoch: 1, filter: source.filter, objects: ['zz'] }).error?.message).toContain(
    'SHA-256',
  );
});
