import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';

/**
 * The schema as numbered SQL files, for knex's migrator. A released file never changes; the number of the last one is
 * the schema version. SQL rather than a builder, because the golden `schema.sql` is then read beside what made it.
 */
export function migrationSource(folder: string = import.meta.dirname): Knex.MigrationSource<string> {
  const names = readdirSync(folder)
    .filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name))
    .sort();
  return {
    getMigrations: async () => names,
    getMigrationName: (name) => name,
    getMigration: async (name) => ({
      up: async (knex) => {
        for (const statement of statementsOf(readFileSync(join(folder, name), 'utf8'))) await knex.raw(statement);
      },
      down: async () => {
        throw new Error(`${name} cannot be undone: restore a backup that was made with the older version`);
      },
    }),
  };
}

/** The schema version that this program knows: the number of its last file. */
export async function schemaVersion(source: Knex.MigrationSource<string> = migrationSource()): Promise<number> {
  const names = await source.getMigrations([]);
  return Number(names.at(-1)?.slice(0, 4) ?? 0);
}

/** One by one, because PGlite takes one statement a query. knex reads a question mark as a binding. */
function statementsOf(sql: string): string[] {
  return sql
    .replace(/^\s*--.*$/gm, '')
    .split(/;[ \t]*$/m)
    .map((statement) => statement.trim().replaceAll('?', '\\?'))
    .filter((statement) => statement !== '');
}
