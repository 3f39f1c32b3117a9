import { rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { COMMIT_LOCK } from '../../apiserver/store/locks.ts';
import type { Postgres } from '../controlplane/postgres.ts';

export const ROLE = 'faultline';
const DATABASE = 'faults';

/**
 * A database that an ordinary role owns, as in production, with a clock that jumps: `now()` and `clock_timestamp()` are
 * found in the schema `fault` before PostgreSQL's own, because the search path of the role says so.
 */
export class FaultDatabase {
  /** The link that servers follow to the sockets of the current primary. */
  readonly #current: string;
  #postgres: Postgres;

  private constructor(postgres: Postgres, current: string) {
    this.#postgres = postgres;
    this.#current = current;
  }

  /** `dir`: where the link is made. */
  static async create(postgres: Postgres, dir: string): Promise<FaultDatabase> {
    await postgres.psql(`CREATE ROLE ${ROLE} LOGIN`);
    await postgres.psql(`CREATE DATABASE ${DATABASE} OWNER ${ROLE}`);
    await postgres.psql(CLOCK, DATABASE);
    const current = join(dir, 'postgresql');
    await symlink(postgres.socketDir, current);
    return new FaultDatabase(postgres, current);
  }

  get postgres(): Postgres {
    return this.#postgres;
  }

  /** For servers. It stays the same after a failover, as the name of a Service does. */
  get url(): string {
    return `postgres://${ROLE}@/${DATABASE}?host=${encodeURIComponent(this.#current)}&port=${this.postgres.port}`;
  }

  /** The primary crashes for good and the standby takes over. */
  async failOver(standby: Postgres): Promise<void> {
    await this.postgres.kill();
    await standby.promote();
    await symlink(standby.socketDir, `${this.#current}.new`);
    await rename(`${this.#current}.new`, this.#current);
    this.#postgres = standby;
  }

  query(sql: string): Promise<string> {
    return this.postgres.psql(sql, DATABASE);
  }

  /** Lets the database clock be so many seconds ahead of the real one, from now on; negative: behind. */
  async setClock(seconds: number): Promise<void> {
    await this.query(`UPDATE fault.clock SET ahead = make_interval(secs => ${seconds})`);
  }

  /** Ends every connection of the servers. */
  async terminate(): Promise<void> {
    await this.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${ROLE}'`);
  }

  /** Only so many connections of the servers from now on; -1: as many as they like. */
  async limitConnections(count: number): Promise<void> {
    await this.query(`ALTER ROLE ${ROLE} CONNECTION LIMIT ${count}`);
    if (count >= 0) await this.terminate();
  }

  /** Somebody else holds the lock of the commits, or the row of the counter, for so long. */
  async hold(what: 'lock' | 'counter', ms: number): Promise<void> {
    const take = what === 'lock' ? `SELECT pg_advisory_lock(${COMMIT_LOCK})` : 'BEGIN; SELECT FROM meta FOR UPDATE';
    await this.query(`${take}; SELECT pg_sleep(${ms / 1_000})`);
  }
}

const CLOCK = `
CREATE SCHEMA fault;
CREATE TABLE fault.clock (ahead interval NOT NULL);
INSERT INTO fault.clock VALUES ('0');
CREATE FUNCTION fault.now() RETURNS timestamptz LANGUAGE sql STABLE
  AS 'SELECT pg_catalog.now() + ahead FROM fault.clock';
CREATE FUNCTION fault.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
  AS 'SELECT pg_catalog.clock_timestamp() + ahead FROM fault.clock';
GRANT USAGE ON SCHEMA fault TO ${ROLE};
GRANT SELECT ON fault.clock TO ${ROLE};
ALTER ROLE ${ROLE} SET search_path = public, fault, pg_catalog`;
