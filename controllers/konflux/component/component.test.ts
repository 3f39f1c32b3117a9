import { describe, expect, test } from 'vitest';
import type { Finding, ObjectLike, Observation } from '../../index.ts';
import { describeHealthy, describeHostile, looksAt, NOW, type Scene, where } from '../../pipelines/kit.contract.ts';
import controller from './index.ts';

const DAY = 86_400_000;
const ago = (days: number): string => new Date(NOW - days * DAY).toISOString();

function component(
  parts: { created?: number; build?: object; status?: object; annotations?: object } = {},
): ObjectLike {
  return {
    apiVersion: 'appstudio.redhat.com/v1alpha1',
    kind: 'Component',
    metadata: {
      name: 'payments',
      namespace: 'shop',
      uid: 'u-1',
      creationTimestamp: ago(parts.created ?? 100),
      annotations: {
        ...(parts.build === undefined ? {} : { 'build.appstudio.openshift.io/status': JSON.stringify(parts.build) }),
        ...parts.annotations,
      },
    },
    spec: { application: 'shop' },
    status: { conditions: [{ type: 'Created', status: 'True', reason: 'OK' }], ...parts.status },
  } as unknown as ObjectLike;
}

function made(kind: 'Snapshot' | 'PipelineRun', days: number, event = 'push', succeeded = 'True'): ObjectLike {
  const prefix = kind === 'Snapshot' ? 'pac.test.appstudio.openshift.io/' : 'pipelinesascode.tekton.dev/';
  return {
    apiVersion: kind === 'Snapshot' ? 'appstudio.redhat.com/v1alpha1' : 'tekton.dev/v1',
    kind,
    metadata: {
      name: `${kind}-${days}-${event}`.toLowerCase(),
      namespace: 'shop',
      creationTimestamp: ago(days),
      labels: {
        'appstudio.openshift.io/component': 'payments',
        'pipelines.appstudio.openshift.io/type': 'build',
        [`${prefix}event-type`]: event,
        [`${prefix}branch`]: 'main',
        ...(event === 'push' ? {} : { [`${prefix}pull-request`]: '18' }),
      },
    },
    status: { completionTime: ago(days), conditions: [{ type: 'Succeeded', status: succeeded, reason: 'x' }] },
  } as unknown as ObjectLike;
}

/** Both aspects as one: what is wrong, and when it is looked at again. */
async function lookAt(...asked: [unknown, ObjectLike, Scene?]): Promise<Pick<Observation, 'findings' | 'again'>> {
  const looks = await looksAt(...asked);
  const again = looks.map((look) => look.again).filter((one) => one !== undefined);
  const next = again.length === 0 ? {} : { again: Math.min(...again) };
  return { ...next, findings: looks.flatMap(({ findings }) => findings) };
}

async function findingOf(...asked: [unknown, ObjectLike, Scene?]): Promise<Finding> {
  const { findings } = await lookAt(...asked);
  expect(findings).toHaveLength(1);
  return findings[0] as Finding;
}

const enabled = { pac: { state: 'enabled' } };

