import { describe, expect, test } from 'vitest';
import type { ObjectLike } from '../../index.ts';
import { describeHealthy, describeHostile, findingOf, lookAt, NOW, where } from '../../pipelines/kit.contract.ts';
import controller from './index.ts';

const MINUTE = 60_000;
const ago = (minutes: number): string => new Date(NOW - minutes * MINUTE).toISOString();

function run(
  parts: {
    created?: number;
    started?: number;
    spec?: object;
    status?: object;
    condition?: object | null;
    labels?: object;
  } = {},
): ObjectLike {
  const { created = 60, started, condition = {} } = parts;
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: {
      name: 'payments-on-push-x7k2p',
      namespace: 'shop',
      uid: 'u-run',
      creationTimestamp: ago(created),
      labels: {
        'appstudio.openshift.io/component': 'payments',
        'pipelines.appstudio.openshift.io/type': 'build',
        'pipelinesascode.tekton.dev/event-type': 'push',
        'pipelinesascode.tekton.dev/branch': 'main',
        ...parts.labels,
      },
    },
    spec: parts.spec ?? {},
    status: {
      ...(started === undefined ? {} : { startTime: ago(started) }),
      ...(condition === null
        ? {}
        : { conditions: [{ type: 'Succeeded', status: 'Unknown', reason: 'Running', ...condition }] }),
      ...parts.status,
    },
  } as unknown as ObjectLike;
}

function taskRun(task: string, started: number, condition: object): ObjectLike {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: {
      name: `payments-on-push-x7k2p-${task}`,
      namespace: 'shop',
      creationTimestamp: ago(started),
      labels: { 'tekton.dev/pipelineTask': task },
      ownerReferences: [
        { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'payments-on-push-x7k2p', uid: 'u-run' },
      ],
    },
    status: { startTime: ago(started), conditions: [{ type: 'Succeeded', status: 'Unknown', ...condition }] },
  } as unknown as ObjectLike;
}

const waiting = { spec: { status: 'PipelineRunPending' }, condition: null } as const;

describe('a PipelineRun that waits', () => {
  test('is stuck when it waits longer than pendingAfter, and is its own subject', async () => {
    const look = await lookAt(controller, run({ ...waiting, created: 16 }));
    expect(where(look)).toBe('PipelineRun shop/payments-on-push-x7k2p');
    expect(look.observedAt).toBe(ago(1));
    expect(look.findings).toMatchObject([
      {
        key: 'stuck',
        type: 'build',
        severity: 'major',
        reason: 'PipelineRunPending',
        title: 'PipelineRun payments-on-push-x7k2p of payments on main is stuck: it waits to be released',
        labels: { 'faultline.dev/stage': 'releasable' },
      },
    ]);
    expect(look.again).toBeUndefined();
  });

  test('is not yet, and is looked at again when it would be', async () => {
    const look = await lookAt(controller, run({ ...waiting, created: 10 }));
    expect(look.findings).toEqual([]);
    expect(look.again).toBe(5 * MINUTE);
    const later = await lookAt(controller, run({ ...waiting, created: 10 }), { now: NOW + (look.again ?? 0) });
    expect(later.findings).toHaveLength(1);
  });

  test('says the same at every later look: no age grows in it', async () => {
    const [first, second] = [NOW, NOW + 90 * MINUTE].map((now) => lookAt(controller, run(waiting), { now }));
    expect(await second).toEqual(await first);
  });

  test.each([
    [{ 'kueue.x-k8s.io/queue-name': 'builds' }, 'the queue builds'],
    [{ 'pipelinesascode.tekton.dev/state': 'queued' }, 'the queue of Pipelines-as-Code'],
  ])('in a queue says which: %j', async (labels, words) => {
    const { title } = await findingOf(controller, run({ ...waiting, labels }));
    expect(title).toContain(`is stuck: it waits to be released (${words})`);
  });

  test('that Tekton never touched was not started', async () => {
    expect((await findingOf(controller, run({ condition: null }))).reason).toBe('PipelineRunNotStarted');
  });

  test('for a resolver names what is fetched', async () => {
    const message = 'PipelineRun shop/x awaiting remote resource';
    const found = await findingOf(
      controller,
      run({ started: 20, condition: { reason: 'ResolvingPipelineRef', message } }),
    );
    expect(found).toMatchObject({ reason: 'ResolvingPipelineRef' });
    expect(found.title).toContain('is stuck: its pipeline is still being fetched');
  });

  test('of a pull request holds up that only', async () => {
    const labels = {
      'pipelinesascode.tekton.dev/event-type': 'pull_request',
      'pipelinesascode.tekton.dev/pull-request': '18',
    };
    expect(await findingOf(controller, run({ ...waiting, labels }))).toMatchObject({
      severity: 'minor',
      title: 'PipelineRun payments-on-push-x7k2p of payments for pull request 18 is stuck: it waits to be released',
      labels: { 'faultline.dev/stage': 'development' },
    });
  });
});

