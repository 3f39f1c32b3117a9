import type { Knex } from 'knex';
import { type MigrationFile, migrationFiles } from './files.ts';

export { type MigrationFile, migrationFile, migrationFiles } from './files.ts';

/**
 * A statement that waits for a lock holds up every commit that comes after it, for at most 2 s: rather it gives up before that,
 * and is tried again (apiserver/store/migrate.ts). Once it has the lock it takes the time that it takes.
 */
const PATIENCE = [`SET LOCAL lock_timeout = '1s'`, 'SET LOCAL statement_timeout = 0'];

/**
 * The schema as numbered SQL files, for knex's migrator. A released file never changes; the number of the last one is
 * the schema version. SQL rather than a builder, because the golden `schema.sql` is then read beside what made it.
 */
export function migrationSource(
  files: readonly MigrationFile[] = migrationFiles(),
): Knex.MigrationSource<MigrationFile> {
  return {
    getMigrations: async () => [...files],
    getMigrationName: ({ name }) => name,
    getMigration: async ({ name, statements, inTransaction }) => {
      const migration = {
        config: { transaction: inTransaction },
        async up(knex: Knex): Promise<void> {
          // knex reads a question mark as a binding.
          const all = [...(inTransaction ? PATIENCE : []), ...statements];
          for (const statement of all) await knex.raw(statement.replaceAll('?', '\\?'));
        },
        async down(): Promise<void> {
          throw new Error(`${name} cannot be undone: restore a backup that was made with the older version`);
        },
      };
      return migration;
    },
  };
}

/** The schema version that these files lead to. */
export function schemaVersion(files: readonly MigrationFile[] = migrationFiles()): number {
  return files.at(-1)?.version ?? 0;
}