describe('a Component', () => {
  test('is its own subject, and well when it was built lately', async () => {
    const scene = { others: [made('Snapshot', 10)] };
    const looks = await looksAt(controller, component({ build: enabled }), scene);
    expect(looks.map(where)).toEqual(['Component shop/payments', 'Component shop/payments last-build']);
    expect(looks.map(({ noVerdict }) => noVerdict)).toEqual([undefined, undefined]);
    expect(await lookAt(controller, component({ build: enabled }), scene)).toEqual({ findings: [], again: DAY });
  });

  test('is looked at again when it would have been without a build for too long', async () => {
    const others = [made('Snapshot', 29.5)];
    expect(await lookAt(controller, component({ build: enabled }), { others })).toMatchObject({
      findings: [],
      again: DAY / 2,
    });
    const found = await findingOf(controller, component({ build: enabled }), { others, now: NOW + DAY / 2 });
    expect(found).toMatchObject({
      key: 'last-build',
      severity: 'minor',
      reason: 'NoRecentBuild',
      title: 'Component payments has not been built successfully for more than 30 days',
    });
    expect(await findingOf(controller, component({ build: enabled }), { others, now: NOW + 9 * DAY })).toEqual(found);
  });

  test('is not healed by the build of a pull request, nor by one that failed', async () => {
    const others = [
      made('Snapshot', 40),
      made('Snapshot', 1, 'pull_request'),
      made('PipelineRun', 1, 'pull_request'),
      made('PipelineRun', 2, 'push', 'False'),
    ];
    expect((await findingOf(controller, component({ build: enabled }), { others })).reason).toBe('NoRecentBuild');
    const healed = [...others, made('PipelineRun', 1)];
    expect((await lookAt(controller, component({ build: enabled }), { others: healed })).findings).toEqual([]);
  });

  test('that was never built is told so; one of whose builds nothing is left is not accused', async () => {
    expect((await findingOf(controller, component({ build: enabled }))).reason).toBe('NeverBuilt');
    for (const status of [{ lastBuiltCommit: 'abc' }, { containerImage: 'quay.io/a/b@sha256:abc' }])
      expect((await lookAt(controller, component({ build: enabled, status }))).findings).toEqual([]);
    expect((await lookAt(controller, component())).findings).toEqual([]);
    expect((await lookAt(controller, component({ build: { pac: { state: 'disabled' } } }))).findings).toEqual([]);
  });

  test('whose last build is forgotten is not healed by that: only of the rest there is a verdict', async () => {
    const built = { lastBuiltCommit: 'abc' };
    const [rest, last] = await looksAt(controller, component({ build: enabled, status: built }));
    expect([rest?.noVerdict, last?.noVerdict]).toEqual([undefined, 'BuildsForgotten']);
    const off = await looksAt(controller, component({ build: { pac: { state: 'disabled' } }, status: built }));
    expect(off.map(({ noVerdict }) => noVerdict)).toEqual([undefined, undefined]);
  });

  test.each([
    [70, 'GitHubAppNotInstalled'],
    [74, 'GitTokenRejected'],
    [53, 'DuplicateRepository'],
    [999, 'BuildConfigurationFailed'],
  ])('whose configuration failed with %d is %s', async (id, reason) => {
    const build = { pac: { state: 'error', 'error-id': id, 'error-message': 'why' } };
    const found = await findingOf(controller, component({ build }));
    expect(found).toMatchObject({ key: 'onboarding', severity: 'major', reason, description: 'why' });
    expect(found.remediation?.text).toBeTruthy();
  });

  test('whose configuration nobody merges waits for that, until it is built', async () => {
    const build = {
      pac: { state: 'enabled', 'merge-url': 'https://git.example/pull/1', 'configuration-time': ago(3.5) },
    };
    const options = { noBuildFor: '365d' };
    const found = await findingOf(controller, component({ build }), { options });
    expect(found).toMatchObject({
      key: 'pull-request-builds',
      reason: 'ConfigurationNotMerged',
      links: [{ rel: 'pull-request', url: 'https://git.example/pull/1' }],
    });
    expect(
      (await lookAt(controller, component({ build }), { options, others: [made('Snapshot', 1)] })).findings,
    ).toEqual([]);
    expect(
      await lookAt(controller, component({ build }), { options: { ...options, unmergedFor: '4d' } }),
    ).toMatchObject({
      findings: [],
      again: DAY / 2,
    });
  });

  test('that was not created, or has no image repository, says both', async () => {
    const status = { conditions: [{ type: 'Created', status: 'False', reason: 'Error', message: 'bad devfile' }] };
    const annotations = { 'image.redhat.com/image': '{"message":"quota exceeded"}' };
    const { findings } = await lookAt(controller, component({ created: 1, status, annotations }));
    expect(findings.map(({ reason, description }) => [reason, description])).toEqual([
      ['ComponentNotCreated', 'bad devfile'],
      ['ImageRepositoryFailed', 'quota exceeded'],
    ]);
  });
});

describeHostile(
  controller,
  [
    component({
      build: { pac: { state: 'enabled', 'merge-url': 'https://git.example/pull/1', 'configuration-time': ago(9) } },
    }),
    component({
      build: { pac: { state: 'error', 'error-id': 70 } },
      annotations: { 'image.redhat.com/image': '{"message":"m"}' },
    }),
    component({ status: { conditions: [{ type: 'Created', status: 'False', message: 'm' }] } }),
  ],
  { others: [made('Snapshot', 40), made('PipelineRun', 35)] },
);

describeHealthy(
  controller,
  component({ build: enabled }),
  /^(metadata|status)$|metadata\.(annotations|name$|namespace$|creationTimestamp)|conditions/,
  {
    others: [made('Snapshot', 1)],
  },
);
