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

const condition = (type: string, status: string, reason: string, message = '') => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: '2026-06-11T09:14:30Z',
});

function release(conditions: readonly object[], status: object = {}, spec: object = {}): ObjectLike {
  return {
    apiVersion: 'appstudio.redhat.com/v1alpha1',
    kind: 'Release',
    metadata: {
      name: 'shop-n4bqz-7ws2p',
      namespace: 'shop',
      uid: 'u-1',
      creationTimestamp: '2026-06-11T09:00:00Z',
      labels: { 'appstudio.openshift.io/application': 'shop' },
    },
    spec: { releasePlan: 'to-production', snapshot: 'shop-n4bqz', ...spec },
    status: { conditions, completionTime: '2026-06-11T09:14:31Z', target: 'release-managed', ...status },
  } as unknown as ObjectLike;
}

const failed = condition('Released', 'False', 'Failed', 'Release processing failed');
const managed = release(
  [
    condition('Validated', 'True', 'Succeeded'),
    condition('ManagedPipelineProcessed', 'False', 'Failed', 'Tasks Completed: 9 (Failed: 1)'),
    failed,
  ],
  { managedProcessing: { pipelineRun: 'release-managed/managed-t5wq8' } },
);

describe('a Release', () => {
  test('is about its ReleasePlan and says which part failed', async () => {
    const look = await lookAt(controller, managed);
    expect(where(look)).toBe('ReleasePlan shop/to-production');
    expect(look).toMatchObject({ completedAt: '2026-06-11T09:14:31Z', createdAt: '2026-06-11T09:00:00Z' });
    expect(look.findings).toMatchObject([
      {
        key: 'release',
        type: 'release',
        severity: 'critical',
        reason: 'ManagedPipelineFailed',
        title: 'Release by to-production failed: the managed pipeline failed',
        labels: { 'faultline.dev/stage': 'releasable', 'faultline.dev/application': 'shop' },
      },
    ]);
  });

  test('of a managed pipeline says what its own status says, and reads nothing of the managed namespace', async () => {
    const kinds = [controller.watches, ...(controller.reads ?? [])].map(({ kind }) => kind);
    expect(kinds).toEqual(['Release', 'ReleasePlan']);
    expect(controller.crossNamespaceText).toBeUndefined();
    expect((await findingOf(controller, managed)).description).toBe(
      [
        'Tasks Completed: 9 (Failed: 1)',
        'Release shop/shop-n4bqz-7ws2p, of the Snapshot shop-n4bqz, to release-managed',
        'PipelineRun release-managed/managed-t5wq8',
      ].join('\n'),
    );
  });

  test.each([
    ['Validated', 'ReleaseValidationFailed', 'it is not valid'],
    ['TenantPipelineProcessed', 'TenantPipelineFailed', 'the tenant pipeline failed'],
    ['FinalPipelineProcessed', 'FinalPipelineFailed', 'the final pipeline failed'],
    [
      'TenantCollectorsPipelineProcessed',
      'TenantCollectorsPipelineFailed',
      'the collectors pipeline of the tenant failed',
    ],
    ['SomethingNew', 'ReleaseFailed', 'the release service gives no part that failed'],
  ])('%s failed: %s', async (type, reason, phrase) => {
    const found = await findingOf(controller, release([condition(type, 'False', 'Failed'), failed]));
    expect(found).toMatchObject({ reason, title: `Release by to-production failed: ${phrase}` });
  });

  test('whose tenant pipeline still goes on is not blamed on it', async () => {
    const tenant = condition('TenantPipelineProcessed', 'False', 'Progressing');
    const look = release([tenant, condition('ManagedPipelineProcessed', 'False', 'Failed'), failed]);
    expect((await findingOf(controller, look)).reason).toBe('ManagedPipelineFailed');
  });

  test('that released is healthy; one that goes on says nothing', async () => {
    expect((await lookAt(controller, release([condition('Released', 'True', 'Succeeded')]))).findings).toEqual([]);
    const releasing = release([condition('Released', 'False', 'Progressing')]);
    expect(await undecidedOf(controller, releasing)).toEqual({ undecided: 'Releasing' });
    expect(await undecidedOf(controller, release([]))).toEqual({ undecided: 'NotStarted' });
  });

  test('without a ReleasePlan is about nothing', async () => {
    expect(await undecidedOf(controller, release([failed], {}, { releasePlan: '' }))).toEqual({
      undecided: 'Malformed',
    });
  });
});

describeHostile(controller, [managed, release([condition('Released', 'True', 'Succeeded')])]);

describeHealthy(controller, release([condition('Released', 'True', 'Succeeded')]), /^status$|conditions/);
