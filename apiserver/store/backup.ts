import { schemaVersion } from '../../migrations/index.ts';
import { type BackupHead, END_OF_TABLE, lengthOf, line } from './backup-format.ts';
import { KEPT_TABLES } from './backup-tables.ts';
import { type Bulk, quoted, rowsIn } from './bulk.ts';
import { NewerSchema } from './errors.ts';
import { storedVersion } from './migrate.ts';

/** Told of each piece: rows of the table that were read so far, of all. */
export type OnRows = (table: string, done: number, total: number) => void;

export interface BackupOptions {
  readonly onHead?: (head: BackupHead) => void;
  readonly onRows?: OnRows;
}

/** Nothing to back up. */
export class NothingStored extends Error {
  override readonly name = 'NothingStored';

  constructor() {
    super('this database holds no issues of faultline: no server was ever started on it');
  }
}

/**
 * A backup as a stream (backup-format.ts), of one moment, while servers go on. Throws NothingStored, NewerSchema or
 * StoreUnavailable.
 */
export async function* backup(
  bulk: Bulk,
  { onHead = () => {}, onRows = () => {} }: BackupOptions = {},
): AsyncGenerator<Uint8Array> {
  await bulk.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    const tables = await columnsOf(bulk);
    const head = await headOf(bulk, [...tables.keys()]);
    onHead(head);
    yield line(head);
    const end: Record<string, number> = {};
    for (const [table, columns] of tables) {
      yield line({ table, columns });
      let done = 0;
      for await (const piece of bulk.read(table, columns)) {
        yield lengthOf(piece);
        yield piece;
        done += rowsIn(piece);
        onRows(table, done, head.rows[table] ?? 0);
      }
      yield END_OF_TABLE;
      end[table] = done;
    }
    yield line({ end });
  } finally {
    await bulk.query('ROLLBACK').catch(() => {});
  }
}

async function headOf(bulk: Bulk, tables: readonly string[]): Promise<BackupHead> {
  const stored = await storedVersion(bulk);
  if (stored > schemaVersion()) throw new NewerSchema(stored, schemaVersion());
  const [meta] = stored === 0 ? [] : await bulk.query<MetaRow>(META);
  if (!meta?.cluster_id) throw new NothingStored();
  const rows: Record<string, number> = {};
  for (const table of tables) {
    const [counted] = await bulk.query<{ n: number }>(`SELECT count(*) AS n FROM ${quoted(table)}`);
    rows[table] = Number(counted?.n ?? 0);
  }
  const months = await bulk.query<{ month: string }>(MONTHS);
  return {
    ...{ faultline: 'backup', format: 1, schemaVersion: stored, clusterId: meta.cluster_id, takenAt: meta.at },
    ...{ lastChange: Number(meta.last_change), months: months.map(({ month }) => month), rows },
  };
}

interface MetaRow {
  readonly cluster_id: string | null;
  readonly last_change: number;
  readonly at: string;
}

const META = `SELECT cluster_id, last_change, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at FROM meta`;

// Of all partitioned tables: an empty partition too many costs nothing.
const MONTHS = `
SELECT DISTINCT replace(right(c.relname, 7), '_', '-') AS month
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid AND c.relkind = 'r' ORDER BY 1`;

/** Those of the kept tables that this schema has. */
async function columnsOf(bulk: Bulk): Promise<Map<string, readonly string[]>> {
  const found = await bulk.query<{ name: string; columns: string[] }>(
    `SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY ($1::text[]) GROUP BY 1`,
    [[...KEPT_TABLES]],
  );
  const byName = new Map(found.map(({ name, columns }) => [name, columns]));
  return new Map(
    KEPT_TABLES.flatMap((table) => (byName.has(table) ? [[table, byName.get(table) ?? []] as const] : [])),
  );
}
