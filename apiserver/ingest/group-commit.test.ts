import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Report } from '../../crds/report.ts';
import { openStore } from '../store/open-store.ts';
import type { SqlStore } from '../store/sql-store.ts';
import { CommitRefused, type Store, StoreUnavailable, type SubjectWrite } from '../store/store.ts';
import { createEngine, type Engine, type EngineOptions } from './engine.ts';
import { localNamespaces } from './namespaces.ts';
import { trustedAccess } from './ports.ts';
import { finding, normal, report, SUBJECT } from './testing/world.ts';
import { takeBatch, type Unit } from './unit.ts';

/** Decision 4 and 5 of design.md: batches, lost races, and what a failing database does to the reports of a batch. */

const CALLER = { name: 'ci', groups: [] };
let store: SqlStore;
beforeAll(async () => {
  store = await openStore({ database: { embedded: 'memory' }, clusterId: 'folder:/test' });
});
afterAll(() => store[Symbol.asyncDispose]());
beforeEach(() => store.database.query('TRUNCATE issues, watermarks, deliveries, sources, changes CASCADE'));

/** The real store with another `commit`. */
function committing(commit: Store['commit']): Store {
  return new Proxy(store as Store, {
    get(target, name) {
      const member = name === 'commit' ? commit : Reflect.get(target, name);
      return typeof member === 'function' && name !== 'commit' ? member.bind(target) : member;
    },
  });
}

function engineOn(on: Store, options: Partial<EngineOptions> = {}): Engine {
  return createEngine({ store: on, namespaces: localNamespaces('x'), access: trustedAccess, ...options });
}

const red = (name: string, sequence = 1): Report =>
  report(
    { class: 'state', epoch: 1, sequence },
    { complete: true, findings: [finding('run')] },
    { subject: { ...SUBJECT, name } },
  );
const names = (writes: readonly SubjectWrite[]): string[] => writes.map(({ ref }) => ref.subject.name);
const stored = async (): Promise<string[]> =>
  (await store.activeIssues('tekton-pipelinerun')).map(({ ref }) => ref.subject.name).sort();

