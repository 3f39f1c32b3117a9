import type { Knex } from 'knex';
import { breaksConnection, storeError } from './errors.ts';

/**
 * One connection of a database, PostgreSQL or PGlite alike: SQL with `$1` parameters in, plain rows out. int8 arrives
 * as a number (everything we store stays below 2^53), json as a value.
 */
export interface Session {
  /**
   * Several statements in one round trip, which is most of the time of a small batch: strings as they are, prepared
   * ones with their values. Answers the rows of each. Throws the first error; outside a transaction what comes after it
   * may have run.
   */
  script(steps: readonly Step[], options?: QueryOptions): Promise<unknown[][]>;
  query<Row>(sql: string, values?: readonly unknown[], options?: QueryOptions): Promise<Row[]>;
  /** Several statements in one round trip, without parameters and without rows. */
  run(sql: string, options?: QueryOptions): Promise<void>;
}

/** A statement that is planned once a connection. */
export interface Prepared {
  readonly name: string;
  /** Types of its parameters. */
  readonly types: readonly ('jsonb' | 'bigint' | 'float8' | 'text')[];
  readonly sql: string;
}

/** A value of a jsonb parameter is its text. */
export type Step = string | { readonly execute: Prepared; readonly values: readonly (string | number)[] };

export interface QueryOptions {
  /** Prepares the statement under this name, once a connection. */
  readonly name?: string;
  /** Gives the connection up when no answer came. Default 5 s. */
  readonly timeoutMs?: number;
}

/** A connection that a `ConnectionPool` lends, as we use it. */
export interface RawConnection extends Session {
  /** Takes the connection out of the pool. */
  discard(reason: unknown): void;
}

/** Who opens, lends and closes the connections of a database. */
export interface ConnectionPool {
  acquire(): Promise<unknown>;
  release(connection: unknown): Promise<void> | void;
  counts(): { open: number; idle: number; max: number };
  end(): Promise<void>;
}

/** Lends a knex to `use`. */
export type WithKnex = <T>(use: (knex: Knex) => Promise<T>) => Promise<T>;

/** The pool of a database; the SQL is ours. Errors are those of `storeError`. */
export class Database implements AsyncDisposable {
  readonly embedded: boolean;
  readonly #pool: ConnectionPool;
  readonly #knex: WithKnex;
  readonly #wrap: (connection: unknown) => RawConnection;
  readonly #onConnect: ((session: Session) => Promise<void>)[] = [];
  readonly #greeted = new WeakSet<object>();

  constructor(options: {
    embedded: boolean;
    pool: ConnectionPool;
    withKnex: WithKnex;
    wrap: (connection: unknown) => RawConnection;
  }) {
    this.embedded = options.embedded;
    this.#pool = options.pool;
    this.#knex = options.withKnex;
    this.#wrap = options.wrap;
  }

  /** Runs on each connection before its first use, for as long as the database is open. */
  onConnect(greet: (session: Session) => Promise<void>): void {
    this.#onConnect.push(greet);
  }

  /** Lends knex, which is there for migrations only, and is large. */
  withKnex<T>(use: (knex: Knex) => Promise<T>): Promise<T> {
    return this.#knex(use);
  }

  /** Lends one connection to `use`. */
  async session<T>(use: (session: Session) => Promise<T>): Promise<T> {
    const connection: unknown = await this.#pool.acquire().catch((error: unknown) => {
      throw storeError(error);
    });
    const guarded = guard(this.#wrap(connection));
    try {
      await this.#greet(connection as object, guarded);
      return await use(guarded);
    } finally {
      await this.#pool.release(connection);
    }
  }

  connections(): { open: number; idle: number; max: number } {
    return this.#pool.counts();
  }

  async query<Row>(sql: string, values?: readonly unknown[], options?: QueryOptions): Promise<Row[]> {
    return this.session((session) => session.query<Row>(sql, values, options));
  }

  /** A query that may take up to a minute, because it reads much. */
  async slowQuery<Row>(sql: string, values: readonly unknown[]): Promise<Row[]> {
    return this.transaction(
      `BEGIN READ ONLY; SET LOCAL statement_timeout = '60s'; SET LOCAL enable_seqscan = on`,
      (session) => session.query<Row>(sql, values, { timeoutMs: 60_000 }),
    );
  }

  /** A whole transaction in one round trip; the first step begins it, the last commits. Answers the rows of each. */
  async transactionScript(steps: readonly Step[]): Promise<unknown[][]> {
    return this.session(async (session) => {
      try {
        return await session.script(steps);
      } catch (error) {
        await session.run('ROLLBACK').catch(() => {});
        throw error;
      }
    });
  }

  /** A transaction that begins with the statements of `begin` in one round trip and rolls back when `use` throws. */
  async transaction<T>(begin: string, use: (session: Session) => Promise<T>): Promise<T> {
    return this.session(async (session) => {
      try {
        await session.run(begin);
        const result = await use(session);
        await session.run('COMMIT');
        return result;
      } catch (error) {
        // The first error is the one to tell; a connection that cannot roll back is discarded by the guard.
        await session.run('ROLLBACK').catch(() => {});
        throw error;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }

  async #greet(connection: object, session: Session): Promise<void> {
    if (this.#onConnect.length === 0 || this.#greeted.has(connection)) return;
    for (const greet of this.#onConnect) await greet(session);
    this.#greeted.add(connection);
  }
}

function guard(raw: RawConnection): Session {
  const translate = (error: unknown): never => {
    if (breaksConnection(error)) raw.discard(error);
    throw storeError(error);
  };
  return {
    query: <Row>(sql: string, values?: readonly unknown[], options?: QueryOptions) =>
      raw.query<Row>(sql, values, options).catch(translate),
    run: (sql, options) => raw.run(sql, options).catch(translate),
    script: (steps, options) => raw.script(steps, options).catch(translate),
  };
}
