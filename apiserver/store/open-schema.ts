import { type MigrationFile, migrationFiles, schemaVersion } from '../../migrations/index.ts';
import type { Database } from './database.ts';
import { migrate, storedVersion } from './migrate.ts';
import type { StoreOptions } from './open-store.ts';
import { openPostgresql } from './postgresql.ts';

/** The schema of a database, for whoever looks after it. Claims nothing and reads no issue. */
export interface Schema extends AsyncDisposable {
  /** What is there, what this program knows, and what `up` would run. Throws StoreUnavailable. */
  state(): Promise<SchemaState>;
  /** As the start of a server does it. Throws NewerSchema or StoreUnavailable. */
  up(onMigrated: (file: MigrationFile) => void): Promise<void>;
}

export interface SchemaState {
  /** 0: the database is empty. */
  readonly stored: number;
  readonly known: number;
  /** Empty, too, when the database is newer. */
  readonly pending: readonly MigrationFile[];
}

export async function openSchema(
  database: StoreOptions['database'],
  files: readonly MigrationFile[] = migrationFiles(),
): Promise<Schema> {
  const opened = await openDatabase(database);
  return {
    async state() {
      const stored = await storedVersion(opened);
      return { stored, known: schemaVersion(files), pending: files.filter(({ version }) => version > stored) };
    },
    up: (onMigrated) => migrate(opened, { files, onMigrated }),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

async function openDatabase(database: StoreOptions['database']): Promise<Database> {
  if ('url' in database) return openPostgresql(database.url, { maxConnections: 2, name: 'faultline-migrate' });
  const { openEmbedded } = await import('./embedded.ts');
  return await openEmbedded(database.embedded);
}
