import { describe, expect, it } from 'vitest';
import type { Report, ReportResult } from '../../crds/report.ts';
import { ManualClock, settle } from '../testing/manual-clock.ts';
import type { Backend, BackendAnswer } from './backend.ts';
import { HttpSink } from './http-sink.ts';
import { silentLogger } from './logger.ts';

type Handler = (reports: readonly Report[]) => Partial<BackendAnswer> | Promise<Partial<BackendAnswer>>;

const accept: Handler = (reports) => ({
  status: 200,
  body: { results: reports.map((_, index) => ({ index, status: 200 })) },
});
const away: Handler = () => ({ status: 0, again: true, error: 'connect ECONNREFUSED' });

function setup(capacity = 5_000, maxBuffered?: number) {
  const clock = new ManualClock();
  const world = { handler: accept, batches: [] as Report[][], warnings: [] as string[] };
  const backend: Backend = {
    url: 'http://backend',
    async call(_method, _path, body) {
      const reports = JSON.parse(body as string) as Report[];
      world.batches.push(reports);
      return { status: 200, again: false, body: undefined, error: '', ...(await world.handler(reports)) };
    },
  };
  const logger = { ...silentLogger, warn: (_: object, message: string) => void world.warnings.push(message) };
  const sink = new HttpSink({ backend, logger, clock, random: () => 1, capacity, ...(maxBuffered && { maxBuffered }) });
  const stop = new AbortController();
  const running = sink.run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  return Object.assign(world, { sink, clock, end, running });
}

function report(name: string, sequence = 1, order: 'run' | 'state' = 'run'): Report {
  const key =
    order === 'run'
      ? ({ class: 'run', uid: name, detail: 0, epoch: 1, sequence } as const)
      : ({ class: 'state', epoch: 1, sequence } as const);
  return {
    source: 'test',
    namespace: 'ns',
    subject: { apiVersion: 'v1', kind: 'Thing', name },
    order: key,
    body: { complete: true, findings: [] },
  };
}

const many = (count: number): Report[] => Array.from({ length: count }, (_, index) => report(`r${index}`));
const statuses = (results: readonly ReportResult[]): number[] => results.map(({ status }) => status);

/** One request under way until `slow` resolves, and another one that was refused meanwhile. */
async function oneSlowOneLost(world: ReturnType<typeof setup>) {
  const slow = Promise.withResolvers<void>();
  world.handler = async (reports) => {
    if (reports[0]?.subject.name !== 'slow') return away(reports);
    await slow.promise;
    return accept(reports);
  };
  const answers = [world.sink.submit([report('slow')])];
  await settle();
  answers.push(world.sink.submit([report('lost')]));
  await settle();
  return { slow, answers };
}

