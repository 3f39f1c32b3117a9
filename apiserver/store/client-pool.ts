import type pg from 'pg';
import { Pool, TimeoutError } from 'tarn';
import type { ConnectionPool } from './database.ts';

/** A connection that broke, or that somebody gave up, is not lent again. */
export interface PooledClient extends pg.Client {
  broken?: unknown;
}

export interface ClientPoolOptions {
  readonly max: number;
  /** ms to wait for a connection. */
  readonly acquireTimeoutMs: number;
  /** A client that is not connected yet. */
  readonly open: () => Promise<pg.Client>;
}

/**
 * tarn is the pool of knex, without the rest of it: three hundred modules that a server would load to migrate now and then.
 * `acquire` throws why no connection could be opened, that none became free in time, or, at once, that the pool is closed.
 */
export function clientPool({ max, acquireTimeoutMs, open }: ClientPoolOptions): ConnectionPool {
  const pool = new Pool<PooledClient>({
    min: 0,
    max,
    acquireTimeoutMillis: acquireTimeoutMs,
    propagateCreateError: true,
    create: () => connected(open),
    validate: ({ broken }) => broken === undefined,
    destroy: (client) => client.end(),
  });
  let closed = false;
  return {
    async acquire() {
      // tarn would let whoever asks now wait for as long as for a pool that is full.
      if (closed) throw new Error('the pool is closed');
      const pending = pool.acquire();
      try {
        return await pending.promise;
      } catch (error) {
        if (closed) throw new Error('the pool is closed', { cause: error });
        if (!(error instanceof TimeoutError)) throw error;
        throw pending.possibleTimeoutCause ?? new Error(noneFree(pool, max, acquireTimeoutMs), { cause: error });
      }
    },
    release: (connection) => void pool.release(connection as PooledClient),
    counts: () => ({ open: pool.numUsed() + pool.numFree(), idle: pool.numFree(), max }),
    async end() {
      closed = true;
      await pool.destroy();
    },
  };
}

async function connected(open: () => Promise<pg.Client>): Promise<PooledClient> {
  const client: PooledClient = await open();
  const broke = (reason?: unknown): void => {
    client.broken ??= reason ?? 'the connection has ended';
  };
  client.on('error', broke);
  client.on('end', broke);
  await client.connect();
  return client;
}

function noneFree(pool: Pool<PooledClient>, max: number, waitedMs: number): string {
  const opening = pool.numPendingCreates();
  const more = opening > 0 ? `, ${opening} being opened` : '';
  return `no connection became free within ${waitedMs / 1_000} s (${pool.numUsed()} of ${max} in use${more})`;
}
