import type { Database } from './database.ts';
import type { StoreOptions } from './open-store.ts';

/**
 * A database as whole tables: rows in and out in the text format of PostgreSQL's COPY, on one connection, so that everything
 * between BEGIN and COMMIT is one snapshot, or one change.
 */
export interface Bulk extends AsyncDisposable {
  /** For migrations, which need connections of their own. */
  readonly database: Database;
  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** All rows, in pieces that end with a row. */
  read(table: string, columns: readonly string[]): AsyncIterable<Uint8Array>;
  /** Appends rows; `pieces` end with a row. Answers how many there were. */
  write(table: string, columns: readonly string[], pieces: AsyncIterable<Uint8Array>): Promise<number>;
}

/** Throws StoreUnavailable. An embedded database must not be open elsewhere: the caller holds the lock of its folder. */
export async function openBulk(database: StoreOptions['database']): Promise<Bulk> {
  if ('url' in database) return (await import('./postgresql-bulk.ts')).openPostgresqlBulk(database.url);
  return await (await import('./embedded-bulk.ts')).openEmbeddedBulk(database.embedded);
}

/** About what a piece has, bytes: small against memory, large against what one costs. */
export const PIECE_BYTES = 256 * 1024;

/** Joins chunks into pieces that end with a row: no row of COPY's text has a newline in it. */
export async function* wholeRows(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    size += chunk.length;
    if (size < PIECE_BYTES) continue;
    const joined = Buffer.concat(waiting);
    const end = joined.lastIndexOf(0x0a) + 1;
    if (end > 0) yield joined.subarray(0, end);
    waiting = [joined.subarray(end)];
    size = joined.length - end;
  }
  if (size > 0) yield Buffer.concat(waiting);
}

/** How many rows a piece has. */
export function rowsIn(piece: Uint8Array): number {
  let count = 0;
  for (let at = piece.indexOf(0x0a); at !== -1; at = piece.indexOf(0x0a, at + 1)) count++;
  return count;
}

/** Quotes a name of the catalog. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quotedList(names: readonly string[]): string {
  return names.map(quoted).join(', ');
}
