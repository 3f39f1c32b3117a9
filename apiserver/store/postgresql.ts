import type { Knex } from 'knex';
import pg from 'pg';
import { clientPool, type PooledClient } from './client-pool.ts';
import { Database, type QueryOptions, type RawConnection, type Step } from './database.ts';

const DEFAULT_TIMEOUT_MS = 5_000;
const INT8 = 20;

/** int8 as a number; everything else as pg reads it. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? Number : format === 'binary' ? pg.types.getTypeParser(oid, format) : pg.types.getTypeParser(oid),
} as pg.CustomTypesConfig;

const SILENT: Knex.Logger = { warn() {}, error() {}, deprecate() {}, debug() {} };

/** Where the database is. A function is asked for every new connection: passwords are rotated. */
export type DatabaseUrl = string | (() => Promise<string>);

/** How to connect, for the pool and for the connections that listen or hold a lease. */
export async function connectionTo(url: DatabaseUrl): Promise<pg.ClientConfig> {
  return clientConfig(typeof url === 'string' ? url : await url());
}

export interface PoolOptions {
  readonly maxConnections?: number;
  /** How others on the database see these connections. Default `faultline`: a server. */
  readonly name?: string;
}

function clientConfig(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'faultline',
    connectionTimeoutMillis: 3_000,
    keepAlive: true,
    pipeline: true,
    types,
  };
}

/** A pool on an external PostgreSQL 15 or newer. Opens no connection yet. */
export function openPostgresql(url: DatabaseUrl, options: PoolOptions = {}): Database {
  const named = options.name === undefined ? {} : { application_name: options.name };
  // Asked for every new connection: passwords are rotated.
  const settings = async (): Promise<pg.ClientConfig> => ({ ...(await connectionTo(url)), ...named });
  return new Database({
    embedded: false,
    pool: clientPool({
      max: options.maxConnections ?? 8,
      acquireTimeoutMs: DEFAULT_TIMEOUT_MS,
      open: async () => new pg.Client(await settings()),
    }),
    withKnex: (use) => withKnex(settings, use),
    wrap: (connection) => new PostgresConnection(connection as PooledClient),
  });
}

async function withKnex<T>(settings: () => Promise<pg.ClientConfig>, use: (knex: Knex) => Promise<T>): Promise<T> {
  const { default: knex } = await import('knex');
  const migrating = knex({
    client: 'pg',
    connection: (await settings()) as Knex.PgConnectionConfig,
    pool: { min: 0, max: 2 },
    acquireConnectionTimeout: DEFAULT_TIMEOUT_MS,
    // Whatever it would print is thrown as well.
    log: SILENT,
  });
  try {
    return await use(migrating);
  } finally {
    await migrating.destroy();
  }
}

class PostgresConnection implements RawConnection {
  readonly #client: PooledClient;

  constructor(client: PooledClient) {
    this.#client = client;
  }

  async query<Row>(sql: string, values: readonly unknown[] = [], options: QueryOptions = {}): Promise<Row[]> {
    const result = await this.#client.query({
      text: sql,
      values: [...values],
      ...(options.name ? { name: options.name } : {}),
      query_timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    } as pg.QueryConfig);
    return result.rows as Row[];
  }

  async run(sql: string, options: QueryOptions = {}): Promise<void> {
    await this.#client.query({ text: sql, query_timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS } as pg.QueryConfig);
  }

  /** The client sends without waiting for answers (`pipeline`), so that a script is one round trip. */
  async script(steps: readonly Step[], options: QueryOptions = {}): Promise<unknown[][]> {
    const results = await Promise.allSettled(
      steps.map(async (step) => {
        if (typeof step === 'string') {
          await this.run(step, options);
          return [];
        }
        return this.query(step.execute.sql, step.values, { ...options, name: step.execute.name });
      }),
    );
    return results.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
  }

  discard(reason: unknown): void {
    this.#client.broken = reason;
  }
}
