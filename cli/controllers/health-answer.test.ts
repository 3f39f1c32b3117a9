import { describe, expect, test } from 'vitest';
import type { ControllerStatus, LeadershipStatus } from '../../controllers/runtime/index.ts';
import { healthAnswer, readyChecks } from './health-answer.ts';

const message = 'a ClusterRole needs {apiGroups: ["apps"], resources: ["deployments"], verbs: ["list", "watch"]}';

function controller(name: string, status: 'True' | 'False'): ControllerStatus {
  const conditions = [
    { type: 'Ready', status, reason: status === 'True' ? 'Watching' : 'Forbidden', message },
  ] as const;
  return { name, use: name, conditions, counts: {} as never, caches: [] };
}

const leadership = { role: 'leading', leaders: [] } as const;
const checks = (ready: boolean, backendFault?: string) => () =>
  readyChecks({
    ready,
    backendFault,
    leadership: () => leadership,
    status: () => [controller('pods', 'True'), controller('deployments', 'False')],
  });

describe('/readyz of the controllers', () => {
  test('names what is not ready, and each controller with the cause', () => {
    expect(healthAnswer('/readyz', checks(false, 'https://s cannot be reached: ECONNREFUSED'))).toEqual({
      status: 500,
      text: [
        '[+]ping ok',
        '[-]first-lists failed: the first lists are not decided yet',
        '[+]leadership ok (leading)',
        '[-]server failed: https://s cannot be reached: ECONNREFUSED (reported only)',
        '[+]pods ok',
        `[-]deployments failed: Forbidden: ${message} (reported only)`,
        'readyz check failed\n',
      ].join('\n'),
    });
  });

  test('one controller that cannot watch does not take a ready process out, and is told on request', () => {
    expect(healthAnswer('/readyz', checks(true))).toEqual({ status: 200, text: 'ok' });
    expect(healthAnswer('/readyz?verbose', checks(true))).toMatchObject({
      status: 200,
      text: expect.stringContaining('[-]deployments failed: Forbidden'),
    });
    expect(healthAnswer('/readyz/deployments', checks(true))).toMatchObject({ status: 500 });
    expect(healthAnswer('/readyz/pods', checks(true))).toEqual({ status: 200, text: 'ok' });
    expect(healthAnswer('/readyz?exclude=first-lists', checks(false))).toEqual({ status: 200, text: 'ok' });
  });

  test('who stands by is ready, and says so', () => {
    const says = (status: LeadershipStatus): string | undefined => {
      const answer = healthAnswer('/readyz/leadership?verbose', () =>
        readyChecks({ ready: true, backendFault: undefined, leadership: () => status, status: () => [] }),
      );
      return answer?.text.split('\n')[0];
    };
    expect(says({ role: 'standby', leaders: ['pod-1'] })).toBe('[+]leadership ok (standby: pod-1 leads)');
    expect(says({ role: 'standby', leaders: [] })).toBe('[+]leadership ok (standby)');
    expect(says({ role: 'leading', leaders: [], shards: ['0-of-2', '1-of-2'] })).toBe(
      '[+]leadership ok (leading 0-of-2, 1-of-2)',
    );
  });

  test('who is not ready says what it waits for', () => {
    const waits = (leadership: LeadershipStatus) =>
      readyChecks({ ready: false, backendFault: undefined, leadership: () => leadership, status: () => [] })[0]?.fault;
    expect(waits({ role: 'leading', leaders: [] })).toBe('the first lists are not decided yet');
    expect(waits({ role: 'standby', leaders: ['pod-1'] })).toBe('the caches are not filled yet');
    expect(waits({ role: 'standby', leaders: [] })).toBe('nobody leads yet, as far as is known here');
  });

  test('life is asked of the process alone', () => {
    for (const path of ['/livez', '/healthz', '/livez/ping']) {
      expect(healthAnswer(path, checks(false))).toEqual({ status: 200, text: 'ok' });
    }
    for (const path of ['/readyz/nothing', '/readyz/pods/x', '/metrics', '/']) {
      expect(healthAnswer(path, checks(true))).toBeUndefined();
    }
  });
});
