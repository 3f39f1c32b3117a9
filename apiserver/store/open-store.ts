import { randomUUID } from 'node:crypto';
import type { Database } from './database.ts';
import { createPartitions } from './episodes.ts';
import { ForeignState } from './errors.ts';
import { claimCluster, raiseCounter, raiseCounterAfterFailover } from './identity.ts';
import { type Lease, PostgresLease, SOLE_LEASE } from './lease.ts';
import { postgresListen } from './listener.ts';
import { migrate } from './migrate.ts';
import { type DatabaseUrl, openPostgresql } from './postgresql.ts';
import { SqlStore } from './sql-store.ts';
import { WakeUps } from './wake-ups.ts';

export interface StoreOptions {
  /**
   * `embedded`: PGlite in a folder (created when missing, locked by the caller) or in memory, for one process.
   * `url`: an external PostgreSQL 15 or newer, without a pooler in transaction mode: advisory locks, LISTEN and prepared
   * statements belong to connections. A function is asked for every new connection.
   */
  readonly database: { readonly embedded: string | 'memory' } | { readonly url: DatabaseUrl };
  /** uid of the namespace kube-system, or `folder:<path>`. Claimed at the first open. */
  readonly clusterId: string;
  /**
   * Connections of the pool of an external database; one more listens, one more holds each lease, and up to two migrate
   * when it is opened. Default 8.
   */
  readonly maxConnections?: number;
  /** µs that are added to the database clock: for tests that let an hour pass. Default none. */
  readonly clockOffset?: () => number;
  /**
   * Told when the database turned out to be another one: a standby that was promoted, a restored backup. `lost`: how many
   * changes this process had committed, and told its callers so, that are not in it. 0 with synchronous replication.
   */
  readonly onFailover?: (lost: number) => void;
}

/**
 * Opens the database, brings its schema up to date and claims it for the cluster. Throws ForeignState, NewerSchema (both
 * say what to do) or StoreUnavailable (try again).
 */
export async function openStore(options: StoreOptions): Promise<SqlStore> {
  const { database, wakeUps, lease } = await connect(options);
  try {
    await migrate(database);
    const stored = await claimCluster(database, options.clusterId);
    if (stored !== options.clusterId) throw new ForeignState(stored, options.clusterId);
    let identity = await database.session((session) => raiseCounter(session, database.embedded));
    const clockOffset = options.clockOffset ?? (() => 0);
    const store = new SqlStore({
      clusterId: options.clusterId,
      identity: () => identity,
      database,
      wakeUps,
      lease,
      clockOffset,
    });
    await createPartitions(database, (await store.now()) / 1_000);
    // Only now: the table meta exists.
    database.onConnect(async (session) => {
      const found = await raiseCounterAfterFailover(session, database.embedded, store.acknowledged.highest);
      if (found === identity) return;
      const before = identity;
      // At once: of several new connections one counts.
      identity = found;
      const lost = await store.acknowledged.countLost(session).catch((error: unknown) => {
        identity = before;
        throw error;
      });
      options.onFailover?.(lost);
    });
    return store;
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * The timeouts are those of the commit: nobody may hold its lock for longer. What reads much sets longer ones for itself.
 *
 * The planner settings make plans independent of statistics: one that was cached while the tables were empty would scan
 * them for ever, and every statement of ours that names rows finds them by an index.
 */
const GREETING = `
SET lock_timeout = '2s'; SET statement_timeout = '2s'; SET idle_in_transaction_session_timeout = '2s';
SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;
SET plan_cache_mode = force_generic_plan`;

interface Connected {
  readonly database: Database;
  readonly wakeUps: WakeUps;
  readonly lease: (lock: number) => Lease;
}

async function connect({ database: where, maxConnections }: StoreOptions): Promise<Connected> {
  const connected = 'url' in where ? await external(where.url, maxConnections) : await embedded(where.embedded);
  connected.database.onConnect((session) => session.run(GREETING));
  return connected;
}

async function external(url: DatabaseUrl, maxConnections = 8): Promise<Connected> {
  const self = randomUUID();
  const database = openPostgresql(url, { maxConnections });
  database.onConnect((session) => session.run(`SET faultline.process = '${self}'`));
  return {
    database,
    wakeUps: new WakeUps(postgresListen(url, self)),
    lease: (lock) => new PostgresLease(url, lock),
  };
}

/** PGlite is large: imported only when it is used. */
async function embedded(folder: string): Promise<Connected> {
  const { openEmbedded } = await import('./embedded.ts');
  return { database: await openEmbedded(folder), wakeUps: new WakeUps(), lease: () => SOLE_LEASE };
}
