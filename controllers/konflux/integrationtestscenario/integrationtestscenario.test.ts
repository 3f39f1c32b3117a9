import { expect, test } from 'vitest';
import type { ObjectLike } from '../../index.ts';
import { describeHealthy, describeHostile, lookAt, undecidedOf, where } from '../../pipelines/kit.contract.ts';
import controller from './index.ts';

function scenario(status: string | undefined, labels: object = {}): ObjectLike {
  const condition = {
    type: 'IntegrationTestScenarioValid',
    status,
    reason: 'Invalid',
    message: 'Failed to get application for scenario.',
    lastTransitionTime: '2026-06-01T08:00:01Z',
  };
  return {
    apiVersion: 'appstudio.redhat.com/v1beta2',
    kind: 'IntegrationTestScenario',
    metadata: { name: 'smoke', namespace: 'shop', uid: 'u-1', labels },
    spec: { application: 'shop' },
    status: { conditions: status === undefined ? [] : [condition] },
  } as unknown as ObjectLike;
}

test('a scenario that is not valid is its own subject and says why', async () => {
  const look = await lookAt(controller, scenario('False'));
  expect(where(look)).toBe('IntegrationTestScenario shop/smoke');
  expect(look.observedAt).toBe('2026-06-01T08:00:01Z');
  expect(look.findings).toMatchObject([
    {
      key: 'valid',
      severity: 'major',
      reason: 'ScenarioInvalid',
      description: 'Failed to get application for scenario.',
      labels: { 'faultline.dev/application': 'shop' },
    },
  ]);
});

test('an optional one is minor; a valid one is healthy; one that nobody looked at yet says nothing', async () => {
  const optional = await lookAt(controller, scenario('False', { 'test.appstudio.openshift.io/optional': 'true' }));
  expect(optional.findings[0]?.severity).toBe('minor');
  expect((await lookAt(controller, scenario('True'))).findings).toEqual([]);
  expect(await undecidedOf(controller, scenario(undefined))).toEqual({ undecided: 'NotValidated' });
});

describeHostile(controller, [scenario('False'), scenario('True')]);

describeHealthy(controller, scenario('True'), /^status$|conditions/);