describe('the sink', () => {
  it('sends what arrives while a batch is under way as the next one, at most 1,000 at once', async () => {
    const world = setup();
    const gate = Promise.withResolvers<void>();
    world.handler = async (reports) => {
      await gate.promise;
      return accept(reports);
    };
    const first = world.sink.submit([report('first')]);
    await settle();
    const rest = [world.sink.submit(many(1_500)), world.sink.submit([report('last')])];
    gate.resolve();
    expect(statuses(await first)).toEqual([200]);
    expect((await Promise.all(rest)).flat()).toHaveLength(1_501);
    expect(world.batches.map((batch) => batch.length)).toEqual([1, 1_000, 501]);
    await world.end();
  });

  it('lets few reports wait for no request before, but for those about their own subject, and for the fourth', async () => {
    const world = setup();
    const gates: PromiseWithResolvers<void>[] = [];
    world.handler = async (reports) => {
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
      return accept(reports);
    };
    const answers: Promise<ReportResult[]>[] = [];
    const submit = async (...reports: Report[]): Promise<void> => {
      answers.push(world.sink.submit(reports));
      await settle();
    };
    const sent = (): string[][] => world.batches.map((batch) => batch.map(({ subject }) => subject.name));
    await submit(report('a'));
    await submit(report('a', 2), { ...report('a', 3), subject: { ...report('a').subject, aspect: 'pr/1' } });
    await submit(report('b'));
    expect(sent()).toEqual([['a'], ['b']]);
    gates[0]?.resolve();
    await settle();
    expect(sent()).toEqual([['a'], ['b'], ['a', 'a']]);
    for (const name of ['c', 'd', 'e', 'f']) await submit(report(name));
    expect(sent().slice(3)).toEqual([['c'], ['d']]);
    while (gates.length > 0) {
      gates.shift()?.resolve();
      await settle();
    }
    expect((await Promise.all(answers)).flat()).toHaveLength(8);
    expect(sent().slice(5)).toEqual([['e', 'f']]);
    await world.end();
  });

  it('gives each report its own result', async () => {
    const world = setup();
    world.handler = (reports) => ({
      body: { results: reports.map((_, index) => ({ index, status: index === 1 ? 422 : 200, error: 'no' })) },
    });
    expect(statuses(await world.sink.submit(many(3)))).toEqual([200, 422, 200]);
    await world.end();
  });

  it('keeps everything while the backend is away, says it once, and sends it with backoff afterwards', async () => {
    const world = setup();
    world.handler = away;
    const answer = world.sink.submit(many(3));
    for (const ms of [250, 500, 1_000]) await world.clock.advance(ms);
    expect(world.batches).toHaveLength(4);
    expect(world.warnings).toEqual(['reports wait for the backend']);
    expect(world.sink.buffered).toBe(3);
    world.handler = accept;
    await world.clock.advance(2_000);
    expect(statuses(await answer)).toEqual([200, 200, 200]);
    await world.end();
  });

  it('waits as long as Retry-After says', async () => {
    const world = setup();
    world.handler = () => ({ status: 429, again: true, retryAfterMs: 60_000, error: 'busy' });
    const answer = world.sink.submit(many(1));
    await world.clock.advance(59_000);
    expect(world.batches).toHaveLength(1);
    world.handler = accept;
    await world.clock.advance(1_000);
    expect(statuses(await answer)).toEqual([200]);
    await world.end();
  });

  it('sends only those again that the backend could not take', async () => {
    const world = setup();
    world.handler = (reports) => ({
      body: { results: reports.map((each, index) => ({ index, status: each.subject.name === 'r1' ? 503 : 200 })) },
    });
    const answer = world.sink.submit(many(3));
    await settle();
    world.handler = accept;
    await world.clock.advance(250);
    expect(statuses(await answer)).toEqual([200, 200, 200]);
    expect(world.batches[1]?.map(({ subject }) => subject.name)).toEqual(['r1']);
    await world.end();
  });

  it.each([
    [401, 403],
    [403, 403],
    [404, 422],
    [409, 409],
    [418, 422],
  ])('does not repeat a %i, which each report gets as %i', async (status, expected) => {
    const world = setup();
    world.handler = () => ({ status, error: 'no' });
    expect(statuses(await world.sink.submit(many(2)))).toEqual([expected, expected]);
    expect(world.batches).toHaveLength(1);
    await world.end();
  });

  it('sends nothing while one of its requests waits to be sent again', async () => {
    const world = setup();
    const { slow, answers } = await oneSlowOneLost(world);
    slow.resolve();
    answers.push(world.sink.submit([report('next')]));
    await settle();
    expect(world.batches).toHaveLength(2);
    world.handler = accept;
    await world.clock.advance(250);
    expect((await Promise.all(answers)).flat()).toHaveLength(3);
    expect(world.batches[2]?.map(({ subject }) => subject.name)).toEqual(['lost', 'next']);
    await world.end();
  });

  it('finds the report that spoils its batch, and gets the others through', async () => {
    const world = setup();
    world.handler = (reports) =>
      reports.some(({ subject }) => subject.name === 'r5') ? { status: 413, error: 'too large' } : accept(reports);
    const results = await world.sink.submit(many(9));
    expect(statuses(results)).toEqual([200, 200, 200, 200, 200, 422, 200, 200, 200]);
    await world.end();
  });

  it('never makes a body larger than the server takes', async () => {
    const world = setup();
    const large = many(10).map((each) => ({
      ...each,
      body: {
        complete: true as const,
        findings: [{ key: 'k', type: 't', severity: 'minor' as const, reason: 'R', title: 'x'.repeat(600_000) }],
      },
    }));
    await world.sink.submit(large);
    for (const batch of world.batches) expect(JSON.stringify(batch).length).toBeLessThan(3 * 1_048_576);
    expect(world.batches.flat()).toHaveLength(10);
    await world.end();
  });

  it.each([
    ['with all others of its request', false],
    ['as a whole request', true],
  ])('lets others pass one namespace that is told 429 %s, and sends that when its time has come', async (_, whole) => {
    const world = setup();
    const error = 'too many reports for namespace noisy: 10 a second are taken (limits.namespace)';
    let busy = true;
    world.handler = (reports) => {
      const isNoisy = (each: Report): boolean => busy && each.namespace === 'noisy';
      if (whole && reports.every(isNoisy)) return { status: 429, again: true, retryAfterMs: 5_000, error };
      const results = reports.map((each, index) =>
        isNoisy(each) ? { index, status: 429, error, retryAfterSeconds: 5 } : { index, status: 200 },
      );
      return { body: { results } };
    };
    const inNoisy = (each: Report): Report => ({ ...each, namespace: 'noisy' });
    const noisy = [world.sink.submit([...many(3).map(inNoisy), ...(whole ? [] : [report('beside')])])];
    await settle();
    noisy.push(world.sink.submit([inNoisy(report('r0', 2))]));
    for (const name of ['a', 'b']) expect(statuses(await world.sink.submit([report(name)]))).toEqual([200]);
    busy = false;
    await world.clock.advance(4_999);
    expect(world.batches).toHaveLength(3);
    await world.clock.advance(1);
    expect((await Promise.all(noisy)).flat().every(({ status }) => status === 200)).toBe(true);
    expect(world.batches[3]?.map(({ subject }) => subject.name)).toEqual(['r0', 'r1', 'r2', 'r0']);
    expect(world.warnings).toEqual(['some reports wait for the backend']);
    await world.end();
  });

  it('rests altogether where the server says that it is full', async () => {
    const world = setup();
    const full = '20000 reports are waiting already: try again in a second';
    world.handler = () => ({ status: 429, again: true, retryAfterMs: 1_000, error: full });
    const answers = [world.sink.submit([report('a')])];
    await settle();
    answers.push(world.sink.submit([{ ...report('b'), namespace: 'other' }]));
    await world.clock.advance(999);
    expect(world.batches).toHaveLength(1);
    world.handler = accept;
    await world.clock.advance(1);
    expect((await Promise.all(answers)).flat()).toHaveLength(2);
    await world.end();
  });

  it('answers the latest of what rests for its namespace where there is no more room', async () => {
    const world = setup(4);
    const error = 'too many reports for namespace ns: 10 a second are taken (limits.namespace)';
    world.handler = () => ({ status: 429, again: true, retryAfterMs: 60_000, error });
    const answers = many(4).map((each) => world.sink.submit([each]));
    await settle();
    expect(world.sink.buffered).toBe(2);
    expect(await Promise.all(answers.slice(2))).toMatchObject([[{ status: 429, error }], [{ status: 429, error }]]);
    world.handler = accept;
    expect(statuses(await world.sink.submit([{ ...report('b'), namespace: 'other' }]))).toEqual([200]);
    await world.clock.advance(60_000);
    expect((await Promise.all(answers.slice(0, 2))).flat().map(({ status }) => status)).toEqual([200, 200]);
    await world.end();
  });

  it('sends a deletion that has to come again before what was said later about the same thing', async () => {
    const world = setup();
    const answered: string[] = [];
    let busy = true;
    world.handler = (reports) => ({
      status: 200,
      body: {
        results: reports.map((each, index) => {
          const what = 'deleted' in each.body ? 'deleted' : each.order.class === 'run' ? each.order.sequence : '';
          const status = busy && what === 'deleted' ? 503 : 200;
          answered.push(`${each.subject.name} ${what} ${status}`);
          return { index, status };
        }),
      },
    });
    const gone: Report = { ...report('a', 2), body: { deleted: 'subject' } };
    const again = { ...report('a', 3), subject: { ...report('a').subject, aspect: 'pr/1' } };
    // In one batch it may be refused while what follows it is taken; beside others it is sent behind them.
    const answers = world.sink.submit([report('a', 1), gone, again, report('b', 4), report('a', 5)]);
    await settle();
    busy = false;
    await world.clock.advance(250);
    expect(statuses(await answers)).toEqual([200, 200, 200, 200, 200]);
    const ofA = answered.filter((each) => each.startsWith('a '));
    expect(ofA.filter((each) => each.endsWith('200'))).toEqual(['a 1 200', 'a deleted 200', 'a 3 200', 'a 5 200']);
    expect(ofA).toContain('a deleted 503');
    expect(world.batches[0]?.map(({ subject }) => subject.name)).toEqual(['a', 'a', 'b']);
    await world.end();
  });

  it('sends what has to come again in its order, later every time, and what is about other things meanwhile', async () => {
    const world = setup();
    const gate = Promise.withResolvers<void>();
    world.handler = async (reports) => {
      await gate.promise;
      const status = ({ subject }: Report): number => (subject.name === 'r0' ? 503 : 200);
      return { body: { results: reports.map((each, index) => ({ index, status: status(each) })) } };
    };
    const answers = [world.sink.submit(many(20))];
    await settle();
    answers.push(world.sink.submit([report('r0', 2), report('other', 3)]));
    gate.resolve();
    await settle();
    const sent = (batch: number): unknown[] | undefined =>
      world.batches[batch]?.map(({ subject, order }) => [subject.name, 'sequence' in order && order.sequence]);
    const both = [
      ['r0', 1],
      ['r0', 2],
    ];
    expect([world.batches.length, sent(1)]).toEqual([2, [['other', 3]]]);
    await world.clock.advance(250);
    expect([world.batches.length, sent(2)]).toEqual([3, both]);
    world.handler = accept;
    await world.clock.advance(499);
    expect(world.batches).toHaveLength(3);
    await world.clock.advance(1);
    expect((await Promise.all(answers)).flat()).toHaveLength(22);
    expect(sent(3)).toEqual(both);
    await world.end();
    expect(world.clock.pending).toBe(0);
  });

  it('takes a fault that meets several requests for one, and goes on when one rest is over', async () => {
    const world = setup();
    const gates: PromiseWithResolvers<void>[] = [];
    world.handler = async (reports) => {
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
      return away(reports);
    };
    const answers: Promise<ReportResult[]>[] = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      answers.push(world.sink.submit([report(name)]));
      await settle();
    }
    for (const gate of gates) gate.resolve();
    await settle();
    world.handler = away;
    await world.clock.advance(250);
    const tried = world.batches.length;
    expect(tried).toBeGreaterThan(4);
    world.handler = accept;
    await world.clock.advance(499);
    expect(world.batches).toHaveLength(tried);
    await world.clock.advance(1);
    expect((await Promise.all(answers)).flat()).toHaveLength(4);
    await world.end();
  });

  it('does not take what was sent before the fault for a word that it is over', async () => {
    const world = setup();
    const { slow, answers } = await oneSlowOneLost(world);
    await world.clock.advance(250);
    expect(world.batches).toHaveLength(3);
    slow.resolve();
    await settle();
    await world.clock.advance(500);
    expect(world.batches).toHaveLength(4);
    await world.clock.advance(999);
    expect(world.batches).toHaveLength(4);
    world.handler = accept;
    await world.clock.advance(1);
    expect((await Promise.all(answers)).flat()).toHaveLength(2);
    await world.end();
  });

  it('hands back at once what would open too many issues, and keeps its buffer for the others', async () => {
    const error = 'too many issues: source test has 2 Active ones';
    const world = setup();
    world.handler = (reports) => ({
      status: 200,
      body: {
        results: reports.map((_, index) => (index === 0 ? { index, status: 429, error } : { index, status: 200 })),
      },
    });
    expect(statuses(await world.sink.submit(many(2)))).toEqual([429, 200]);
    world.handler = () => ({ status: 429, again: true, retryAfterMs: 60_000, error });
    expect(await world.sink.submit(many(2))).toMatchObject([{ status: 429, error }, { status: 429 }]);
    expect([world.sink.buffered, world.warnings]).toEqual([0, []]);
    await world.end();
  });

  it('sends of a living thing only the latest look, and tells it to all who wait', async () => {
    const world = setup();
    world.handler = away;
    const looks = [world.sink.submit([report('blocker')])];
    await settle();
    for (let sequence = 1; sequence <= 5; sequence++)
      looks.push(world.sink.submit([report('a', sequence, 'state'), report('run', sequence)]));
    world.handler = accept;
    await world.clock.advance(250);
    expect((await Promise.all(looks)).flat().every(({ status }) => status === 200)).toBe(true);
    const sent = world.batches.flat().filter(({ subject }) => subject.name === 'a');
    expect(sent.map(({ order }) => order)).toEqual([{ class: 'state', epoch: 1, sequence: 5 }]);
    expect(world.batches.flat().filter(({ subject }) => subject.name === 'run')).toHaveLength(5);
    await world.end();
  });

  it.each([
    ['reports', [2]],
    ['characters', [5_000, 200]],
  ])('has no room while its buffer is full of %s', async (_, [capacity, maxBuffered]) => {
    const world = setup(capacity, maxBuffered);
    world.handler = away;
    const answer = world.sink.submit(many(2));
    let room = false;
    const waiting = world.sink.room(new AbortController().signal).then(() => {
      room = true;
    });
    await settle();
    expect(room).toBe(false);
    world.handler = accept;
    await world.clock.advance(250);
    await Promise.all([answer, waiting]);
    expect(room).toBe(true);
    await world.end();
  });

  it('rejects at its end what was not acknowledged, so that nobody takes it for stored', async () => {
    const world = setup();
    world.handler = away;
    const answer = world.sink.submit(many(1));
    await settle();
    await Promise.all([expect(answer).rejects.toThrow('closed'), world.end()]);
    await expect(world.sink.submit(many(1))).rejects.toThrow('closed');
    expect(world.clock.pending).toBe(0);
  });

  it('ends with what is wrong with it, instead of sending the same again for ever', async () => {
    const world = setup();
    world.handler = () => ({ body: { results: [null] } });
    const ended = expect(world.running).rejects.toThrow(TypeError);
    world.sink.submit(many(1)).catch(() => {});
    await ended;
    expect(world.batches).toHaveLength(1);
  });

  it('is drained when everything is acknowledged', async () => {
    const world = setup();
    await world.sink.drained();
    const answer = world.sink.submit(many(5));
    await world.sink.drained();
    expect(await answer).toHaveLength(5);
    await world.end();
  });
});
