import { describe, expect, test } from 'vitest';
import type { ObjectLike } from '../../index.ts';
import { describeHealthy, describeHostile, looksAt, undecidedOf, where } from '../../pipelines/kit.contract.ts';
import controller from './index.ts';

const PAC = 'pac.test.appstudio.openshift.io/';
const COMPONENT = { 'appstudio.openshift.io/component': 'payments' };
const PUSH = { [`${PAC}event-type`]: 'push', [`${PAC}branch`]: 'refs-heads-main' };
const PULL = { [`${PAC}event-type`]: 'pull_request', [`${PAC}branch`]: 'main', [`${PAC}pull-request`]: '18' };

function snapshot(results: unknown, parts: { labels?: object; conditions?: readonly object[] } = {}): ObjectLike {
  const status = typeof results === 'string' ? results : JSON.stringify(results);
  return {
    apiVersion: 'appstudio.redhat.com/v1alpha1',
    kind: 'Snapshot',
    metadata: {
      name: 'shop-n4bqz',
      namespace: 'shop',
      uid: 'u-1',
      creationTimestamp: '2026-06-11T08:40:00Z',
      labels: { ...COMPONENT, ...PUSH, ...parts.labels },
      annotations: { 'test.appstudio.openshift.io/status': status },
    },
    spec: { application: 'shop' },
    status: { conditions: parts.conditions ?? [] },
  } as unknown as ObjectLike;
}

const result = (status: string, more: object = {}) => ({
  scenario: 'smoke',
  status,
  lastUpdateTime: '2026-06-11T08:41:00.120034Z',
  details: 'because',
  ...more,
});

describe('the tests of a Snapshot', () => {
  test('are about what their runs are about', async () => {
    const [push] = await looksAt(controller, snapshot([result('TestInvalid')]));
    expect(push && where(push)).toBe('Component shop/payments test/smoke/push/main');
    const [pull] = await looksAt(controller, snapshot([result('TestInvalid')], { labels: PULL }));
    expect(pull && where(pull)).toBe('Component shop/payments test/smoke/pr/18');
    expect([push?.findings[0]?.severity, pull?.findings[0]?.severity]).toEqual(['major', 'minor']);
    expect([push?.expiresAt, pull?.expiresAt]).toEqual(['2026-09-09T08:41:00.120Z', '2026-06-25T08:41:00.120Z']);
  });

  test('of a group of pull requests are about none of them, and about no branch', async () => {
    const labels = {
      'appstudio.openshift.io/component': undefined,
      'test.appstudio.openshift.io/pr-group-sha': 'c782c8f81145fc13f516',
      [`${PAC}event-type`]: undefined,
      [`${PAC}branch`]: undefined,
    };
    const [look] = await looksAt(controller, snapshot([result('TestInvalid')], { labels }));
    expect(look && where(look)).toBe('Application shop/shop test/smoke/pr/group-c782c8f81145');
  });

  test.each([
    ['TestInvalid', 'TestInvalid', 'Test smoke of payments on main could not run'],
    ['Deleted', 'TestRunDeleted', 'Test smoke of payments on main was deleted before it ended'],
    [
      'EnvironmentProvisionError',
      'EnvironmentProvisionError',
      'Test smoke of payments on main got no environment to run in',
    ],
    ['BuildPLRFailed', 'BuildFailed', 'Test smoke of payments on main waits for a build that failed'],
  ])('%s is %s', async (status, reason, title) => {
    const [look] = await looksAt(controller, snapshot([result(status)]));
    expect(look?.findings).toMatchObject([{ key: 'test', type: 'test', reason, title }]);
    expect(look?.findings[0]?.description).toBe('because\n\nSnapshot shop/shop-n4bqz');
  });

  test('that ran heal, well or not: a failed run is told by tekton/pipelinerun', async () => {
    for (const status of ['TestPassed', 'TestWarning', 'TestFail']) {
      const [look] = await looksAt(controller, snapshot([result(status)]));
      expect(look?.findings).toEqual([]);
    }
    const [look] = await looksAt(controller, snapshot([result('TestFail', { testPipelineRunName: 'smoke-x1' })]), {
      options: { testFailures: true },
    });
    expect(look?.findings).toMatchObject([{ reason: 'TestFailed', title: 'Test smoke of payments on main failed' }]);
  });

  test('are read from an annotation of any length: it grows with every scenario', async () => {
    const many = Array.from({ length: 200 }, (_, index) => result('TestInvalid', { scenario: `smoke-${index}` }));
    expect(await looksAt(controller, snapshot(many))).toHaveLength(200);
  });

  test('that go on, or have a status of tomorrow, say nothing', async () => {
    const open = ['Pending', 'InProgress', 'BuildPLRInProgress', 'Whatever'].map((status) => result(status));
    expect(await undecidedOf(controller, snapshot(open))).toEqual({ undecided: 'NotTested' });
    expect(await undecidedOf(controller, snapshot('no JSON'))).toEqual({ undecided: 'NotTested' });
  });

  test('of an optional scenario are minor: by the Snapshot, else by the label of the scenario', async () => {
    const optional = { isOptionalScenario: true };
    const [told] = await looksAt(controller, snapshot([result('TestInvalid', optional)]));
    expect(told?.findings[0]?.severity).toBe('minor');
    const scenario = {
      apiVersion: 'appstudio.redhat.com/v1beta2',
      kind: 'IntegrationTestScenario',
      metadata: { name: 'smoke', namespace: 'shop', labels: { 'test.appstudio.openshift.io/optional': 'true' } },
    } as unknown as ObjectLike;
    const [labelled] = await looksAt(controller, snapshot([result('TestInvalid')]), { others: [scenario] });
    expect(labelled?.findings[0]?.severity).toBe('minor');
  });
});