/** A promise and what settles it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: () => resolve() };
}

test('a batch is what arrived while the previous one committed', async () => {
  const [began, go] = [gate(), gate()];
  const batches: string[][] = [];
  await using engine = engineOn(
    committing(async (writes) => {
      batches.push(names(writes));
      began.open();
      await go.opened;
      return store.commit(writes);
    }),
  );
  const first = engine.submit(red('a'), CALLER);
  await began.opened;
  const rest = ['b', 'c', 'd'].map((name) => engine.submit(red(name), CALLER));
  go.open();
  await Promise.all([first, ...rest]);
  expect(batches).toEqual([['a'], ['b', 'c', 'd']]);
});

test('with two batches at a time the reports about one subject are still decided in their order', async () => {
  await using engine = engineOn(store, { concurrency: 2, batchSize: 3 });
  const looks = Array.from({ length: 40 }, (_, n) => ({
    ...red(`app-${n % 4}`),
    order: { class: 'received' as const },
    body: { complete: true as const, findings: [finding('run', { title: `delivery ${n}` })] },
  }));
  await Promise.all(looks.map((look) => engine.submit(look, CALLER)));
  const titles = (await store.activeIssues('tekton-pipelinerun')).map(({ issue }) => issue.spec.title).sort();
  expect(titles).toEqual(['delivery 36', 'delivery 37', 'delivery 38', 'delivery 39']);
});

describe('a database that is away', () => {
  test('refuses the request as a whole, stores nothing, and the same request succeeds later', async () => {
    let away = true;
    await using engine = engineOn(
      committing((writes) =>
        away ? Promise.reject(new StoreUnavailable('connection refused')) : store.commit(writes),
      ),
    );
    await expect(engine.submit([red('a'), red('b')], CALLER)).rejects.toBeInstanceOf(StoreUnavailable);
    expect(await stored()).toEqual([]);
    away = false;
    const { results } = await engine.submit([red('a'), red('b')], CALLER);
    expect(results.map(({ decisions }) => decisions?.[0]?.cell)).toEqual(['3A', '3A']);
  });

  test('between two batches of one request answers 503 for the reports of the second only', async () => {
    let commits = 0;
    await using engine = engineOn(
      committing((writes) =>
        ++commits === 2 ? Promise.reject(new StoreUnavailable('connection refused')) : store.commit(writes),
      ),
      { batchSize: 4 },
    );
    const { results } = await engine.submit([red('a'), red('b'), red('c')], CALLER);
    expect(results.map(({ status }) => status)).toEqual([200, 200, 503]);
    expect(await stored()).toEqual(['a', 'b']);
  });
});

describe('a batch that the database refuses', () => {
  test('is tried one by one, and only the culprit is refused', async () => {
    await using engine = engineOn(
      committing((writes) =>
        names(writes).includes('poison')
          ? Promise.reject(new CommitRefused('invalid byte sequence'))
          : store.commit(writes),
      ),
    );
    const { results } = await engine.submit([red('a'), red('poison'), red('b')], CALLER);
    expect(results.map(({ status, error }) => [status, error])).toEqual([
      [200, undefined],
      [422, 'invalid byte sequence'],
      [200, undefined],
    ]);
    expect(await stored()).toEqual(['a', 'b']);
  });
});

test('a fault of ours fails the request that meets it, and no other request of the batch', async () => {
  const go = gate();
  await using engine = engineOn(
    committing(async (writes) => {
      await go.opened;
      if (names(writes).includes('poison')) throw new TypeError('a bug');
      return store.commit(writes);
    }),
  );
  const first = engine.submit(red('first'), CALLER);
  const requests = ['a', 'poison', 'b'].map((name) => engine.submit(red(name), CALLER));
  const settled = Promise.allSettled(requests);
  go.open();
  await first;
  expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await stored()).toEqual(['a', 'b', 'first']);
});

describe('a lost race', () => {
  test('is decided again on what the winner wrote', async () => {
    let lost = 0;
    const late = report(
      { class: 'state', epoch: 1, sequence: 2 },
      { complete: true, findings: [] },
      { subject: { ...SUBJECT, name: 'a' } },
    );
    const winner = engineOn(store);
    await using engine = engineOn(
      committing(async (writes) => {
        if (lost++ === 0) await winner.submit(late, CALLER);
        return store.commit(writes);
      }),
    );
    const { results } = await engine.submit(red('a'), CALLER);
    expect(results[0]?.decisions?.map(({ cell }) => cell)).toEqual(['1A']);
    expect(lost).toBe(1);
    await winner[Symbol.asyncDispose]();
  });

  test('between the deletion of an object and an older look at an aspect that it did not know leaves nothing Active', async () => {
    const main = { subject: { ...SUBJECT, aspect: 'build/push/main' } };
    const look = { ...red('frontend', 1), ...main };
    const gone = report({ class: 'state', epoch: 1, sequence: 2 }, { deleted: 'subject' });
    const other = engineOn(store);
    let commits = 0;
    await using engine = engineOn(
      committing(async (writes) => {
        if (commits++ === 0) await other.submit(look, CALLER);
        return store.commit(writes);
      }),
    );
    const { results } = await engine.submit(gone, CALLER);
    expect(results[0]?.decisions?.map(({ cell }) => cell)).toEqual(['5A', '5B']);
    expect(await stored()).toEqual([]);
    expect((await other.submit(look, CALLER)).results[0]?.decisions?.map(({ cell }) => cell)).toEqual(['1C']);
    await other[Symbol.asyncDispose]();
  });

  test('that is lost for ever ends with 503, not with a loop', async () => {
    let rounds = 0;
    await using engine = engineOn(
      committing(async (writes) => {
        rounds++;
        return { outcomes: writes.map(() => 'conflict' as const), names: new Map(), lastChange: 1 };
      }),
    );
    await expect(engine.submit(red('a'), CALLER)).rejects.toBeInstanceOf(StoreUnavailable);
    expect(rounds).toBeGreaterThan(10);
  });
});

describe('the queue', () => {
  test('is bounded: a request that does not fit is refused as a whole, and the next one fits', async () => {
    const go = gate();
    await using engine = engineOn(
      committing(async (writes) => {
        await go.opened;
        return store.commit(writes);
      }),
      { capacity: 2 },
    );
    const two = engine.submit([red('a'), red('b')], CALLER);
    await expect(engine.submit([red('c'), red('d'), red('e')], CALLER)).rejects.toMatchObject({
      name: 'TooManyReports',
      retryAfterSeconds: 1,
    });
    go.open();
    await two;
    await engine.submit([red('c'), red('d')], CALLER);
    expect(await stored()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('is drained when the engine stops, which then takes nothing more', async () => {
    const began = gate();
    const engine = engineOn(
      committing((writes) => {
        began.open();
        return store.commit(writes);
      }),
    );
    const pending = engine.submit([red('a'), red('b')], CALLER);
    await began.opened;
    await engine[Symbol.asyncDispose]();
    expect((await pending).results.map(({ status }) => status)).toEqual([200, 200]);
    expect(await stored()).toEqual(['a', 'b']);
    await expect(engine.submit(red('c'), CALLER)).rejects.toBeInstanceOf(StoreUnavailable);
  });
});

test('a fault of ours rejects the request instead of looking like a decision', async () => {
  const fault = new TypeError('undefined is not a function');
  await using engine = engineOn(committing(() => Promise.reject(fault)));
  await expect(engine.submit(red('a'), CALLER)).rejects.toBe(fault);
});

describe('what may share a batch', () => {
  const unit = (name: string, over: Partial<Report> = {}): Unit => ({
    report: normal({ ...red(name), ...over }),
    namespace: { uid: 'x' },
    settle: () => {},
    fail: () => {},
  });
  const aspect = (name: string, of: string): Partial<Report> => ({ subject: { ...SUBJECT, name, aspect: of } });
  const taken = (queue: Unit[], limit = 100): number[][] => {
    const { batch, rest } = takeBatch(queue, limit);
    return [batch, rest].map((units) => units.map((each) => queue.indexOf(each)));
  };

  test('the deletion of a whole object waits for what came before about its aspects, and what comes after waits for it', () => {
    const gone = unit('a', { body: { deleted: 'subject' } });
    const [main, pr] = [aspect('a', 'main'), aspect('a', 'pr/1')];
    expect(taken([unit('a', main), gone, unit('a', pr), unit('b')])).toEqual([
      [0, 3],
      [1, 2],
    ]);
    expect(taken([gone, unit('a', pr), unit('b')])).toEqual([[0, 2], [1]]);
  });

  test('a delivery is taken once a batch', () => {
    const kite: Partial<Report> = { order: { class: 'received', deliveryId: 'd' } };
    expect(taken([unit('a', kite), unit('a', kite), unit('b', kite)])).toEqual([[0, 2], [1]]);
  });

  test('no more rows than the limit, but always one report', () => {
    expect(taken([unit('a'), unit('b'), unit('c')], 4)).toEqual([[0, 1], [2]]);
    expect(taken([unit('a'), unit('b')], 1)).toEqual([[0], [1]]);
  });
});
