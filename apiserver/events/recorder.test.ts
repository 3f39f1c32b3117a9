import { describe, expect, it } from 'vitest';
import { TOTAL_RATE } from './budget.ts';
import { type CoreEvent, eventsOf } from './event.ts';
import { EventRecorder, MAX_AGE_MS } from './recorder.ts';
import { CONTEXT, type IssueChanges, NOW, sampleTransition } from './testing/samples.ts';
import type { WriteAnswer } from './writer.ts';

/** A cluster that answers what it is told to, and a clock that only moves when somebody pauses. */
function setUp() {
  const world = {
    now: NOW,
    answers: [] as WriteAnswer[],
    created: [] as CoreEvent[],
    repeated: [] as { name: string; count: number; lastTimestamp: string }[],
    outcomes: [] as string[],
    told: [] as string[],
    pauses: [] as number[],
    mine: true,
    onWrite: () => {},
  };
  const next = (): WriteAnswer => world.answers.shift() ?? { outcome: 'written' };
  const recorder = new EventRecorder({
    writer: {
      async create(event) {
        const answer = next();
        world.onWrite();
        if (answer.outcome === 'written') world.created.push(event);
        return answer;
      },
      async repeat({ name }, change) {
        const answer = next();
        if (answer.outcome === 'written') world.repeated.push({ name, ...change });
        return answer;
      },
    },
    metrics: { counted: (outcome) => world.outcomes.push(outcome) },
    log: {
      info: (_, message) => world.told.push(message),
      warn: (fields, message) => world.told.push(`${message}: ${(fields as { cause: string }).cause}`),
    },
    now: () => world.now,
    async pause(ms) {
      world.pauses.push(ms);
      world.now += ms;
    },
  });
  const record = (event: CoreEvent, at = world.now, signal = new AbortController().signal) =>
    recorder.record(event, at, async () => world.mine, signal);
  return { world, record };
}

const opened = (changes: IssueChanges = {}, at = NOW) =>
  eventsOf(sampleTransition('opened', changes, at), CONTEXT)[0] as CoreEvent;
const unreachable: WriteAnswer = { outcome: 'unreachable', message: 'connection refused' };
const busy: WriteAnswer = { outcome: 'busy', status: 429, message: 'too many' };
const forbidden: WriteAnswer = { outcome: 'refused', status: 403, message: 'may not create events' };

describe('what is written', () => {
  it('is created the first time, and raises the count of the first when it is identical', async () => {
    const { world, record } = setUp();
    const first = opened();
    await record(first);
    await record(opened({}, NOW + 60_000), NOW);
    await record(opened({ spec: { title: 'something else' } }));
    expect(world.created.map(({ message, count }) => [message, count])).toEqual([
      ['major: The build of payments failed (TaskRunFailed)', 1],
      ['major: something else (TaskRunFailed)', 1],
    ]);
    expect(world.repeated).toEqual([{ name: first.metadata.name, count: 2, lastTimestamp: '2026-11-21T10:01:00Z' }]);
  });

  it('is created again when the cluster has forgotten the first, with the count it has come to', async () => {
    const { world, record } = setUp();
    await record(opened());
    world.answers = [{ outcome: 'missing', message: 'gone' }];
    await record(opened());
    expect(world.created.map(({ count, firstTimestamp }) => [count, firstTimestamp])).toEqual([
      [1, '2026-11-21T10:00:00Z'],
      [2, '2026-11-21T10:00:00Z'],
    ]);
  });
});

