import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEngine, localNamespaces, trustedAccess } from '../../apiserver/ingest/index.ts';
import { openStore } from '../../apiserver/store/open-store.ts';
import { BUILT_INS } from '../../cli/configuration/controllers.ts';
import { engineSink } from '../../cli/replay/engine-sink.ts';
import { startCommand } from '../../cli/testing/running-command.ts';
import { type ClusterObject, loadControllers, replay as replayObjects } from '../../controllers/runtime/index.ts';
import type { Issue, IssueList } from '../../crds/issue.ts';

/**
 * The whole path of the controllers about deliveries, over folders of objects: what opens an issue, what resolves it, and
 * that a pull request does neither to a branch.
 */
const CONFIG = `apiVersion: config.faultline.dev/v1alpha1
kind: FaultlineConfiguration
controllers:
  - use: tekton/taskrun
  - use: tekton/repository
  - use: konflux/release
  - use: konflux/snapshot
  - use: konflux/task-bundles
`;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-deliveries-'));
  await writeFile(join(directory, 'faultline.yaml'), CONFIG);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const at = (minutes: number): string => new Date(Date.UTC(2026, 5, 11, 10, minutes)).toISOString();
const metadata = (name: string, minutes: number, more: object = {}) => ({
  ...{ name, namespace: 'shop', uid: `u-${name}`, creationTimestamp: at(minutes) },
  ...more,
});
const ended = (minutes: number, succeeded: boolean) => ({
  completionTime: at(minutes + 1),
  conditions: [
    { type: 'Succeeded', status: succeeded ? 'True' : 'False', reason: 'Failed', lastTransitionTime: at(minutes + 1) },
  ],
});

function labels(place: 'push' | 'pull', prefix = 'pipelinesascode.tekton.dev/'): Record<string, string> {
  return {
    'appstudio.openshift.io/component': 'payments',
    [`${prefix}event-type`]: place === 'push' ? 'push' : 'pull_request',
    [`${prefix}branch`]: 'main',
    ...(place === 'push' ? {} : { [`${prefix}pull-request`]: '18' }),
  };
}

const taskRun = (minutes: number, place: 'push' | 'pull', succeeded: boolean) => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: metadata(`lint-${minutes}`, minutes, { labels: labels(place) }),
  spec: { taskRef: { name: 'lint' } },
  status: ended(minutes, succeeded),
});

const build = (minutes: number, place: 'push' | 'pull', letter: string) => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: metadata(`build-${minutes}`, minutes, {
    labels: { ...labels(place), 'pipelines.appstudio.openshift.io/type': 'build' },
  }),
  spec: {
    pipelineSpec: {
      tasks: [
        {
          name: 'init',
          taskRef: {
            resolver: 'bundles',
            params: [{ name: 'bundle', value: `quay.io/k/task-init:0.1@sha256:${letter.repeat(64)}` }],
          },
        },
      ],
    },
  },
  status: ended(minutes, true),
});

const policy = {
  apiVersion: 'appstudio.redhat.com/v1alpha1',
  kind: 'EnterpriseContractPolicy',
  metadata: { name: 'default', namespace: 'enterprise-contract-service', uid: 'u-policy' },
  spec: {
    sources: [
      {
        ruleData: {
          trusted_tasks: {
            'oci://quay.io/k/task-init:0.1': [
              { ref: `sha256:${'b'.repeat(64)}` },
              { ref: `sha256:${'a'.repeat(64)}`, expires_on: '2026-06-01T00:00:00Z' },
            ],
          },
        },
      },
    ],
  },
};

const component = {
  apiVersion: 'appstudio.redhat.com/v1alpha1',
  kind: 'Component',
  metadata: metadata('payments', 0),
  spec: { application: 'shop' },
};

const release = (minutes: number, released: boolean) => ({
  apiVersion: 'appstudio.redhat.com/v1alpha1',
  kind: 'Release',
  metadata: metadata(`release-${minutes}`, minutes),
  spec: { releasePlan: 'to-production', snapshot: 's' },
  status: {
    completionTime: at(minutes + 1),
    conditions: [{ type: 'Released', status: released ? 'True' : 'False', reason: released ? 'Succeeded' : 'Failed' }],
  },
});

const snapshot = (minutes: number, place: 'push' | 'pull', status: string) => ({
  apiVersion: 'appstudio.redhat.com/v1alpha1',
  kind: 'Snapshot',
  metadata: metadata(`snapshot-${minutes}`, minutes, {
    labels: labels(place, 'pac.test.appstudio.openshift.io/'),
    annotations: {
      'test.appstudio.openshift.io/status': JSON.stringify([
        { scenario: 'smoke', status, lastUpdateTime: at(minutes + 1), details: '' },
      ]),
    },
  }),
  spec: { application: 'shop' },
});

