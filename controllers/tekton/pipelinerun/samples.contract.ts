import { expect } from 'vitest';
import { reportSchema } from '../../../crds/report.ts';
import { readOver } from '../../../tests/recorded/read.ts';
import type { Finding, ObjectLike, Observation, Undecided } from '../../index.ts';
import type { ClusterObject } from '../../runtime/object.ts';
import { createStrip, type Strip } from '../../runtime/strip.ts';
import controller from './index.ts';
import { type Options, optionsSchema } from './options.ts';

/** Runs to make tests of: a failed push build of the component "payments" unless told otherwise. */

export const PAC = 'pipelinesascode.tekton.dev/';
export const KONFLUX = {
  'appstudio.openshift.io/application': 'shop',
  'appstudio.openshift.io/component': 'payments',
  'pipelines.appstudio.openshift.io/type': 'build',
};
export const PUSH = {
  [`${PAC}event-type`]: 'push',
  [`${PAC}branch`]: 'refs-heads-main',
  [`${PAC}sha`]: '0123456789abcdef0123',
};

export const defaults = optionsSchema.validate({}).value as Options;
export const withOptions = (raw: object): Options => {
  const { error, value } = optionsSchema.validate(raw);
  if (error) throw error;
  return value as Options;
};

export interface RunParts {
  name?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  metadata?: object;
  spec?: object;
  status?: object;
  condition?: object;
}

export function run({ name = 'payments-on-push-x7k2p', condition, status, ...parts }: RunParts = {}): ObjectLike {
  const conditions = [
    { type: 'Succeeded', status: 'False', reason: 'Failed', lastTransitionTime: '2026-11-20T10:05:00Z', ...condition },
  ];
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: {
      name,
      namespace: 'shop',
      uid: 'u-run',
      creationTimestamp: '2026-11-20T10:00:00Z',
      labels: parts.labels ?? { ...KONFLUX, ...PUSH },
      annotations: parts.annotations ?? {},
      ...parts.metadata,
    },
    spec: parts.spec ?? {},
    status: { conditions, completionTime: '2026-11-20T10:05:00Z', ...status },
  } as ObjectLike;
}

export function taskRun(task: string, status: object): ObjectLike {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: {
      name: `payments-on-push-x7k2p-${task}`,
      namespace: 'shop',
      uid: `u-${task}`,
      labels: { 'tekton.dev/pipelineTask': task },
      ownerReferences: [
        { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'payments-on-push-x7k2p', uid: 'u-run' },
      ],
    },
    status,
  } as unknown as ObjectLike;
}

export const failedTask = (task: string, at: string, status: object = {}): ObjectLike =>
  taskRun(task, {
    completionTime: at,
    conditions: [{ type: 'Succeeded', status: 'False', reason: 'Failed', message: '"step-test" exited with code 2' }],
    steps: [
      { name: 'prepare', terminated: { exitCode: 0, reason: 'Completed' } },
      { name: 'test', terminated: { exitCode: 2, reason: 'Error' } },
      { name: 'report', terminated: { exitCode: 1, reason: 'Error' }, terminationReason: 'Skipped' },
    ],
    ...status,
  });

export const testTask = (output: unknown, task = 'verify'): ObjectLike =>
  taskRun(task, {
    completionTime: '2026-11-20T10:04:00Z',
    conditions: [{ type: 'Succeeded', status: 'True', reason: 'Succeeded' }],
    results: [
      { name: 'TEST_OUTPUT', type: 'string', value: typeof output === 'string' ? output : JSON.stringify(output) },
    ],
  });

/** Only what the controller declared to read: nothing else arrives in a cluster. */
const strips = new Map<string, Strip>(
  [controller.watches, ...(controller.reads ?? [])].map(({ kind, fields = [] }) => [kind, createStrip([...fields])]),
);
const kept = (object: ObjectLike): ObjectLike =>
  (strips.get(object.kind)?.(object as ClusterObject) ?? object) as ObjectLike;
const observe = (object: ObjectLike, others: readonly ObjectLike[], options: Options, now?: number) =>
  controller.observe(kept(object), readOver(kept(object), others.map(kept), now), options);

export async function look(
  object: ObjectLike,
  others: ObjectLike[] = [],
  options = defaults,
  now?: number,
): Promise<Observation> {
  const verdict = await observe(object, others, options, now);
  if ('undecided' in verdict || Array.isArray(verdict))
    throw new Error(`expected one observation: ${JSON.stringify(verdict)}`);
  // Whatever is said must pass the door of the API server.
  const { subject, observedAt, expiresAt, completedAt, createdAt, detail = 0, findings } = verdict as Observation;
  const order = { class: 'run', uid: 'u', detail, epoch: 1, sequence: 1, completedAt, createdAt };
  const body = { complete: true, findings };
  const report = { source: 'tekton-pipelinerun', namespace: 'shop', subject, order, observedAt, expiresAt, body };
  expect(reportSchema.validate(report, { abortEarly: false }).error).toBeUndefined();
  return verdict as Observation;
}

export async function undecidedLook(object: ObjectLike, others: ObjectLike[] = [], now?: number): Promise<Undecided> {
  const verdict = await observe(object, others, defaults, now);
  if (!('undecided' in verdict)) throw new Error(`expected no verdict: ${JSON.stringify(verdict)}`);
  return verdict;
}

export async function finding(object: ObjectLike, others: ObjectLike[] = [], options = defaults): Promise<Finding> {
  const { findings } = await look(object, others, options);
  expect(findings).toHaveLength(1);
  return findings[0] as Finding;
}

export const where = async (object: ObjectLike): Promise<string> => {
  const { subject } = await look(object);
  return `${subject.kind} ${subject.namespace}/${subject.name}${subject.aspect === undefined ? '' : ` ${subject.aspect}`}`;
};
