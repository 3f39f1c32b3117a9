import { describe, expect, test } from 'vitest';
import { observed, type Subject, stripped, subjectOf } from '../../../tests/controllers/contract.ts';
import type { ObjectLike, Observation } from '../../index.ts';
import controller from '../pod/index.ts';

/** A Pod through time: an issue that opens and resolves at every restart would be noise. */

const START = Date.UTC(2026, 10, 20, 8);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const time = (ms: number): string => new Date(START + ms).toISOString();

type ContainerState = { restartCount: number; state: object; lastState?: object };

function podOf(container: ContainerState): ObjectLike {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', uid: 'u', creationTimestamp: time(0) },
    spec: { nodeName: 'a', restartPolicy: 'Always' },
    status: { phase: 'Running', startTime: time(0), containerStatuses: [{ name: 'app', ...container }] },
  } as unknown as ObjectLike;
}

interface Step {
  readonly from: number;
  readonly container: ContainerState;
}

/** What kubelet makes of a container that crashes after `runs` ms each time: it waits 10 s, 20 s, … 5 min in between. */
function crashing(runs: number, until: number, end: object = { exitCode: 1, reason: 'Error' }): Step[] {
  const steps: Step[] = [];
  let now = 0;
  let lastState = {};
  for (let restartCount = 0; now < until; restartCount++) {
    steps.push({ from: now, container: { restartCount, state: { running: { startedAt: time(now) } }, lastState } });
    const terminated = { ...end, startedAt: time(now), finishedAt: time(now + runs) };
    now += runs;
    steps.push({ from: now, container: { restartCount, state: { terminated }, lastState } });
    lastState = { terminated };
    const waiting = { reason: 'CrashLoopBackOff', message: 'back-off' };
    steps.push({ from: now + 500, container: { restartCount, state: { waiting }, lastState } });
    now += Math.min(10 * SECOND * 2 ** restartCount, 5 * MINUTE);
  }
  return steps;
}

/** Looked at as the runtime does: at every change, and whenever a look asked for it. */
async function reasons(steps: readonly Step[], until: number): Promise<string[]> {
  const subject = (now: number): Subject => ({ ...subjectOf(controller), now: START + now });
  const said: string[] = [];
  for (const [index, { from, container }] of steps.entries()) {
    const end = Math.min(steps[index + 1]?.from ?? until, until);
    for (let now = from; now < end; ) {
      const [pod] = stripped(subject(now).definition, [podOf(container)]) as [ObjectLike];
      const { findings, again = Number.POSITIVE_INFINITY } = (await observed(subject(now), pod, [pod])) as Observation;
      const word = findings.map(({ reason }) => reason).join() || 'healthy';
      if (said.at(-1) !== word) said.push(word);
      now += Math.max(again, SECOND);
    }
  }
  return said;
}

describe('a container that crashes', () => {
  test.each([1, 20, 120, 540].map((seconds) => seconds * SECOND))(
    'after %d ms, again and again: one issue that stays, however it is met',
    async (runs) => {
      expect(await reasons(crashing(runs, 6 * 60 * MINUTE), 6 * 60 * MINUTE)).toEqual(['healthy', 'CrashLoopBackOff']);
    },
  );

  test('after a quarter of an hour each time is no crash loop', async () => {
    expect(await reasons(crashing(15 * MINUTE, 6 * 60 * MINUTE), 6 * 60 * MINUTE)).toEqual(['healthy']);
  });

  test('and then runs: the issue resolves once, when it has run for stableFor', async () => {
    const crashes = crashing(5 * SECOND, 30 * MINUTE);
    const last = crashes.at(-1) as Step;
    const well = 60 * MINUTE;
    const running = { ...last.container, restartCount: 20, state: { running: { startedAt: time(well) } } };
    const steps = [...crashes, { from: well, container: running }];
    expect(await reasons(steps, well + 9 * MINUTE)).toEqual(['healthy', 'CrashLoopBackOff']);
    expect(await reasons(steps, well + 11 * MINUTE)).toEqual(['healthy', 'CrashLoopBackOff', 'healthy']);
  });

  test('once, or twice, has recovered', async () => {
    const crashes = crashing(5 * SECOND, 20 * SECOND).slice(0, 3);
    const last = crashes.at(-1) as Step;
    const steps = [
      ...crashes,
      {
        from: MINUTE,
        container: { ...last.container, restartCount: 2, state: { running: { startedAt: time(MINUTE) } } },
      },
    ];
    expect(await reasons(steps, 3 * 60 * MINUTE)).toEqual(['healthy']);
  });

  test('for want of memory: named so from the first time, and for as long as it goes on', async () => {
    const oom = { exitCode: 137, reason: 'OOMKilled' };
    expect(await reasons(crashing(30 * SECOND, 6 * 60 * MINUTE, oom), 6 * 60 * MINUTE)).toEqual([
      'healthy',
      'OOMKilled',
    ]);
    const once = crashing(30 * SECOND, 35 * SECOND, oom).slice(0, 3);
    const last = once.at(-1) as Step;
    const steps = [
      ...once,
      {
        from: MINUTE,
        container: { ...last.container, restartCount: 1, state: { running: { startedAt: time(MINUTE) } } },
      },
    ];
    expect(await reasons(steps, 3 * 60 * MINUTE)).toEqual(['healthy', 'OOMKilled', 'healthy']);
  });
});

describe('an image that cannot be pulled', () => {
  const pull = (reason: string, from: number): Step => ({
    from,
    container: { restartCount: 0, state: { waiting: { reason } } },
  });

  test('is one issue, although kubelet has two words for it in turn', async () => {
    const steps = Array.from({ length: 40 }, (_, index) =>
      pull(index % 2 === 0 ? 'ErrImagePull' : 'ImagePullBackOff', index * 20 * SECOND),
    );
    expect(await reasons(steps, 20 * MINUTE)).toEqual(['healthy', 'ImagePullBackOff']);
  });

  test('at first, and then can: no issue', async () => {
    const running = {
      from: 50 * SECOND,
      container: { restartCount: 0, state: { running: { startedAt: time(50 * SECOND) } } },
    };
    expect(
      await reasons([pull('ErrImagePull', 0), pull('ImagePullBackOff', 15 * SECOND), running], 20 * MINUTE),
    ).toEqual(['healthy']);
  });
});