const REPOSITORY = { 'pipelinesascode.tekton.dev/repository': 'handbook' };
const repository = [
  {
    apiVersion: 'pipelinesascode.tekton.dev/v1alpha1',
    kind: 'Repository',
    metadata: metadata('handbook', 0),
    spec: { url: 'https://git.example.com/acme/handbook' },
  },
  {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: metadata('handbook-1', 10, { labels: REPOSITORY }),
    involvedObject: { kind: 'Repository', name: 'handbook' },
    type: 'Warning',
    reason: 'PipelineRunValidationErrors',
    message: 'cannot read the PipelineRun: a.yaml, error: yaml: line 2',
  },
];
const nextRun = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: metadata('publish-1', 40, { labels: REPOSITORY }),
};

/** Replays a folder with these objects; state by subject and reason. */
async function replay(name: string, objects: readonly object[]): Promise<Record<string, string>> {
  await mkdir(join(directory, name));
  await writeFile(
    join(directory, name, 'objects.json'),
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
  );
  const command = startCommand(['replay', name, '-o', 'json'], { directory });
  expect(await command.exitCode).toBe(0);
  expect(command.err.text()).toBe('');
  return byReason((JSON.parse(command.out.text()) as IssueList).items);
}

function byReason(issues: readonly Issue[]): Record<string, string> {
  return Object.fromEntries(
    issues.map(({ spec, status }) => [
      `${spec.source} ${spec.subject.kind} ${spec.subject.aspect ?? ''}: ${spec.reason}`,
      status.state,
    ]),
  );
}

const broken = [
  ...[taskRun(10, 'push', false), build(10, 'push', 'a'), policy, component, release(10, false)],
  ...[snapshot(10, 'push', 'TestInvalid'), ...repository],
];
const greenPullRequest = [taskRun(20, 'pull', true), build(20, 'pull', 'b'), snapshot(20, 'pull', 'TestPassed')];
const repaired = [
  ...[
    taskRun(30, 'push', true),
    build(30, 'push', 'b'),
    release(30, true),
    snapshot(30, 'push', 'TestPassed'),
    nextRun,
  ],
];

const ALL = {
  'konflux-release ReleasePlan : ReleaseFailed': 'Active',
  'konflux-snapshot Component test/smoke/push/main: TestInvalid': 'Active',
  'konflux-task-bundles Component task-bundles: TaskBundleExpired': 'Active',
  'tekton-repository Repository : InvalidPipelineYaml': 'Active',
  'tekton-taskrun Component task/lint/push/main: TaskRunFailed': 'Active',
};

test('what is broken opens an issue each, and a green pull request heals none of them', {
  timeout: 60_000,
}, async () => {
  expect(await replay('pulled', [...broken, ...greenPullRequest])).toEqual(ALL);
});

test('the next success of the same thing resolves it', { timeout: 60_000 }, async () => {
  await using store = await openStore({ database: { embedded: 'memory' }, clusterId: 'test' });
  await using engine = createEngine({
    store,
    namespaces: localNamespaces('test'),
    access: trustedAccess,
    retention: Number.POSITIVE_INFINITY,
    clusterScopedNamespace: 'faultline-system',
  });
  const { controllers, faults } = await loadControllers(
    ['tekton/taskrun', 'tekton/repository', 'konflux/release', 'konflux/snapshot'].map((use) => ({
      use,
      enabled: true,
    })),
    { baseDir: directory, builtins: BUILT_INS },
  );
  expect(faults).toEqual([]);
  const see = async (objects: readonly object[]) => {
    const sink = engineSink(engine, { name: 'test', groups: [] });
    await replayObjects({ controllers, objects: objects as ClusterObject[], sink });
    const { objects: issues } = await store.changes('issues').snapshot();
    return byReason(issues as Issue[]);
  };
  const { 'konflux-task-bundles Component task-bundles: TaskBundleExpired': _, ...runs } = ALL;
  expect(await see(broken)).toEqual(runs);
  expect(await see([...broken, ...greenPullRequest])).toEqual(runs);
  const resolved = Object.fromEntries(Object.keys(runs).map((issue) => [issue, 'Resolved']));
  expect(await see([...broken, ...greenPullRequest, ...repaired])).toEqual(resolved);
});
