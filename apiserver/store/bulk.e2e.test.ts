import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrationFile, migrationFiles } from '../../migrations/index.ts';
import { type Postgres, startPostgres } from '../../tests/controlplane/postgres.ts';
import { backedUp, backupContract, restored } from './backup.contract.ts';
import { openBulk } from './bulk.ts';
import { compareWithGolden } from './migrate.contract.ts';
import { migrate } from './migrate.ts';
import { openStore } from './open-store.ts';
import { openPostgresql } from './postgresql.ts';
import { open, ref } from './samples.contract.ts';
import type { SqlStore } from './sql-store.ts';
import { StoreUnavailable } from './store.ts';

/** Whole databases on PostgreSQL: backups, migrations while servers work, credentials that change. */
let postgres: Postgres;
let folder: string;
let databases = 0;
beforeAll(async () => {
  [postgres, folder] = await Promise.all([
    startPostgres({ fsync: false, tcp: true }),
    mkdtemp(join(tmpdir(), 'faultline-backup-')),
  ]);
});
afterAll(async () => {
  await postgres?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const latest = (): string => `bulk_${databases - 1}`;
const fresh = (): Promise<string> => postgres.database(`bulk_${databases++}`);
const at = (url: string) => openStore({ database: { url }, clusterId: 'cluster' });

async function waiting(store: SqlStore): Promise<number> {
  const [row] = await store.database.query<{ count: number }>(
    `SELECT count(*) AS count FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return row?.count ?? 0;
}

/** Asks again until it is so; the time limit is the test's. */
async function until(so: () => Promise<boolean>): Promise<void> {
  while (!(await so())) await new Promise((resolve) => setImmediate(resolve));
}

describe('a backup', () => {
  const database = async () => ({ url: await fresh() });
  const embedded = async () => ({ embedded: join(folder, `db${databases++}`) });
  describe('from PostgreSQL to PostgreSQL', () => backupContract({ source: database, target: database }));
  // What `faultline up` collected, in a cluster.
  describe('from PGlite to PostgreSQL', () => backupContract({ source: embedded, target: database }));

  test('is not restored below servers that are connected', async () => {
    const url = await fresh();
    await using source = await at(await fresh());
    await open(source, ref('kept'));
    await using from = await openBulk({ url: postgres.urlOf(latest()) });
    const taken = await backedUp(from);
    await using server = await at(url);
    expect(await server.ping()).toBe(true);
    await using bulk = await openBulk({ url });
    await expect(restored(taken, bulk, { replace: true })).rejects.toThrow(/^servers are connected to this database/);
  });

  test('of the version before is restored at its schema and brought up to date', async () => {
    await using before = openPostgresql(await fresh());
    const source = latest();
    const files = migrationFiles();
    await migrate(before, { files: files.slice(0, -1) });
    await before.query(`UPDATE meta SET cluster_id = 'cluster'`);
    await using from = await openBulk({ url: postgres.urlOf(source) });
    const taken = await backedUp(from);
    await using bulk = await openBulk({ url: await fresh() });
    await restored(taken, bulk);
    const { golden, actual } = await compareWithGolden(bulk.database);
    expect(actual).toBe(golden);
  });
});

describe('a password', () => {
  test('is asked for with every new connection: one that was rotated is used without a restart', async () => {
    await fresh();
    let url = postgres.tcpUrlOf(latest());
    await using store = await openStore({ database: { url: async () => url }, clusterId: 'cluster' });
    await postgres.psql(`ALTER ROLE postgres PASSWORD 'another'`);
    await postgres.psql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${latest()}'`);
    await expect(open(store, ref('a'))).rejects.toThrow(StoreUnavailable);
    url = url.replace(/:[^:@]+@/, ':another@');
    await until(() => store.ping());
    expect((await open(store, ref('a'))).state).toBe('Active');
    await using lease = store.sweeperLease();
    expect(await lease.held()).toBe(true);
  });
});

describe('a migration', () => {
  const next = (sql: string) => {
    const files = migrationFiles();
    return [...files, migrationFile(`${String(files.length + 1).padStart(4, '0')}-next.sql`, sql)];
  };

  test('that has to wait for a lock lets commits pass meanwhile', async () => {
    await using store = await at(await fresh());
    const hold = 'BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0; SELECT count(*) FROM issues';
    let done = false;
    let migrating: Promise<void> | undefined;
    await store.database.transaction(hold, async () => {
      // Its lock is in the way of the migration, and everything that comes later waits behind the migration.
      migrating = migrate(openPostgresql(postgres.urlOf(latest())), {
        files: next('ALTER TABLE issues ADD COLUMN colour text;'),
      }).then(() => {
        done = true;
      });
      await until(async () => (await waiting(store)) > 0);
      for (let index = 0; index < 20; index++) await open(store, ref(`c${index}`));
      expect(done).toBe(false);
    });
    await migrating;
    expect((await open(store, ref('afterwards'))).state).toBe('Active');
  });

  test('outside of a transaction makes an index while somebody writes', async () => {
    await using store = await at(await fresh());
    const files = next('CREATE INDEX CONCURRENTLY issues_colour ON issues (stage);');
    await using database = openPostgresql(postgres.urlOf(latest()));
    await migrate(database, { files });
    await expect(migrate(database)).rejects.toThrow(/start the newer faultline again/);
    const [index] = await store.database.query<{ valid: boolean }>(
      `SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = 'issues_colour'::regclass`,
    );
    expect(index).toEqual({ valid: true });
  });
});
