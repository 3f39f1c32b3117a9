import { expect, test } from 'vitest';
import type { ControllerDefinition } from '../index.ts';
import type { ClusterObject } from '../runtime/object.ts';
import { createWorld } from '../testing/world.ts';
import mintmaker from './mintmaker/index.ts';

const LABELS = {
  'mintmaker.appstudio.redhat.com/component': 'payments',
  'mintmaker.appstudio.redhat.com/namespace': 'shop',
};

const object = (kind: string, name: string, more: object): ClusterObject =>
  ({
    apiVersion: 'tekton.dev/v1',
    kind,
    metadata: {
      name,
      namespace: 'mintmaker',
      uid: `u-${name}`,
      labels: LABELS,
      ...(more as { metadata?: object }).metadata,
    },
    status: (more as { status?: object }).status,
  }) as unknown as ClusterObject;

const run = object('PipelineRun', 'renovate-1', {
  status: {
    completionTime: '2026-11-21T07:55:00Z',
    conditions: [{ type: 'Succeeded', status: 'True', lastTransitionTime: '2026-11-21T07:55:00Z' }],
  },
});
const taskRun = object('TaskRun', 'renovate-1-build', {
  metadata: {
    ownerReferences: [{ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'renovate-1', uid: 'u-renovate-1' }],
  },
  status: { podName: 'renovate-1-build-pod' },
});

const component = {
  apiVersion: 'appstudio.redhat.com/v1alpha1',
  kind: 'Component',
  metadata: { name: 'payments', namespace: 'shop', uid: 'u-payments' },
} as ClusterObject;

test('konflux/mintmaker reads the log of a green run that a first list brought, soon after it', async () => {
  const definition = mintmaker as ControllerDefinition;
  const options = definition.options?.validate({}).value as unknown;
  await using world = createWorld(definition, {
    objects: [run, taskRun, component],
    settings: { options },
    prepare: (source) => {
      source.answerLogs = () => ({ text: '{"msg":"Authentication failure"}\n', cut: false });
    },
  });
  await world.settle();
  expect(world.sink.take()).toEqual([]);
  await world.clock.advance(31_000);
  await world.settle();
  expect(world.source.asked).toMatchObject([{ namespace: 'mintmaker', container: 'step-renovate' }]);
  expect(world.sink.take()).toMatchObject([
    { namespace: 'shop', crossNamespaceText: true, body: { findings: [{ reason: 'TokenExpired' }] } },
  ]);
});