describe('a PipelineRun that runs', () => {
  test('is stuck after runningAfter', async () => {
    const look = await lookAt(controller, run({ created: 400, started: 350 }));
    expect(look.findings).toEqual([]);
    expect(look.again).toBe(10 * MINUTE);
    expect((await findingOf(controller, run({ created: 400, started: 361 }))).reason).toBe('PipelineRunRunning');
  });

  test('may run as long as its own timeout says, and the grace', async () => {
    const spec = { timeouts: { pipeline: '8h0m0s' } };
    expect((await lookAt(controller, run({ started: 361, created: 400, spec }))).again).toBe((480 + 10 - 361) * MINUTE);
    expect((await findingOf(controller, run({ started: 491, created: 500, spec }))).reason).toBe('PipelineRunRunning');
  });

  test.each([
    [
      'ExceededResourceQuota',
      'exceeded quota: compute, requested: limits.cpu=4, used: x',
      'ExceededResourceQuota',
      'the quota of the namespace is used up (compute: limits.cpu) in task unit',
    ],
    [
      'Pending',
      'pod status "PodScheduled":"False"; message: "0/3 nodes are available"',
      'PodUnschedulable',
      'the pod of a task finds no node in task unit',
    ],
    ['Pending', 'pod status "Initialized":"False"', 'TaskRunPending', 'the pod of a task does not start in task unit'],
    ['PullImageFailed', 'ErrImagePull', 'PullImageFailed', 'an image cannot be pulled in task unit'],
  ])('with a task that waits (%s) says for what', async (reason, message, expected, words) => {
    const others = [taskRun('clone', 50, { reason: 'Running' }), taskRun('unit', 20, { reason, message })];
    const found = await findingOf(controller, run({ started: 55 }), { others });
    expect(found.reason).toBe(expected);
    expect(found.title).toBe(`PipelineRun payments-on-push-x7k2p of payments on main is stuck: ${words}`);
  });

  test('is looked at again when the first of its tasks would be stuck', async () => {
    const others = [taskRun('unit', 5, { reason: 'Pending' }), taskRun('lint', 9, { reason: 'Pending' })];
    expect(await lookAt(controller, run({ started: 55 }), { others })).toMatchObject({
      findings: [],
      again: 6 * MINUTE,
    });
  });
});

describe('a PipelineRun that is over', () => {
  const over = (minutes: number) =>
    run({
      created: 60,
      started: 59,
      condition: { status: 'False', reason: 'Failed' },
      status: { completionTime: ago(60 - minutes) },
    });

  test('heals, whatever came of it', async () => {
    expect((await lookAt(controller, over(20))).findings).toEqual([]);
  });

  test('heals also when it was over sooner than it can be stuck: its issue may be of other options', async () => {
    expect(await lookAt(controller, over(14), { options: { pendingAfter: '30m' } })).toMatchObject({ findings: [] });
  });
});

describeHostile(
  controller,
  [run(waiting), run({ started: 55 }), run({ started: 400, created: 400, spec: { timeouts: { pipeline: '2h' } } })],
  { others: [taskRun('unit', 20, { reason: 'ExceededResourceQuota', message: 'exceeded quota: compute' })] },
);

describeHealthy(controller, run({ created: 5, started: 4 }), /^(metadata|status|spec)$|creationTimestamp|startTime/);
