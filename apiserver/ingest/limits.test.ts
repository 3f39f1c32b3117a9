import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Report, ReportsResponse } from '../../crds/report.ts';
import type { Store } from '../store/store.ts';
import { createEngine, type Engine, type EngineLimits, type EngineOptions } from './engine.ts';
import { localNamespaces } from './namespaces.ts';
import { trustedAccess } from './ports.ts';
import { CALLER, EngineFixture } from './testing/engine-fixture.ts';
import { finding, report, SUBJECT } from './testing/world.ts';

/** One noisy tenant does not starve the rest: on the real store, PGlite in memory, with a clock that stands still. */

let fixture: EngineFixture;
beforeAll(async () => {
  fixture = await EngineFixture.open();
});
afterAll(() => fixture[Symbol.asyncDispose]());
beforeEach(() => fixture.empty());

const OFF = { reportsPerSecond: 0, burst: 1 };
const limits = (some: Partial<EngineLimits>): EngineLimits => ({
  namespace: OFF,
  source: OFF,
  activeIssues: 0,
  ...some,
});
const red = (namespace: string, name: string, more: Partial<Report> = {}, keys = ['run'], sequence = 1): Report =>
  report(
    { class: 'state', epoch: 1, sequence },
    { complete: true, findings: keys.map((key) => finding(key)) },
    { namespace, subject: { ...SUBJECT, namespace, name }, ...more },
  );
const green = (namespace: string, name: string): Report => red(namespace, name, {}, [], 2);
const statuses = ({ results }: ReportsResponse): number[] => results.map(({ status }) => status);

function engineOn(store: Store, options: Partial<EngineOptions> = {}): Engine {
  return createEngine({ store, namespaces: localNamespaces('x'), access: trustedAccess, ...options });
}

/** The real store, whose commits wait until they are let go, with the subjects of each batch. */
function held(): { store: Store; batches: string[][]; letGo: () => void } {
  const batches: string[][] = [];
  const go = Promise.withResolvers<void>();
  const store = new Proxy(fixture.store as Store, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (name !== 'commit') return typeof member === 'function' ? member.bind(target) : member;
      return async (writes: Parameters<Store['commit']>[0]) => {
        batches.push(writes.map(({ ref }) => `${ref.namespace}/${ref.subject.name}`));
        await go.promise;
        return target.commit(writes);
      };
    },
  });
  return { store, batches, letGo: go.resolve };
}

