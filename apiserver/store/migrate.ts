import { migrationSource, schemaVersion } from '../../migrations/index.ts';
import type { Database, Session } from './database.ts';
import { NewerSchema, storeError } from './errors.ts';
import { MIGRATION_LOCK } from './locks.ts';

/** A migration of a large database takes its time, and a second server waits for the first. */
const MIGRATION_TIMEOUT_MS = 600_000;

/**
 * Brings the schema up to date; servers that start at once take turns. Throws NewerSchema when the database was
 * migrated by a newer program, and changes nothing then.
 */
export async function migrate(database: Database, source = migrationSource()): Promise<void> {
  const known = await schemaVersion(source);
  // PGlite has one connection, which the migrator needs, and one process, by the lock of its folder.
  if (database.embedded) {
    const stored = await database.session(storedVersion);
    return apply(database, source, { stored, known });
  }
  await database.session(async (session) => {
    await session.run(`SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock(${MIGRATION_LOCK})`, {
      timeoutMs: MIGRATION_TIMEOUT_MS,
    });
    try {
      await apply(database, source, { stored: await storedVersion(session), known });
    } finally {
      await session.run(
        `SELECT pg_advisory_unlock(${MIGRATION_LOCK}); SET statement_timeout = '2s'; SET lock_timeout = '2s'`,
      );
    }
  });
}

async function apply(
  database: Database,
  migrations: ReturnType<typeof migrationSource>,
  { stored, known }: { stored: number; known: number },
): Promise<void> {
  if (stored > known) throw new NewerSchema(stored, known);
  if (stored === known) return;
  const config = { migrationSource: migrations };
  // knex's own lock is a row that survives a crash; ours ends with the connection and is held here.
  try {
    await database.knex.migrate.forceFreeMigrationsLock(config);
    await database.knex.migrate.latest(config);
  } catch (error) {
    throw storeError(error);
  }
  await database.query('UPDATE meta SET schema_version = $1', [known]);
}

/** 0 for an empty database. */
async function storedVersion(session: Session): Promise<number> {
  const [meta] = await session.query<{ exists: boolean }>(`SELECT to_regclass('meta') IS NOT NULL AS exists`);
  if (!meta?.exists) return 0;
  const [row] = await session.query<{ schema_version: number }>('SELECT schema_version FROM meta');
  return row?.schema_version ?? 0;
}
