import { describe, expect, test } from 'vitest';
import type { ObjectLike } from '../../index.ts';
import {
  describeHealthy,
  describeHostile,
  findingOf,
  lookAt,
  NOW,
  undecidedOf,
  where,
} from '../../pipelines/kit.contract.ts';
import { compareVersions, taskBundles } from './bundle.ts';
import controller from './index.ts';

const DAY = 86_400_000;
const on = (days: number): string => new Date(NOW + days * DAY).toISOString();
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;

const component = {
  apiVersion: 'appstudio.redhat.com/v1alpha1',
  kind: 'Component',
  metadata: { name: 'payments', namespace: 'shop', uid: 'u-1' },
  spec: { application: 'shop' },
} as unknown as ObjectLike;

function build(
  bundles: readonly string[],
  parts: { name?: string; completed?: number; event?: string } = {},
): ObjectLike {
  const { name = 'payments-on-push-1', completed = 1, event = 'push' } = parts;
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: {
      name,
      namespace: 'shop',
      labels: {
        'appstudio.openshift.io/component': 'payments',
        'pipelines.appstudio.openshift.io/type': 'build',
        'pipelinesascode.tekton.dev/event-type': event,
        'pipelinesascode.tekton.dev/branch': 'main',
        ...(event === 'push' ? {} : { 'pipelinesascode.tekton.dev/pull-request': '18' }),
      },
    },
    spec: {
      pipelineSpec: {
        tasks: bundles.map((bundle, index) => ({
          name: `task-${index}`,
          taskRef: {
            resolver: 'bundles',
            params: [
              { name: 'bundle', value: bundle },
              { name: 'name', value: /task-(\w+)/.exec(bundle)?.[1] },
            ],
          },
        })),
      },
    },
    status: { completionTime: on(-completed), conditions: [{ type: 'Succeeded', status: 'True' }] },
  } as unknown as ObjectLike;
}

function policy(ruleData: object, namespace = 'enterprise-contract-service'): ObjectLike {
  return {
    apiVersion: 'appstudio.redhat.com/v1alpha1',
    kind: 'EnterpriseContractPolicy',
    metadata: { name: 'default', namespace },
    spec: { sources: [{ ruleData }] },
  } as unknown as ObjectLike;
}

const init = `quay.io/k/task-init:0.1@${digest('a')}`;
const KEY = 'oci://quay.io/k/task-init';
const trusted = (expires?: string) =>
  policy({
    trusted_tasks: {
      [`${KEY}:0.1`]: [
        { ref: digest('b') },
        { ref: digest('a'), ...(expires === undefined ? {} : { expires_on: expires }) },
      ],
      [`${KEY}:0.10`]: [{ ref: digest('c') }],
      [`${KEY}:0.2`]: [{ ref: digest('d') }],
    },
  });