describe('the rates of a request', () => {
  test('refuse the reports of a noisy namespace one by one, and take the others', async () => {
    await using engine = fixture.start({
      limits: limits({ namespace: { reportsPerSecond: 1, burst: 2 } }),
      now: () => 0,
    });
    const answer = await engine.submit(
      [...['a', 'b', 'c'].map((name) => red('noisy', name)), red('quiet', 'a')],
      CALLER,
    );
    expect(statuses(answer)).toEqual([200, 200, 429, 200]);
    expect(answer.results[2]?.error).toContain('too many reports for namespace noisy');
  });

  test('refuse a request of which nothing is taken as a whole, with when to try again', async () => {
    await using engine = fixture.start({
      limits: limits({ source: { reportsPerSecond: 0.2, burst: 1 } }),
      now: () => 0,
    });
    await engine.submit(red('team-a', 'a'), CALLER);
    await expect(engine.submit([red('team-a', 'b'), red('team-a', 'c')], CALLER)).rejects.toMatchObject({
      name: 'TooManyReports',
      message: expect.stringContaining('for source tekton-pipelinerun in namespace team-a'),
      retryAfterSeconds: 5,
    });
    // For two reasons: whoever is told of one only would wait for the wrong thing.
    await engine.submit(red('team-c', 'a'), CALLER);
    const { results } = await engine.submit([red('team-a', 'b'), red('team-c', 'b')], CALLER);
    expect(results).toMatchObject([
      { status: 429, error: expect.stringContaining('in namespace team-a') },
      { status: 429, error: expect.stringContaining('in namespace team-c') },
    ]);
    // The source is shared, what may be said of it in a namespace is not.
    expect(statuses(await engine.submit(red('team-b', 'a'), CALLER))).toEqual([200]);
  });

  test('count only who may report there: nobody uses up what belongs to somebody else', async () => {
    const access = {
      ...trustedAccess,
      mayReport: (caller: { name: string }) =>
        caller.name === 'stranger' ? { allowed: false as const, reason: 'no' } : { allowed: true as const },
    };
    const rate = { reportsPerSecond: 1, burst: 1 };
    await using engine = fixture.start({ limits: limits({ namespace: rate }), access, now: () => 0 });
    const stranger = { name: 'stranger', groups: [] };
    for (let n = 0; n < 5; n++) {
      expect(statuses(await engine.submit(red('quiet', 'x'), stranger))).toEqual([403]);
    }
    expect(statuses(await engine.submit(red('quiet', 'x'), CALLER))).toEqual([200]);
  });

  test('tell each refused report when it may come again, beside those that are taken', async () => {
    const rate = { reportsPerSecond: 0.1, burst: 1 };
    await using engine = fixture.start({ limits: limits({ namespace: rate }), now: () => 0 });
    const { results } = await engine.submit([red('noisy', 'a'), red('noisy', 'b')], CALLER);
    expect(results).toMatchObject([{ status: 200 }, { status: 429, retryAfterSeconds: 10 }]);
  });

  test('are not used up by a dry run', async () => {
    const rate = { reportsPerSecond: 1, burst: 1 };
    await using engine = fixture.start({ limits: limits({ namespace: rate }), now: () => 0 });
    for (let n = 0; n < 3; n++) await engine.submit(red('team-a', 'a'), CALLER, { dryRun: true });
    expect(statuses(await engine.submit(red('team-a', 'a'), CALLER))).toEqual([200]);
  });

  test('are counted by the limit that refused', async () => {
    const limited: string[] = [];
    const metrics = { decided: () => {}, limited: (limit: string) => void limited.push(limit) };
    const some = limits({ namespace: { reportsPerSecond: 1, burst: 2 }, activeIssues: 1 });
    await using engine = fixture.start({ limits: some, metrics, now: () => 0 });
    await engine.submit(
      ['a', 'b', 'c'].map((name) => red('noisy', name)),
      CALLER,
    );
    expect(limited).toEqual(['namespace', 'activeIssues']);
  });
});

describe('a long queue', () => {
  test('starves nobody: behind 10,000 reports of a noisy tenant a quiet one is in the next batch', async () => {
    const { store, batches, letGo } = held();
    await using engine = engineOn(store, { batchSize: 100 });
    const noisy: Promise<ReportsResponse>[] = [];
    for (let n = 0; n < 10; n++) {
      noisy.push(
        engine.submit(
          Array.from({ length: 1_000 }, (_, i) => red('noisy', `n-${n}-${i}`)),
          CALLER,
        ),
      );
    }
    await expect.poll(() => batches.length).toBe(1);
    const quiet = engine.submit(red('quiet', 'only'), CALLER);
    letGo();
    expect(statuses(await quiet)).toEqual([200]);
    const at = batches.findIndex((batch) => batch.includes('quiet/only'));
    expect(at).toBeLessThanOrEqual(2); // one was under way, and one may have been taken before it came
    expect((await Promise.all(noisy)).flatMap(statuses).every((status) => status === 200)).toBe(true);
  }, 60_000);

  test('keeps the order of the reports about one subject', async () => {
    const { store, letGo } = held();
    await using engine = engineOn(store, { batchSize: 4 });
    const first = engine.submit(red('team-a', 'blocker'), CALLER);
    const looks = [1, 2, 3, 4, 5].flatMap((sequence) => [
      red('team-a', 'x', {}, ['run'], sequence),
      red('team-b', 'x', {}, ['run'], sequence),
    ]);
    const rest = engine.submit(looks, CALLER);
    letGo();
    await first;
    const cells = (await rest).results.map(({ decisions = [] }) => decisions[0]?.cell);
    expect(cells).toEqual(['3A', '3A', ...Array(8).fill('3B')]);
  });

  test('that is full still takes a namespace that has less than its share, and refuses who filled it', async () => {
    const { store, batches, letGo } = held();
    await using engine = engineOn(store, { capacity: 10, batchSize: 2 });
    const first = engine.submit(red('noisy', 'blocker'), CALLER);
    await expect.poll(() => batches.length).toBe(1);
    const filling = engine.submit(
      Array.from({ length: 10 }, (_, n) => red('noisy', `n-${n}`)),
      CALLER,
    );
    await new Promise(setImmediate); // it is in the queue
    await expect(engine.submit(red('noisy', 'one-more'), CALLER)).rejects.toMatchObject({
      name: 'TooManyReports',
      message: expect.stringMatching(/^too many reports for namespace noisy: 10 reports are waiting already/),
    });
    const tooMany = Array.from({ length: 11 }, (_, n) => red(`team-${n}`, 'x'));
    await expect(engine.submit(tooMany, CALLER)).rejects.toThrow(/^10 reports are waiting already/);
    const mixed = engine.submit([red('noisy', 'm'), red('quiet', 'a')], CALLER);
    await new Promise(setImmediate);
    letGo();
    expect(statuses(await mixed)).toEqual([429, 200]);
    expect(statuses(await filling)).toEqual(Array(10).fill(200));
    await first;
  });
});

