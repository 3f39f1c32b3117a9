import type { PGlite } from '@electric-sql/pglite';
import knex, { type Knex } from 'knex';
import pg from 'pg';
import { type ConnectionPool, Database, type QueryOptions, type RawConnection, type Step } from './database.ts';

/**
 * PostgreSQL in this process: PGlite, one connection. Imported only when it is used, because it is large.
 *
 * It does not lock its folder and two openers corrupt it: the caller holds `<state>/lock`. It never calls fsync, so it
 * survives `kill -9` but not a power cut (design.md decision 3).
 */
export async function openEmbedded(folder: string | 'memory'): Promise<Database> {
  return (await openEmbeddedWith(folder)).database;
}

/** The same with PGlite itself, for what knex cannot: COPY. */
export async function openEmbeddedWith(folder: string | 'memory'): Promise<{ database: Database; pglite: PGlite }> {
  const [{ openFolder, openMemory }, { default: dialect }] = await Promise.all([
    import('./template.ts'),
    import('knex-pglite'),
  ]);
  const pglite = folder === 'memory' ? await openMemory() : await openFolder(folder);
  const pool = knex({
    client: dialect,
    // The dialect takes an open instance; knex's types do not know its option.
    connection: { pglite } as object,
    acquireConnectionTimeout: 10_000,
  });
  return { database: new EmbeddedDatabase(pool, pglite), pglite };
}

class EmbeddedDatabase extends Database {
  readonly #pglite: PGlite;

  constructor(pool: Knex, pglite: PGlite) {
    const connection = new EmbeddedConnection(pglite);
    super({ embedded: true, pool: knexPool(pool), withKnex: (use) => use(pool), wrap: () => connection });
    this.#pglite = pglite;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    // The dialect closes it with its connection; without any query there was none.
    if (!this.#pglite.closed) await this.#pglite.close();
  }
}

/** There is one connection, so migrations need the same. */
function knexPool(knex: Knex): ConnectionPool {
  return {
    acquire: () => knex.client.acquireConnection(),
    release: (connection) => knex.client.releaseConnection(connection),
    counts() {
      const { pool } = knex.client as { pool: Record<'numUsed' | 'numFree', () => number> & { max: number } };
      return { open: pool.numUsed() + pool.numFree(), idle: pool.numFree(), max: pool.max };
    },
    end: () => knex.destroy(),
  };
}

class EmbeddedConnection implements RawConnection {
  readonly #pglite: PGlite;
  readonly #prepared = new Set<string>();

  constructor(pglite: PGlite) {
    this.#pglite = pglite;
  }

  async query<Row>(sql: string, values: readonly unknown[] = [], _options?: QueryOptions): Promise<Row[]> {
    return (await this.#pglite.query<Row>(sql, [...values])).rows;
  }

  /** Its own queries are planned each time, which is slow in WebAssembly; SQL's EXECUTE is not. */
  async script(steps: readonly Step[]): Promise<unknown[][]> {
    const results: unknown[][] = [];
    for (const step of steps) results.push(await this.#step(step));
    return results;
  }

  async #step(step: Step): Promise<unknown[]> {
    if (typeof step === 'string') {
      await this.#pglite.exec(step);
      return [];
    }
    const { name, types, sql } = step.execute;
    if (!this.#prepared.has(name)) await this.#pglite.exec(`PREPARE ${name}${listed(types)} AS ${sql}`);
    this.#prepared.add(name);
    const [result] = await this.#pglite.exec(`EXECUTE ${name}${listed(step.values.map(literal))}`);
    return result?.rows ?? [];
  }

  async run(sql: string): Promise<void> {
    await this.#pglite.exec(sql);
  }

  /** There is only one, and it cannot break off. */
  discard(): void {}
}

/** SQL has no empty list here. */
function listed(items: readonly string[]): string {
  return items.length === 0 ? '' : ` (${items.join(', ')})`;
}

function literal(value: string | number): string {
  // Of a number String() gives digits, a sign or NaN and Infinity, none of which needs a quote.
  return typeof value === 'number' ? String(value) : pg.escapeLiteral(value);
}
