import { COMMIT_LOCK } from '../../apiserver/store/locks.ts';
import type { Postgres } from '../controlplane/postgres.ts';

export const ROLE = 'faultline';
const DATABASE = 'faults';

/**
 * A database that an ordinary role owns, as in production, with a clock that jumps: `now()` and `clock_timestamp()` are
 * found in the schema `fault` before PostgreSQL's own, because the search path of the role says so.
 */
export class FaultDatabase {
  readonly postgres: Postgres;

  private constructor(postgres: Postgres) {
    this.postgres = postgres;
  }

  static async create(postgres: Postgres): Promise<FaultDatabase> {
    await postgres.psql(`CREATE ROLE ${ROLE} LOGIN`);
    await postgres.psql(`CREATE DATABASE ${DATABASE} OWNER ${ROLE}`);
    await postgres.psql(CLOCK, DATABASE);
    return new FaultDatabase(postgres);
  }

  /** For servers. `socketDir`: by default the one of this PostgreSQL. */
  url(socketDir = this.postgres.socketDir): string {
    return `postgres://${ROLE}@/${DATABASE}?host=${encodeURIComponent(socketDir)}&port=${this.postgres.port}`;
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
