import type { PGlite } from '@electric-sql/pglite';
import knex from 'knex';
import { Database, type QueryOptions, type RawConnection } from './database.ts';

/**
 * PostgreSQL in this process: PGlite, one connection. Imported only when it is used, because it is large.
 *
 * It does not lock its folder and two openers corrupt it: the caller holds `<state>/lock`. It never calls fsync, so it
 * survives `kill -9` but not a power cut (design.md decision 3).
 */
export async function openEmbedded(folder: string | 'memory'): Promise<Database> {
  const [{ PGlite }, { default: dialect }] = await Promise.all([import('@electric-sql/pglite'), import('knex-pglite')]);
  const pglite = await PGlite.create(folder === 'memory' ? 'memory://' : folder);
  const pool = knex({
    client: dialect,
    // The dialect takes an open instance; knex's types do not know its option.
    connection: { pglite } as object,
    acquireConnectionTimeout: 10_000,
  });
  return new EmbeddedDatabase(pool, pglite);
}

class EmbeddedDatabase extends Database {
  readonly #pglite: PGlite;

  constructor(pool: Database['knex'], pglite: PGlite) {
    super({ embedded: true, knex: pool, wrap: () => new EmbeddedConnection(pglite) });
    this.#pglite = pglite;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    // The dialect closes it with its connection; without any query there was none.
    if (!this.#pglite.closed) await this.#pglite.close();
  }
}

class EmbeddedConnection implements RawConnection {
  readonly #pglite: PGlite;

  constructor(pglite: PGlite) {
    this.#pglite = pglite;
  }

  async query<Row>(sql: string, values: readonly unknown[] = [], _options?: QueryOptions): Promise<Row[]> {
    return (await this.#pglite.query<Row>(sql, [...values])).rows;
  }

  async runAll(sql: string): Promise<unknown[][]> {
    return (await this.#pglite.exec(sql)).map(({ rows }) => rows);
  }

  async run(sql: string): Promise<void> {
    await this.#pglite.exec(sql);
  }

  /** There is only one, and it cannot break off. */
  discard(): void {}
}
