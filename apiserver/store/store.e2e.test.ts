import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Postgres, startPostgres } from '../../tests/controlplane/postgres.ts';
import { TAKE_COMMIT_LOCK } from './commit-sql.ts';
import { ForeignState } from './errors.ts';
import { compareWithGolden } from './migrate.contract.ts';
import { openStore } from './open-store.ts';
import { activeIssue, commitOne, open, readOne, ref, run, stored, write } from './samples.contract.ts';
import type { SqlStore } from './sql-store.ts';
import { storeContract } from './store.contract.ts';
import { StoreUnavailable } from './store.ts';
import { sweepNamespace } from './sweep-namespaces.ts';

let postgres: Postgres;
let databases = 0;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(async () => postgres?.[Symbol.asyncDispose]());

const latest = (): string => `store_${databases - 1}`;
const fresh = (): Promise<string> => postgres.database(`store_${databases++}`);
const at = (url: string, clusterId = 'cluster') => openStore({ database: { url }, clusterId });

describe('the store on PostgreSQL', () => {
  storeContract(async (clock) =>
    openStore({ database: { url: await fresh() }, clusterId: 'cluster', clockOffset: () => clock.offset }),
  );
});

describe('opening', () => {
  test('servers that start at once migrate once and all of them serve', async () => {
    const url = await fresh();
    const stores = await Promise.all([at(url), at(url), at(url)]);
    for (const [index, store] of stores.entries()) await open(store, ref(`c${index}`));
    expect((await (stores[0] as SqlStore).changes('issues').snapshot()).objects).toHaveLength(3);
    await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()));
  });

  test('a server that died while migrating does not lock out the next', async () => {
    const url = await fresh();
    await (await at(url))[Symbol.asyncDispose]();
    await postgres.psql('UPDATE knex_migrations_lock SET is_locked = 1; UPDATE meta SET schema_version = 0', latest());
    await using store = await at(url);
    expect(await store.ping()).toBe(true);
  });

  test('two clusters that open one new database at once: one claims it, the other is refused', async () => {
    const url = await fresh();
    const results = await Promise.allSettled([at(url, 'a'), at(url, 'b')]);
    const refused = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
    expect(refused).toEqual([expect.any(ForeignState)]);
    for (const result of results) if (result.status === 'fulfilled') await result.value[Symbol.asyncDispose]();
  });

  test('the schema on PostgreSQL is the golden one', async () => {
    await using store = await at(await fresh());
    const { golden, actual } = await compareWithGolden(store.database);
    expect(actual).toBe(golden);
  });
});

