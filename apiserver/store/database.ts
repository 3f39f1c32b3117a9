import type { Knex } from 'knex';
import { breaksConnection, storeError } from './errors.ts';

/**
 * One connection of a database, PostgreSQL or PGlite alike: SQL with `$1` parameters in, plain rows out. int8 arrives
 * as a number (everything we store stays below 2^53), json as a value.
 */
export interface Session {
  query<Row>(sql: string, values?: readonly unknown[], options?: QueryOptions): Promise<Row[]>;
  /** Several statements in one round trip, without parameters and without rows. */
  run(sql: string, options?: QueryOptions): Promise<void>;
}

export interface QueryOptions {
  /** Prepares the statement under this name, once a connection. */
  readonly name?: string;
  /** Gives the connection up when no answer came. Default 5 s. */
  readonly timeoutMs?: number;
}

/** What knex's pool hands out, as we use it. */
export interface RawConnection extends Session {
  /** Takes the connection out of the pool. */
  discard(reason: unknown): void;
}

/** The pool of a database. knex owns the connections; the SQL is ours. Errors are those of `storeError`. */
export class Database implements AsyncDisposable {
  readonly embedded: boolean;
  readonly knex: Knex;
  readonly #wrap: (connection: unknown) => RawConnection;
  readonly #onConnect: ((session: Session) => Promise<void>)[] = [];
  readonly #greeted = new WeakSet<object>();

  constructor(options: { embedded: boolean; knex: Knex; wrap: (connection: unknown) => RawConnection }) {
    this.embedded = options.embedded;
    this.knex = options.knex;
    this.#wrap = options.wrap;
  }

  /** Runs on each connection before its first use, for as long as the database is open. */
  onConnect(greet: (session: Session) => Promise<void>): void {
    this.#onConnect.push(greet);
  }

  /** Lends one connection to `use`. */
  async session<T>(use: (session: Session) => Promise<T>): Promise<T> {
    const connection: unknown = await this.knex.client.acquireConnection().catch((error: unknown) => {
      throw storeError(error);
    });
    const raw = this.#wrap(connection);
    const guarded = guard(raw);
    try {
      await this.#greet(connection as object, guarded);
      return await use(guarded);
    } finally {
      await this.knex.client.releaseConnection(connection);
    }
  }

  async query<Row>(sql: string, values?: readonly unknown[], options?: QueryOptions): Promise<Row[]> {
    return this.session((session) => session.query<Row>(sql, values, options));
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
    await this.knex.destroy();
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
  };
}