describe('the task bundles of a Component', () => {
  test('that expire are one finding, with the date of the policy and the migration notes', async () => {
    const look = await lookAt(controller, component, { others: [build([init]), trusted(on(20))] });
    expect(where(look)).toBe('Component shop/payments task-bundles');
    expect(look.findings).toMatchObject([
      {
        key: 'task-bundles',
        type: 'dependency',
        severity: 'minor',
        reason: 'TaskBundleExpiring',
        title: `payments uses an outdated task bundle: init 0.1 is trusted until ${on(20).slice(0, 10)}`,
        dueAt: on(20),
        group: `${KEY}:0.1`,
        remediation: { url: 'https://github.com/konflux-ci/build-definitions/blob/main/task/init/0.10/MIGRATION.md' },
      },
    ]);
    expect(look.findings[0]?.remediation?.text).toContain('init 0.1 → 0.10');
    expect(look.again).toBe(DAY);
  });

  test.each([
    [on(60), 'TaskBundleOutdated', 'info'],
    [on(30), 'TaskBundleExpiring', 'minor'],
    [on(0), 'TaskBundleExpired', 'major'],
    [on(-400), 'TaskBundleExpired', 'major'],
  ])('until %s are %s', async (expires, reason, severity) => {
    const found = await findingOf(controller, component, { others: [build([init]), trusted(expires)] });
    expect(found).toMatchObject({ reason, severity, dueAt: expires });
  });

  test('are looked at again when the words change', async () => {
    const others = [build([init]), trusted(on(30.25))];
    const look = await lookAt(controller, component, { others });
    expect(look).toMatchObject({ again: DAY / 4, findings: [{ reason: 'TaskBundleOutdated' }] });
    const later = await lookAt(controller, component, { others, now: NOW + DAY / 4 });
    expect(later.findings[0]?.reason).toBe('TaskBundleExpiring');
  });

  test('that are current, unpinned or unknown to the policy are well; a digest that is gone from it is not', async () => {
    expect((await lookAt(controller, component, { others: [build([init]), trusted()] })).findings).toEqual([]);
    const others = [build(['quay.io/k/task-init:0.1', `quay.io/own/task-x:1@${digest('e')}`]), trusted(on(1))];
    expect((await lookAt(controller, component, { others })).findings).toEqual([]);
    const gone = [build([`quay.io/k/task-init:0.1@${digest('f')}`]), trusted()];
    expect(await findingOf(controller, component, { others: gone })).toMatchObject({ reason: 'TaskBundleUntrusted' });
  });

  test('that a rule denies say what the policy says about it', async () => {
    const rule = {
      pattern: 'oci://quay.io/k/task-i*',
      versions: ['<0.2'],
      effective_on: on(10),
      message: 'Remove the parameter X.',
    };
    const found = await findingOf(controller, component, {
      others: [build([init]), policy({ trusted_task_rules: { deny: { old: [rule] } } })],
    });
    expect(found).toMatchObject({ reason: 'TaskBundleExpiring', dueAt: on(10) });
    expect(found.remediation?.text).toMatch(/^Remove the parameter X\./);
    const newer = [
      build([`quay.io/k/task-init:0.2@${digest('d')}`]),
      policy({ trusted_task_rules: { deny: { old: [rule] } } }),
    ];
    expect((await lookAt(controller, component, { others: newer })).findings).toEqual([]);
  });

  test('come from the newest build of a branch: a pull request that updates them heals nothing', async () => {
    const current = `quay.io/k/task-init:0.10@${digest('c')}`;
    const pull = build([current], { name: 'pr', completed: 0, event: 'pull_request' });
    const others = [build([init], { completed: 2 }), pull, trusted(on(20))];
    expect((await lookAt(controller, component, { others })).findings).toHaveLength(1);
    const merged = [...others, build([current], { name: 'merged', completed: 1 })];
    expect((await lookAt(controller, component, { others: merged })).findings).toEqual([]);
  });

  test('say nothing without a build or a policy, so that a pruned run takes nothing away', async () => {
    expect(await undecidedOf(controller, component, { others: [trusted(on(1))] })).toEqual({ undecided: 'NoBuild' });
    expect(await undecidedOf(controller, component, { others: [build([init])] })).toEqual({ undecided: 'NoPolicy' });
  });

  test('are judged by the policy of the platform only: a tenant writes none', async () => {
    const own = policy({ trusted_tasks: { [`${KEY}:0.1`]: [{ ref: digest('b') }] } }, 'shop');
    expect(await undecidedOf(controller, component, { others: [build([init]), own] })).toEqual({
      undecided: 'NoPolicy',
    });
  });
});

test.each([
  ['localhost:5000/a/b:1.0', { repository: 'oci://localhost:5000/a/b', tag: '1.0', digest: undefined }],
  [`quay.io/a/task-b@${digest('a')}`, { repository: 'oci://quay.io/a/task-b', tag: undefined, digest: digest('a') }],
])('the bundle %s is read as meant', (bundle, expected) => {
  expect(taskBundles(build([bundle]))).toMatchObject([expected]);
});

test('versions are compared by their numbers, and what is none is not compared', () => {
  expect(compareVersions('0.10', '0.9')).toBeGreaterThan(0);
  expect(compareVersions('v1', '1.0.0')).toBe(0);
  expect(compareVersions('latest', '1')).toBeUndefined();
});

describeHostile(controller, [component], {
  others: [
    build([init, `quay.io/k/task-x:1@${digest('e')}`]),
    trusted(on(20)),
    policy({
      trusted_task_rules: {
        deny: { old: [{ pattern: 'oci://quay.io/k/*', versions: ['<0.2'], effective_on: on(10), message: 'm' }] },
      },
    }),
  ],
});

describeHealthy(controller, component, /^$/, {
  others: [build([`quay.io/k/task-init:0.10@${digest('c')}`]), trusted(on(20))],
});
