import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluateDelivery, type Receiver } from '../../apiserver/receivers/index.ts';
import { readReceiver } from '../../cli/receiver/read-receiver.ts';
import { startCommand } from '../../cli/testing/running-command.ts';

/** Every shipped receiver, with payloads in the form that its sender documents. */

const folder = import.meta.dirname;
const text = (file: string): string => readFileSync(join(folder, file), 'utf8');
const payload = (name: string): unknown => JSON.parse(text(`payloads/${name}.json`)) as unknown;

/** Receiver, payload, headers; then what it says: place, findings and keys that are over. */
const CASES: [string, string, string[], string[]][] = [
  ['kite-pipeline', 'kite-pipeline-failure', [], ['Pipeline storefront-on-push in shop', '+run minor pipeline']],
  ['kite-pipeline', 'kite-pipeline-success', [], ['Pipeline storefront-on-push in shop']],
  ['kite-release', 'kite-release-failure', [], ['Application storefront in shop', '+release major release']],
  ['kite-release', 'kite-release-success', [], ['Application storefront in shop']],
  [
    'mintmaker',
    'mintmaker-error',
    [],
    ['DependencyUpdateCheck renovate-storefront in shop', '+error major dependency'],
  ],
  ['mintmaker', 'mintmaker-none', [], ['DependencyUpdateCheck renovate-storefront in shop', '-error']],
  [
    'renovate',
    'renovate-report',
    [],
    ['Repository acme/storefront in team-a', '+renovate minor dependency', 'Repository acme/search in team-a'],
  ],
  [
    'github-workflow-run',
    'github-workflow-run-failure',
    ['x-github-event=workflow_run'],
    ['Repository acme/storefront Unit tests/main in team-a at 2026-11-20T09:16:41Z', '+run major test'],
  ],
  [
    'github-workflow-run',
    'github-workflow-run-success',
    ['x-github-event=workflow_run'],
    ['Repository acme/storefront Unit tests/pr/87 in team-a at 2026-11-20T10:05:03Z'],
  ],
  ['github-workflow-run', 'github-ping', ['x-github-event=ping'], []],
  [
    'gitlab-pipeline',
    'gitlab-pipeline-failed',
    [],
    ['Project acme/search main in team-a at 2026-11-20T08:07:45Z', '+pipeline major build'],
  ],
  ['gitlab-pipeline', 'gitlab-pipeline-success', [], ['Project acme/search mr/54 in team-a at 2026-11-20T09:06:30Z']],
  [
    'alertmanager',
    'alertmanager-firing',
    [],
    [
      'Deployment payments in shop at 2026-11-20T07:00:00.5Z',
      '+KubeDeploymentReplicasMismatch/9f3c1b7a2d4e6f80 major workload',
      'Node worker-3 in faultline-system at 2026-11-20T07:01:00Z',
      '+KubeNodeNotReady/1a2b3c4d5e6f7081 critical workload',
    ],
  ],
  [
    'alertmanager',
    'alertmanager-resolved',
    [],
    ['Deployment payments in shop at 2026-11-20T07:25:00.5Z', '-KubeDeploymentReplicasMismatch/9f3c1b7a2d4e6f80'],
  ],
  [
    'tekton-cloudevents',
    'tekton-failed',
    ['ce-type=dev.tekton.event.pipelinerun.failed.v1'],
    ['Pipeline nightly-backup in platform at 2026-11-20T01:14:09Z', '+run major pipeline'],
  ],
  [
    'tekton-cloudevents',
    'tekton-successful',
    ['ce-type=dev.tekton.event.pipelinerun.successful.v1'],
    ['Pipeline nightly-backup in platform at 2026-11-21T01:12:30Z'],
  ],
  [
    'argocd-notifications',
    'argocd-degraded',
    [],
    ['Application payments in argocd at 2026-11-20T11:30:02Z', '+health major workload', '+sync major release'],
  ],
  ['argocd-notifications', 'argocd-healthy', [], ['Application payments in argocd at 2026-11-20T12:01:40Z']],
];

interface Shown {
  readonly report: {
    readonly namespace: string;
    readonly subject: { readonly kind: string; readonly name: string; readonly aspect?: string };
    readonly order: { readonly completedAt?: string };
    readonly body: { readonly findings: Record<string, string>[]; readonly resolve?: string[] };
  };
}

function lines({ report: { namespace, subject, order, body } }: Shown): string[] {
  const { kind, name, aspect } = subject;
  const at = order.completedAt ? ` at ${order.completedAt}` : '';
  return [
    `${kind} ${name}${aspect ? ` ${aspect}` : ''} in ${namespace}${at}`,
    ...body.findings.map(({ key, severity, type }) => `+${key} ${severity} ${type}`),
    ...(body.resolve ?? []).map((key) => `-${key}`),
  ];
}

describe('faultline receiver test', () => {
  test.each(CASES)('%s %s', async (receiver, sent, headers, expected) => {
    const argv = ['receiver', 'test', `${receiver}.yaml`, `payloads/${sent}.json`, '-o', 'json'];
    const command = startCommand([...argv, ...headers.flatMap((header) => ['--header', header])], {
      directory: folder,
    });
    expect([await command.exitCode, command.err.text()]).toEqual([0, '']);
    const { reports } = JSON.parse(command.out.text()) as { reports: Shown[] };
    expect(reports.flatMap(lines)).toEqual(expected);
  });
});

test('every receiver and every payload has a case', () => {
  const names = (pattern: string, suffix: string) =>
    globSync(pattern, { cwd: folder })
      .map((file) => file.replace('payloads/', '').replace(suffix, ''))
      .sort();
  const used = (place: 0 | 1) => [...new Set(CASES.map((one) => one[place]))].sort();
  expect(used(0)).toEqual(names('*.yaml', '.yaml'));
  expect(used(1)).toEqual(names('payloads/*.json', '.json'));
});

/** A payload of which parts are missing or of another form: what senders do after an upgrade. */
const damaged = (value: unknown): fc.Arbitrary<unknown> => {
  if (typeof value !== 'object' || value === null) {
    return fc.oneof({ weight: 12, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.jsonValue() });
  }
  if (Array.isArray(value)) return fc.tuple(...value.map(damaged));
  const members = Object.entries(value).map(([name, member]) => [name, damaged(member)] as const);
  const record = fc.record(Object.fromEntries(members), { requiredKeys: [] });
  return fc.oneof({ weight: 12, arbitrary: record }, { weight: 1, arbitrary: fc.jsonValue() });
};

test('evaluation is total: whatever arrives at a shipped receiver is a report or a fault with its expression', async () => {
  const receivers = new Map<string, Receiver>();
  for (const [name] of CASES) receivers.set(name, await readReceiver(name, text(`${name}.yaml`)));
  const sent = fc
    .constantFrom(...CASES)
    .chain(([name, file, headers]) =>
      fc.record({ name: fc.constant(name), headers: fc.constant(headers), payload: damaged(payload(file)) }),
    );
  await fc.assert(
    fc.asyncProperty(sent, async ({ name, headers, payload: arrived }) => {
      const given = Object.fromEntries(headers.map((header) => header.split('=')));
      const delivery = { payload: arrived, headers: given, query: {}, receivedAt: 0 };
      const { said } = await evaluateDelivery(receivers.get(name) as Receiver, delivery);
      for (const { values, faults = [] } of said) {
        expect(values !== undefined || faults.length > 0).toBe(true);
        for (const fault of faults) expect(fault.path).toMatch(/^(spec\.\w+|payload)$/);
      }
    }),
    { numRuns: 500 },
  );
});