describe('limits', () => {
  it('an object may have 25 at once and then one in five minutes, and one that says too much takes nothing from others', async () => {
    const { world, record } = setUp();
    const said = (n: number) => opened({ spec: { title: `text ${n}` } });
    for (let n = 0; n < 30; n++) await record(said(n));
    expect(world.created).toHaveLength(25);
    expect(world.outcomes.filter((outcome) => outcome === 'limited')).toHaveLength(5);
    await record({ ...opened(), involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'other' } });
    expect(world.created).toHaveLength(26);
    world.now += 299_000;
    await record(said(31));
    expect(world.created).toHaveLength(26);
    world.now += 2_000;
    await record(said(32));
    expect(world.created).toHaveLength(27);
  });

  it('thousands of objects at once write 200, and 5 a second from then on', async () => {
    const { world, record } = setUp();
    const of = (name: string): CoreEvent => ({
      ...opened(),
      involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name },
    });
    for (let n = 0; n < 1_000; n++) await record(of(`pod-${n}`));
    expect(world.created).toHaveLength(TOTAL_RATE.burst);
    world.now += 2_000;
    for (let n = 0; n < 100; n++) await record(of(`later-${n}`));
    expect(world.created).toHaveLength(TOTAL_RATE.burst + 10);
  });

  it('what was limited is in the count of the next one that is written', async () => {
    const { world, record } = setUp();
    for (let n = 0; n < 40; n++) await record(opened());
    world.now += 301_000;
    await record(opened());
    expect(world.repeated.at(-1)?.count).toBe(41);
  });
});

describe('what cannot be written', () => {
  it('waits for a cluster that is away, with longer and longer pauses, and is told once', async () => {
    const { world, record } = setUp();
    world.answers = Array.from({ length: 8 }, () => unreachable);
    expect(await record(opened())).toBe(true);
    expect(world.pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
    expect(world.told).toEqual(['an Event cannot be written: connection refused', 'Events can be written again']);
    expect(world.outcomes).toEqual(['written']);
  });

  it('is given up when it is ten minutes old, and so is at once what is older', async () => {
    const { world, record } = setUp();
    world.answers = Array.from({ length: 1_000 }, () => unreachable);
    await record(opened());
    expect(world.now - NOW).toBeGreaterThan(MAX_AGE_MS);
    expect(world.now - NOW).toBeLessThan(MAX_AGE_MS + 20_000);
    const asked = world.answers.length;
    await record(opened(), NOW);
    expect(world.answers).toHaveLength(asked);
    expect(world.outcomes).toEqual(['old', 'old']);
  });

  it('stays to be done when another process writes now', async () => {
    const { world, record } = setUp();
    world.answers = [unreachable];
    world.mine = false;
    expect(await record(opened())).toBe(false);
    expect(world.outcomes).toEqual([]);
  });

  it('stays to be done when this process ends in the middle of it, and nobody is told of a fault', async () => {
    const { world, record } = setUp();
    const ending = new AbortController();
    world.answers = [unreachable];
    world.onWrite = () => ending.abort();
    expect(await record(opened(), world.now, ending.signal)).toBe(false);
    expect([world.outcomes, world.told]).toEqual([[], []]);
  });

  it('is tried five times by a busy cluster, not for ever: the next ones wait behind it', async () => {
    const { world, record } = setUp();
    world.answers = Array.from({ length: 9 }, () => busy);
    await record(opened());
    await record(opened({ spec: { title: 'next' } }));
    expect(world.outcomes).toEqual(['failed', 'written']);
    expect(world.pauses.slice(0, 4)).toEqual([500, 1_000, 2_000, 4_000]);
  });

  it('is not tried again where rights are missing, and that is told once in ten minutes', async () => {
    const { world, record } = setUp();
    world.answers = Array.from({ length: 4 }, () => forbidden);
    for (const title of ['a', 'b', 'c']) await record(opened({ spec: { title } }));
    expect(world.outcomes).toEqual(['refused', 'refused', 'refused']);
    expect(world.told).toEqual(['an Event cannot be written: may not create events']);
    world.now += 600_000;
    await record(opened({ spec: { title: 'd' } }));
    expect(world.told).toHaveLength(2);
  });

  it('is nothing to tell where the namespace is going', async () => {
    const { world, record } = setUp();
    world.answers = [
      { outcome: 'terminating', message: 'it is being terminated' },
      { outcome: 'missing', message: 'not found' },
    ];
    await record(opened({ spec: { title: 'a' } }));
    await record(opened({ spec: { title: 'b' } }));
    expect(world.outcomes).toEqual(['gone', 'gone']);
    expect(world.told).toEqual([]);
  });
});