describe('the Active issues of a source in a namespace', () => {
  const cap = (activeIssues: number, now = () => 0) => fixture.start({ limits: limits({ activeIssues }), now });

  test('are not opened beyond the limit; another namespace and another source are not concerned', async () => {
    await using engine = cap(2);
    const answer = await engine.submit(
      ['a', 'b', 'c'].map((name) => red('noisy', name)),
      CALLER,
    );
    expect(statuses(answer)).toEqual([200, 200, 429]);
    expect(answer.results[2]?.error).toContain('has 2 Active ones in namespace noisy, at most 2 are kept');
    expect(statuses(await engine.submit([red('quiet', 'a'), red('noisy', 'd', { source: 'other' })], CALLER))).toEqual([
      200, 200,
    ]);
  });

  test('are still updated and resolved, and then another one may open', async () => {
    await using engine = cap(2);
    await engine.submit([red('noisy', 'a'), red('noisy', 'b')], CALLER);
    const again = red('noisy', 'a', {}, ['run'], 2);
    expect(statuses(await engine.submit(again, CALLER))).toEqual([200]);
    expect(statuses(await engine.submit([green('noisy', 'b'), red('noisy', 'c'), red('noisy', 'd')], CALLER))).toEqual([
      200, 200, 429,
    ]);
  });

  test('may be exchanged: a report that resolves as many as it opens is taken', async () => {
    await using engine = cap(2);
    await engine.submit(red('noisy', 'a', {}, ['x', 'y']), CALLER);
    expect(statuses(await engine.submit(red('noisy', 'a', {}, ['y', 'z'], 2), CALLER))).toEqual([200]);
    await expect(engine.submit(red('noisy', 'a', {}, ['x', 'y', 'z'], 3), CALLER)).rejects.toMatchObject({
      name: 'TooManyReports',
      message: expect.stringMatching(/^too many issues: source tekton-pipelinerun has 2 Active ones/),
      retryAfterSeconds: 60,
    });
  });

  test('and a rate that refuses at the same time: each report is told its own limit, and when it may come again', async () => {
    await using engine = fixture.start({
      limits: limits({ activeIssues: 1, namespace: { reportsPerSecond: 1, burst: 2 } }),
      now: () => 0,
    });
    await engine.submit(red('noisy', 'a'), CALLER);
    const { results } = await engine.submit([red('noisy', 'b'), red('noisy', 'c')], CALLER);
    expect(results).toMatchObject([
      { status: 429, error: expect.stringMatching(/^too many issues: /) },
      { status: 429, error: expect.stringContaining('too many reports for namespace noisy'), retryAfterSeconds: 1 },
    ]);
  });

  test('that are there already count after a restart, and what others resolved is seen within a second', async () => {
    const clock = { now: 0 };
    await using before = cap(10);
    await before.submit(
      ['a', 'b', 'c', 'd'].map((name) => red('noisy', name)),
      CALLER,
    );
    await using engine = cap(4, () => clock.now);
    await expect(
      engine.submit(
        ['e', 'f'].map((name) => red('noisy', name)),
        CALLER,
      ),
    ).rejects.toMatchObject({ name: 'TooManyReports', retryAfterSeconds: 60 });
    await before.submit(green('noisy', 'a'), CALLER);
    clock.now += 1_000;
    expect(
      statuses(
        await engine.submit(
          ['e', 'f'].map((name) => red('noisy', name)),
          CALLER,
        ),
      ),
    ).toEqual([200, 429]);
  });
});
