import pg from 'pg';
import { connectionTo, type DatabaseUrl } from './postgresql.ts';

/** Who does what one process at a time does: sweeping, writing Events. Two at once would do no harm, only work. */
export interface Lease extends AsyncDisposable {
  /** True while it is ours; tries to take it when it is not. Never throws. */
  held(): Promise<boolean>;
}

/** For a database with one process. */
export const SOLE_LEASE: Lease = { held: async () => true, [Symbol.asyncDispose]: async () => {} };

/** An advisory lock of a connection of its own: it is free as soon as the connection ends, for whatever cause. */
export class PostgresLease implements Lease {
  readonly #url: DatabaseUrl;
  readonly #lock: number;
  #client: pg.Client | undefined;
  #locked = false;

  /** `lock`: one of locks.ts. */
  constructor(url: DatabaseUrl, lock: number) {
    this.#url = url;
    this.#lock = lock;
  }

  async held(): Promise<boolean> {
    try {
      const client = this.#client ?? (await this.#connect());
      if (this.#locked) await client.query('SELECT 1');
      else {
        const { rows } = await client.query<{ locked: boolean }>(
          `SELECT pg_try_advisory_lock(${this.#lock}) AS locked`,
        );
        this.#locked = rows[0]?.locked === true;
      }
      return this.#locked;
    } catch {
      await this[Symbol.asyncDispose]();
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#locked = false;
    await client?.end().catch(() => {});
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({ ...(await connectionTo(this.#url)), query_timeout: 5_000 });
    // Without a listener an 'error' of an idle connection would end the process.
    client.on('error', () => {
      if (this.#client === client) this.#locked = false;
    });
    await client.connect();
    this.#client = client;
    return client;
  }
}
