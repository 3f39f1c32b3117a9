import { describe, expect, test } from 'vitest';
import { failedTask, finding, KONFLUX, look, PAC, run, undecidedLook, withOptions } from './samples.contract.ts';

describe('verdict', () => {
  test('a run that succeeded is healthy', async () => {
    const { findings } = await look(run({ condition: { status: 'True', reason: 'Completed' } }));
    expect(findings).toEqual([]);
  });

  test.each([
    ['no list of conditions', { conditions: undefined }, 'NotStarted'],
    ['no conditions', { conditions: [] }, 'NotStarted'],
    ['only a foreign condition', { conditions: [{ type: 'Ready', status: 'False' }] }, 'Malformed'],
    [
      'a condition that is still open',
      { conditions: [{ type: 'Succeeded', status: 'Unknown', reason: 'Running' }] },
      'Running',
    ],
    [
      'a pending run',
      { conditions: [{ type: 'Succeeded', status: 'Unknown', reason: 'PipelineRunPending' }] },
      'Pending',
    ],
    [
      'a run that stops',
      { conditions: [{ type: 'Succeeded', status: 'Unknown', reason: 'PipelineRunStopping' }] },
      'Running',
    ],
    ['a status that is no word', { conditions: [{ type: 'Succeeded', status: false }] }, 'Malformed'],
  ])('%s says nothing', async (_, status, reason) => {
    expect(await undecidedLook(run({ status }))).toEqual({ undecided: reason, final: false });
  });

  test.each(['Cancelled', 'CancelledRunFinally', 'StoppedRunFinally', 'PipelineRunCancelled'])(
    'a run that ended as %s is settled without a verdict',
    async (reason) => {
      expect(await undecidedLook(run({ condition: { reason } }))).toEqual({ undecided: 'Cancelled', final: true });
    },
  );

  test('a task that failed before somebody stopped the run is a failure', async () => {
    const found = await finding(run({ spec: { status: 'StoppedRunFinally' } }), [
      failedTask('unit', '2026-11-20T10:03:00Z'),
    ]);
    expect(found.reason).toBe('TaskRunFailed');
  });

  test('only the Succeeded condition counts, also when it gives no reason', async () => {
    const conditions = [
      { type: 'Failure', status: 'True' },
      { type: 'Succeeded', status: 'False' },
    ];
    expect((await finding(run({ status: { conditions } }))).reason).toBe('PipelineRunFailed');
    const healthy = [
      { type: 'Failure', status: 'True' },
      { type: 'Succeeded', status: 'True' },
    ];
    expect((await look(run({ status: { conditions: healthy } }))).findings).toEqual([]);
  });

  test('a run without a namespace or a name is malformed', async () => {
    expect(await undecidedLook(run({ metadata: { namespace: undefined } }))).toMatchObject({ undecided: 'Malformed' });
    expect(await undecidedLook(run({ metadata: { namespace: 'Not A Namespace' } }))).toMatchObject({
      undecided: 'Malformed',
    });
  });
});

describe('times', () => {
  test('a run without completionTime completed when its condition changed', async () => {
    const { completedAt, observedAt } = await look(run({ status: { completionTime: undefined } }));
    expect([completedAt, observedAt]).toEqual(['2026-11-20T10:05:00Z', '2026-11-20T10:05:00Z']);
  });

  test('invalid dates are left out instead of refused', async () => {
    const broken = run({
      metadata: { creationTimestamp: '2026-02-30T00:00:00Z' },
      status: { completionTime: 'yesterday' },
      condition: { lastTransitionTime: 17 },
    });
    const observation = await look(broken);
    expect(observation).not.toHaveProperty('completedAt');
    expect(observation).not.toHaveProperty('createdAt');
    expect(observation).not.toHaveProperty('expiresAt');
  });

  test('a pull request expires 14 days and a branch 90 days after its last run, a plain pipeline never', async () => {
    const pull = run({ labels: { ...KONFLUX, [`${PAC}event-type`]: 'pull_request', [`${PAC}pull-request`]: '18' } });
    expect((await look(pull)).expiresAt).toBe('2026-12-04T10:05:00.000Z');
    expect((await look(run())).expiresAt).toBe('2027-02-18T10:05:00.000Z');
    expect(await look(run({ labels: {}, spec: { pipelineRef: { name: 'nightly' } } }))).not.toHaveProperty('expiresAt');
    const options = withOptions({ branchExpiry: '30d', pullRequestExpiry: '2d' });
    expect((await look(run(), [], options)).expiresAt).toBe('2026-12-20T10:05:00.000Z');
    expect((await look(pull, [], options)).expiresAt).toBe('2026-11-22T10:05:00.000Z');
  });

  test('a subject that is only a generated name expires after 14 days', async () => {
    expect((await look(run({ labels: {} }))).expiresAt).toBe('2026-12-04T10:05:00.000Z');
  });
});