describe('two servers on one database', () => {
  let [url, first, second] = ['', undefined, undefined] as [string, SqlStore | undefined, SqlStore | undefined];
  beforeAll(async () => {
    url = await fresh();
    [first, second] = await Promise.all([at(url), at(url)]);
  });
  afterAll(async () => {
    await first?.[Symbol.asyncDispose]();
    await second?.[Symbol.asyncDispose]();
  });
  const both = (): [SqlStore, SqlStore] => [first as SqlStore, second as SqlStore];

  test('V3 a commit that began later cannot be seen before one that has a lower number', async () => {
    const [a, b] = both();
    const log = b.changes('issues');
    const { resourceVersion } = await log.snapshot();
    let late: Promise<number> | undefined;
    let lower = 0;
    await a.database.transaction(`BEGIN; ${TAKE_COMMIT_LOCK}`, async (session) => {
      late = open(b, ref('overlapping')).then(({ change }) => change);
      const [row] = await session.query<{ last_change: number }>(
        'UPDATE meta SET last_change = last_change + 1 RETURNING last_change',
      );
      lower = row?.last_change ?? 0;
      // The other server reached the lock and waits.
      await until(async () => (await waitingForLock(a)) === 1);
      expect(await log.since(resourceVersion, 10)).toMatchObject({ changes: [], upTo: resourceVersion });
    });
    expect(await late).toBeGreaterThan(lower);
  });

  test('V3 a feed that reads while both servers write misses nothing', async () => {
    const log = both()[0].changes('issues');
    let { resourceVersion: position } = await log.snapshot();
    const begin = position;
    const seen: number[] = [];
    const writing = Promise.all(
      both().map(async (store, server) => {
        for (let index = 0; index < 40; index++) await open(store, ref(`w${server}-${index}`));
      }),
    );
    const done = writing.then(() => true);
    for (let ended = false; !ended; ) {
      ended = await Promise.race([done, Promise.resolve(false)]);
      const { changes, upTo } = await log.since(position, 7);
      seen.push(...changes.map(({ resourceVersion }) => resourceVersion));
      position = upTo;
      if (changes.length === 7) ended = false;
    }
    const all = await log.since(begin, 1_000);
    expect(seen).toEqual(all.changes.map(({ resourceVersion }) => resourceVersion));
    expect(seen).toHaveLength(80);
  });

  test('of two decisions on the same state one commits and the other conflicts', async () => {
    const states = await Promise.all(both().map((store) => readOne(store, ref('contested'))));
    const results = await Promise.all(
      both().map((store, index) => {
        const state = states[index] as (typeof states)[0];
        return store.commit([write(state, [{ op: 'insert', issue: activeIssue(state.ref, state.now) }])]);
      }),
    );
    expect(results.flatMap(({ outcomes }) => outcomes).sort()).toEqual(['committed', 'conflict']);
  });

  test('V5 a commit of one server wakes the feed of the other over LISTEN', async () => {
    const [a, b] = both();
    const ending = new AbortController();
    const hints = b.changes('issues').wakeUps(ending.signal)[Symbol.asyncIterator]();
    const reader = (async () => {
      const { resourceVersion } = await b.changes('issues').snapshot();
      for (;;) {
        await hints.next();
        const { changes } = await b.changes('issues').since(resourceVersion, 10);
        if (changes.length > 0) return changes.map(({ object }) => object.metadata.namespace);
      }
    })();
    await until(async () => (await listeners(a)) === 1);
    await open(a, ref('woken', { namespace: 'team-woken' }));
    expect(await reader).toEqual(['team-woken']);
    ending.abort();
    await hints.return?.();
    await until(async () => (await listeners(a)) === 0);
  });

  test('evidence alone, which no watch is told of, wakes the other over LISTEN too: its search index finds it', async () => {
    const [a, b] = both();
    const subject = ref('shown', { namespace: 'team-shown' });
    const { id: issueId } = await open(a, subject);
    const { hints } = b.news;
    const ending = new AbortController();
    const feed = b.changes('issues').wakeUps(ending.signal)[Symbol.asyncIterator]();
    await feed.next();
    await until(async () => b.news.hints > hints); // it listens
    const listening = b.news.hints;
    const observed = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' };
    await commitOne(a, subject, () => ({ evidence: [{ issueId, observed, evidence: { exitCode: 2 }, text: 'x' }] }));
    await until(async () => b.news.hints > listening);
    ending.abort();
    await feed.return?.();
    await until(async () => (await listeners(a)) === 0);
  });

  test('one of them sweeps, the other takes over when it ends', async () => {
    const [a, b] = both();
    const leases = [a.sweeperLease(), b.sweeperLease()] as const;
    expect(await leases[0].held()).toBe(true);
    expect([await leases[1].held(), await leases[0].held()]).toEqual([false, true]);
    await leases[0][Symbol.asyncDispose]();
    await until(() => leases[1].held());
    await leases[1][Symbol.asyncDispose]();
  });

  test('X4 both see one namespace go: each of its issues leaves once, and neither goes on before all have', async () => {
    const [a] = both();
    const refs = Array.from({ length: 1_200 }, (_, index) => ref(`gone${index}`, { namespace: 'going' }));
    const { subjects, now } = await a.readSubjects(refs);
    await a.commit(subjects.map((state) => write(state, [{ op: 'insert', issue: activeIssue(state.ref, now) }])));
    const before = await a.lastChange();
    const cluster = {
      resolve: (name: string) => (name === 'kube-system' ? { uid: a.clusterId } : ('missing' as const)),
    };
    const left = async (store: SqlStore): Promise<number> => {
      const [row] = await store.database.query<{ n: number }>(
        `SELECT count(*) AS n FROM issues WHERE namespace = 'going'`,
      );
      return row?.n ?? 0;
    };
    const swept = both().map(async (store) => {
      const count = await sweepNamespace(store, cluster, 'going');
      expect(await left(store)).toBe(0);
      return count;
    });
    const [first = 0, second = 0] = await Promise.all(swept);
    expect(first + second).toBe(1_200);
    const { changes } = await a.changes('issues').since(before, 2_000);
    expect(changes.filter(({ type }) => type === 'DELETED')).toHaveLength(1_200);
    expect(changes).toHaveLength(1_200);
  });

  test('who sweeps and who writes Events are two leases', async () => {
    const [a, b] = both();
    await using sweeper = a.sweeperLease();
    await using events = a.eventsLease();
    await using others = b.eventsLease();
    expect([await sweeper.held(), await events.held(), await others.held()]).toEqual([true, true, false]);
    await sweeper[Symbol.asyncDispose]();
    expect([await events.held(), await others.held()]).toEqual([true, false]);
  });

  test('the next term of a feed begins when the write of the one before is over', async () => {
    const [a, b] = both();
    const [log, next] = [a.resourceLog('widgets'), b.resourceLog('widgets')];
    const epoch = (await log.lead('one')) as number;
    await log.release('one');
    const metadata = { name: 'w', namespace: 'n', uid: randomUUID(), creationTimestamp: '2026-11-21T07:00:00Z' };
    const object = { apiVersion: 'example.dev/v1', kind: 'Widget', metadata };
    let written: Promise<void> | undefined;
    let led: Promise<number | undefined> | undefined;
    await a.database.transaction('BEGIN; SELECT FROM meta FOR UPDATE', async () => {
      written = log.write(epoch, [{ op: 'ADDED', object }]);
      // It has seen that its term lasts, and waits for the counter.
      await until(async () => (await waiting(a)) === 1);
      led = next.lead('two');
      const waits = until(async () => (await waiting(a)) === 2).then(() => 'waits');
      expect(await Promise.race([led.then(() => 'leads'), waits])).toBe('waits');
    });
    expect(await led).toBe(epoch + 1);
    await written;
    expect(await next.keys()).toEqual([{ namespace: 'n', name: 'w' }]);
  });

  test('a lease whose connection broke is not held, and can be taken again', async () => {
    const lease = both()[0].sweeperLease();
    expect(await lease.held()).toBe(true);
    await both()[1].database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()`,
    );
    await until(async () => !(await lease.held()));
    await until(() => lease.held());
    await lease[Symbol.asyncDispose]();
  });
});

describe('a database in trouble', () => {
  test('while the lock is held for too long a commit is unavailable, and works afterwards', async () => {
    await using store = await at(await fresh());
    await store.database.transaction(
      `BEGIN; ${TAKE_COMMIT_LOCK}; SET LOCAL idle_in_transaction_session_timeout = 0`,
      async () => {
        await expect(open(store, ref('blocked'))).rejects.toThrow(StoreUnavailable);
      },
    );
    expect((await open(store, ref('blocked'))).state).toBe('Active');
  });

  test('a database that went away is unavailable, and the store recovers by itself when it is back', async () => {
    await using store = await at(await fresh());
    const before = await open(store, ref('frontend'));
    await postgres.kill();
    expect(await store.ping()).toBe(false);
    await expect(store.readSubjects([ref('frontend')])).rejects.toThrow(StoreUnavailable);
    await expect(store.commit([])).rejects.toThrow(StoreUnavailable);
    await expect(store.changes('issues').snapshot()).rejects.toThrow(StoreUnavailable);
    await postgres.start();
    await until(() => store.ping());
    expect(await stored(store, ref('frontend'))).toEqual(before);
    await commitOne(store, ref('frontend'), ({ now }) => ({ watermarks: new Map([['', run(now)]]) }));
  });

  test('V6 in a restored database the numbers go on above every old one and old numbers are below the floor', async () => {
    const url = await fresh();
    const store = await at(url);
    const lost = (await open(store, ref('frontend'))).change;
    const identity = await store.changes('issues').identity();
    const { identity: told } = store;
    await store[Symbol.asyncDispose]();
    // As a dump that is restored into a new database: the same rows, an older counter, another database.
    await postgres.psql('UPDATE meta SET last_change = last_change - 1000', latest());
    const original = latest();
    await using restored = await at(await postgres.database(`store_${databases++}`, original));
    const { floor, upTo } = await restored.changes('issues').since(lost, 10);
    expect(upTo).toBeGreaterThan(lost);
    expect(floor).toBeGreaterThan(lost);
    expect(await restored.changes('issues').identity()).not.toBe(identity);
    expect(restored.identity).not.toBe(told);
  });

  test('V6 a connection to another database raises the counter before anything is written through it', async () => {
    await using store = await at(await fresh());
    await store.database.query(`UPDATE meta SET identity = 'the old primary', last_change = 5, change_floor = 1`);
    await postgres.psql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${latest()}'`);
    await until(() => store.ping());
    expect((await open(store, ref('frontend'))).change).toBeGreaterThan(1_700_000_000_000_000);
    expect((await store.changes('issues').snapshot()).floor).toBeGreaterThan(1_700_000_000_000_000);
  });

  test('V6 what was acknowledged and is not in the database after a failover is counted, once', async () => {
    const lost: number[] = [];
    const options = {
      database: { url: await fresh() },
      clusterId: 'cluster',
      onFailover: (n: number) => void lost.push(n),
    };
    await using store = await openStore(options);
    for (const name of ['kept', 'lost-1', 'lost-2']) await open(store, ref(name));
    const fail = async () => {
      // Another database to whoever asks, and without the last two commits.
      await postgres.psql(
        `DELETE FROM changes WHERE change > (SELECT min(change) FROM changes); UPDATE meta SET database_id = gen_random_uuid();
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
        latest(),
      );
      await until(() => store.ping());
    };
    await fail();
    expect(lost).toEqual([2]);
    await fail();
    expect(lost).toEqual([2, 0]);
  });

  test('V6 no number is given twice, also when the clock of the new primary is behind', async () => {
    await using store = await at(await fresh());
    const ahead = (await store.now()) + 3_600_000_000;
    await store.database.query('UPDATE meta SET last_change = $1', [ahead]);
    const { change } = await open(store, ref('acknowledged'));
    expect(change).toBeGreaterThan(ahead);
    // As the standby has it, which was behind.
    await store.database.query(`UPDATE meta SET last_change = 5, identity = 'the old primary'`);
    await postgres.psql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${latest()}'`);
    await until(() => store.ping());
    expect((await open(store, ref('afterwards'))).change).toBeGreaterThan(change);
    expect((await store.changes('issues').snapshot()).floor).toBeGreaterThanOrEqual(change);
  });
});

async function waitingForLock(store: SqlStore): Promise<number> {
  const [row] = await store.database.query<{ count: number }>(
    `SELECT count(*) AS count FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return row?.count ?? 0;
}

async function waiting(store: SqlStore): Promise<number> {
  const [row] = await store.database.query<{ count: number }>(
    `SELECT count(*) AS count FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return row?.count ?? 0;
}

async function listeners(store: SqlStore): Promise<number> {
  const [row] = await store.database.query<{ count: number }>(
    `SELECT count(*) AS count FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
  );
  return row?.count ?? 0;
}

/** Asks again until it is so; the time limit is the test's. */
async function until(so: () => Promise<boolean>): Promise<void> {
  while (!(await so())) await new Promise((resolve) => setImmediate(resolve));
}
