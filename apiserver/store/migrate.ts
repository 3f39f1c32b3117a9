import { setTimeout as sleep } from 'node:timers/promises';
import { type MigrationFile, migrationFiles, migrationSource, schemaVersion } from '../../migrations/index.ts';
import type { Database, Session } from './database.ts';
import { NewerSchema, sqlState, storeError } from './errors.ts';
import { MIGRATION_LOCK } from './locks.ts';

/** A migration of a large database takes its time, and a second server waits for the first. */
const MIGRATION_TIMEOUT_MS = 600_000;
/** Between two tries to get a lock that somebody holds. */
const RETRY_MS = 250;
const LOCK_NOT_AVAILABLE = '55P03';

export interface MigrateOptions {
  /** Default: all of this program. */
  readonly files?: readonly MigrationFile[];
  /** Told of each, when all are done. */
  readonly onMigrated?: (file: MigrationFile) => void;
}

/**
 * Brings the schema up to date; servers that start at once take turns. Throws NewerSchema when the database was
 * migrated by a newer program, and changes nothing then.
 */
export async function migrate(database: Database, options: MigrateOptions = {}): Promise<void> {
  // PGlite has one connection, which the migrator needs, and one process, by the lock of its folder.
  if (database.embedded) return await migrateLocked(database, database, options);
  await database.session(async (session) => {
    await session.run(`SET statement_timeout = 0; SET lock_timeout = 0; ${takeMigrationLock()}`, {
      timeoutMs: MIGRATION_TIMEOUT_MS,
    });
    try {
      await migrateLocked(database, session, options);
    } finally {
      await session.run(
        `SELECT pg_advisory_unlock(${MIGRATION_LOCK}); SET statement_timeout = '2s'; SET lock_timeout = '2s'`,
      );
    }
  });
}

/** For whoever does more under the lock than to migrate: the connection holds it until it ends. */
export function takeMigrationLock(): string {
  return `SELECT pg_advisory_lock(${MIGRATION_LOCK})`;
}

/**
 * The same when the caller sees to it that nobody else migrates. Not through `session`, whose timeouts are those of commits:
 * what migrates is connections of knex's own, at most two and only meanwhile, beyond those of the pool.
 */
export async function migrateLocked(
  database: Database,
  session: Pick<Session, 'query'>,
  { files = migrationFiles(), onMigrated }: MigrateOptions = {},
): Promise<void> {
  const known = schemaVersion(files);
  const stored = await storedVersion(session);
  if (stored > known) throw new NewerSchema(stored, known);
  if (stored === known) return;
  await apply(database, files);
  await session.query('UPDATE meta SET schema_version = $1', [known]);
  for (const file of files) if (file.version > stored) onMigrated?.(file);
}

/**
 * Each file is a transaction of its own. Servers of the version before go on meanwhile: for a lock that one of them holds is
 * waited a second at a time, and what is done stays done.
 */
async function apply(database: Database, files: readonly MigrationFile[]): Promise<void> {
  const config = { migrationSource: migrationSource(files) };
  for (const deadline = performance.now() + MIGRATION_TIMEOUT_MS; ; await sleep(RETRY_MS)) {
    try {
      // knex's own lock is a row that survives a crash; ours ends with the connection and is held here.
      await database.withKnex(async ({ migrate: migrator }) => {
        await migrator.forceFreeMigrationsLock(config);
        await migrator.latest(config);
      });
      return;
    } catch (error) {
      if (sqlState(error) !== LOCK_NOT_AVAILABLE || performance.now() > deadline) throw storeError(error);
    }
  }
}

/** 0 for an empty database. */
export async function storedVersion(session: Pick<Session, 'query'>): Promise<number> {
  const [meta] = await session.query<{ exists: boolean }>(`SELECT to_regclass('meta') IS NOT NULL AS exists`);
  if (!meta?.exists) return 0;
  const [row] = await session.query<{ schema_version: number }>('SELECT schema_version FROM meta');
  return row?.schema_version ?? 0;
}
