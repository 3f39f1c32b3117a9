import { describe, expect, test } from 'vitest';
import type { ObjectLike } from '../../index.ts';
import {
  describeHealthy,
  describeHostile,
  findingOf,
  lookAt,
  undecidedOf,
  where,
} from '../../pipelines/kit.contract.ts';
import controller from './index.ts';

/** A stand-alone run of the task "backup" that failed in its step "dump". */
function taskRun(parts: { metadata?: object; spec?: object; status?: object; condition?: object } = {}): ObjectLike {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: {
      name: 'backup-8x2kq',
      generateName: 'backup-',
      namespace: 'platform',
      uid: 'u-1',
      creationTimestamp: '2026-06-10T03:00:00Z',
      labels: { 'tekton.dev/task': 'backup' },
      ...parts.metadata,
    },
    spec: parts.spec ?? { taskRef: { kind: 'Task', name: 'backup' } },
    status: {
      completionTime: '2026-06-10T03:04:00Z',
      podName: 'backup-8x2kq-pod',
      conditions: [
        {
          type: 'Succeeded',
          status: 'False',
          reason: 'Failed',
          message: '"step-dump" exited with code 3',
          lastTransitionTime: '2026-06-10T03:04:00Z',
          ...parts.condition,
        },
      ],
      steps: [
        { name: 'prepare', terminated: { exitCode: 0, reason: 'Completed' } },
        { name: 'dump', container: 'step-dump', terminated: { exitCode: 3, reason: 'Error', message: 'no route' } },
      ],
      ...parts.status,
    },
  } as unknown as ObjectLike;
}

const notStarted = { steps: [], podName: undefined };

describe('a stand-alone TaskRun', () => {
  test('is about its Task and says which step failed', async () => {
    const look = await lookAt(controller, taskRun());
    expect(where(look)).toBe('Task platform/backup');
    expect(look).toMatchObject({ completedAt: '2026-06-10T03:04:00Z', createdAt: '2026-06-10T03:00:00Z' });
    expect(look.findings).toMatchObject([
      {
        key: 'run',
        type: 'pipeline',
        severity: 'major',
        reason: 'TaskRunFailed',
        title: 'Task backup failed in step dump (exit code 3)',
        evidence: { failing: { kind: 'TaskRun', name: 'backup-8x2kq' }, step: 'dump', exitCode: 3 },
      },
    ]);
    expect(look.findings[0]?.description).toBe(
      '"step-dump" exited with code 3\n\nFailed steps:\n- step dump: exit code 3: no route\n\nTaskRun platform/backup-8x2kq',
    );
  });

  test('that succeeded is healthy; one that runs or was cancelled says nothing', async () => {
    expect(
      (await lookAt(controller, taskRun({ condition: { status: 'True', reason: 'Succeeded' } }))).findings,
    ).toEqual([]);
    expect(await undecidedOf(controller, taskRun({ condition: { status: 'Unknown', reason: 'Running' } }))).toEqual({
      undecided: 'Running',
      final: false,
    });
    expect(await undecidedOf(controller, taskRun({ condition: { reason: 'TaskRunCancelled' } }))).toMatchObject({
      undecided: 'Cancelled',
      final: true,
    });
  });

  test('of a PipelineRun is told by the PipelineRun', async () => {
    const labels = { 'tekton.dev/pipelineRun': 'nightly-1' };
    expect(await undecidedOf(controller, taskRun({ metadata: { labels } }))).toMatchObject({ final: true });
    const ownerReferences = [{ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'nightly-1', uid: 'u-2' }];
    expect(await undecidedOf(controller, taskRun({ metadata: { ownerReferences } }))).toMatchObject({
      undecided: 'PartOfPipelineRun',
    });
  });

  test.each([
    [
      'a resolver',
      { spec: { taskRef: { resolver: 'bundles', params: [{ name: 'name', value: 'sync' }] } } },
      'Task platform/sync',
    ],
    ['the label', { spec: {} }, 'Task platform/backup'],
    [
      'generateName',
      { spec: {}, metadata: { labels: { 'tekton.dev/task': 'backup-8x2kq' } } },
      'TaskRun platform/backup-',
    ],
    [
      'the name',
      { spec: {}, metadata: { labels: {}, name: 'once', generateName: undefined } },
      'TaskRun platform/once',
    ],
  ])('is known by %s', async (_, parts, expected) => {
    expect(where(await lookAt(controller, taskRun(parts)))).toBe(expected);
  });

  test('with only a generated name is forgotten after 14 days', async () => {
    const nameless = taskRun({ spec: {}, metadata: { labels: {} } });
    expect((await lookAt(controller, nameless)).expiresAt).toBe('2026-06-24T03:04:00.000Z');
    expect((await lookAt(controller, taskRun())).expiresAt).toBeUndefined();
  });

  test('of a pull request is about that pull request of its component, never about the branch', async () => {
    const labels = {
      'appstudio.openshift.io/component': 'payments',
      'pipelinesascode.tekton.dev/event-type': 'pull_request',
      'pipelinesascode.tekton.dev/pull-request': '18',
      'pipelinesascode.tekton.dev/branch': 'main',
    };
    const look = await lookAt(controller, taskRun({ metadata: { labels } }));
    expect(where(look)).toBe('Component platform/payments task/backup/pr/18');
    expect(look.findings).toMatchObject([
      {
        severity: 'minor',
        title: 'Task backup of payments for pull request 18 failed in step dump (exit code 3)',
        labels: { 'faultline.dev/stage': 'development', 'faultline.dev/component': 'payments' },
      },
    ]);
    const push = { ...labels, 'pipelinesascode.tekton.dev/event-type': 'push' };
    expect(where(await lookAt(controller, taskRun({ metadata: { labels: push } })))).toBe(
      'Component platform/payments task/backup/push/main',
    );
  });

  test.each([
    [
      { reason: 'TaskRunTimeout', message: 'TaskRun "x" failed to finish within "5m0s"' },
      'Task backup timed out after 5m0s',
    ],
    [
      { reason: 'TaskRunImagePullFailed', message: 'ErrImagePull' },
      'Task backup never started: an image could not be pulled',
    ],
    [
      { reason: 'TaskRunResolutionFailed', message: 'tasks.tekton.dev "backup" not found' },
      'Task backup never started: a task could not be fetched (the cluster has no task backup)',
    ],
    [
      {
        reason: 'PodCreationFailed',
        message:
          'pods "x" is forbidden: exceeded quota: compute, requested: limits.cpu=4,limits.memory=8Gi, used: limits.cpu=8, limited: limits.cpu=8',
      },
      'Task backup never started: the quota of the namespace is used up (compute: limits.cpu, limits.memory)',
    ],
  ])('%j is said in words', async (condition, title) => {
    expect((await findingOf(controller, taskRun({ condition, status: notStarted }))).title).toBe(title);
  });

  test('takes its severity from the options, by label', async () => {
    const options = {
      severity: { task: 'minor' },
      overrides: [{ labels: { 'tekton.dev/task': '*' }, severity: 'critical' }],
    };
    expect((await findingOf(controller, taskRun(), { options })).severity).toBe('critical');
    expect((await findingOf(controller, taskRun({ metadata: { labels: {} } }), { options })).severity).toBe('minor');
  });
});

describeHostile(controller, [
  taskRun(),
  taskRun({ condition: { status: 'True', reason: 'Succeeded' } }),
  taskRun({ condition: { reason: 'TaskRunResolutionFailed', message: 'tasks.tekton.dev "backup" not found' } }),
]);

describeHealthy(controller, taskRun({ condition: { status: 'True', reason: 'Succeeded' } }), /^status$|conditions/);