describe('a Snapshot itself', () => {
  const at = (type: string, status: string, reason: string) => ({
    ...{ type, status, reason, message: 'why' },
    lastTransitionTime: '2026-06-11T08:44:12Z',
  });

  test.each([
    [at('AppStudioIntegrationStatus', 'False', 'Invalid'), 'SnapshotInvalid'],
    [at('HACBSIntegrationStatus', 'False', 'Invalid'), 'SnapshotInvalid'],
    [at('AppStudioIntegrationStatus', 'False', 'ErrorOccured'), 'IntegrationError'],
    [at('AutoReleased', 'False', 'AutoReleased'), 'AutoReleaseFailed'],
  ])('%j is %s', async (condition, reason) => {
    const [look] = await looksAt(controller, snapshot([], { conditions: [condition] }));
    expect(look && where(look)).toBe('Component shop/payments snapshot/push/main');
    expect(look?.findings).toMatchObject([{ key: 'snapshot', reason }]);
  });

  test('whose tests failed is no issue of its own, and one that was superseded says nothing', async () => {
    const tested = at('AppStudioTestSucceeded', 'False', 'Failed');
    const [look] = await looksAt(controller, snapshot([], { conditions: [tested] }));
    expect(look?.findings).toEqual([]);
    const conditions = [at('AppStudioIntegrationStatus', 'True', 'Canceled')];
    expect(await undecidedOf(controller, snapshot([], { conditions }))).toEqual({ undecided: 'NotTested' });
  });
});

describeHostile(controller, [
  snapshot([result('TestInvalid'), result('TestPassed', { scenario: 'load' })]),
  snapshot([result('Deleted')], {
    labels: PULL,
    conditions: [
      {
        type: 'AppStudioIntegrationStatus',
        status: 'False',
        reason: 'Invalid',
        message: 'm',
        lastTransitionTime: '2026-06-11T08:44:12Z',
      },
    ],
  }),
]);

describeHealthy(controller, snapshot([result('TestPassed')]), /^status$|conditions|annotations/);
