import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * One step of the schema. `expand` adds, so that servers of the version before go on beside it; `contract` takes away what
 * the version before no longer uses, and says since when (docs/upgrade.md).
 */
export interface MigrationFile {
  /** `0009-search.sql`. */
  readonly name: string;
  /** The schema version that it leads to. */
  readonly version: number;
  readonly sql: string;
  readonly statements: readonly string[];
  readonly phase: 'expand' | 'contract';
  /** CREATE INDEX CONCURRENTLY cannot run in one. */
  readonly inTransaction: boolean;
}

/** In order. */
export function migrationFiles(folder: string = import.meta.dirname): MigrationFile[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name))
    .sort()
    .map((name) => migrationFile(name, readFileSync(join(folder, name), 'utf8')));
}

export function migrationFile(name: string, sql: string): MigrationFile {
  const statements = statementsOf(sql);
  return {
    ...{ name, sql, statements, version: Number(name.slice(0, 4)) },
    phase: /^-- contract: \S/m.test(sql) ? 'contract' : 'expand',
    inTransaction: !statements.some((statement) => /\bCONCURRENTLY\b/i.test(statement)),
  };
}

/** One by one, because PGlite takes one statement a query. */
function statementsOf(sql: string): string[] {
  return sql
    .replace(/^\s*--.*$/gm, '')
    .split(/;[ \t]*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
