import { isDeepStrictEqual } from 'node:util';
import { migrationFiles, schemaVersion } from '../../migrations/index.ts';
import type { OnRows } from './backup.ts';
import { BackupDamaged, type BackupEnd, type BackupHead, BackupReader, type TableHead } from './backup-format.ts';
import { KEPT_TABLES, LEFT_OUT_TABLES } from './backup-tables.ts';
import { type Bulk, quoted, quotedList, rowsIn } from './bulk.ts';
import { createMonths } from './episodes.ts';
import { NewerSchema } from './errors.ts';
import { migrateLocked, takeMigrationLock } from './migrate.ts';

export interface RestoreOptions {
  /** Removes what the database holds. Default: a database with issues is refused. */
  readonly replace?: boolean;
  readonly onHead?: (head: BackupHead) => void;
  readonly onRows?: OnRows;
  /** Indexes are made again, and younger migrations run. */
  readonly onFinishing?: () => void;
}

/** The database cannot be restored into, and what to do about it. */
export class RestoreRefused extends Error {
  override readonly name = 'RestoreRefused';
}

/**
 * Restores a backup into an empty database, at the schema of the backup, and brings it up to date. Servers that are started
 * meanwhile wait. All rows or none: what is cut off, damaged or refused leaves an empty database. Throws RestoreRefused,
 * BackupDamaged, NewerSchema or StoreUnavailable.
 */
export async function restore(
  bulk: Bulk,
  chunks: AsyncIterable<Uint8Array>,
  options: RestoreOptions = {},
): Promise<BackupHead> {
  const { onFinishing = () => {}, onHead = () => {} } = options;
  const reader = new BackupReader(chunks);
  const head = headOf(await reader.json());
  onHead(head);
  if (!bulk.database.embedded) {
    await refuseOthers(bulk);
    await bulk.query(takeMigrationLock());
  }
  await makeEmpty(bulk, options.replace ?? false);
  const files = migrationFiles();
  await migrateLocked(bulk.database, bulk, { files: files.filter(({ version }) => version <= head.schemaVersion) });
  await createMonths(bulk.database, head.months);
  await bulk.query('BEGIN');
  try {
    const indexes = await dropIndexes(bulk);
    const rows = await readTables(bulk, reader, head, options.onRows ?? (() => {}));
    if (!isDeepStrictEqual(rows, head.rows)) throw new BackupDamaged('the backup is damaged: rows are missing');
    await reader.end();
    onFinishing();
    for (const { definition } of indexes) await bulk.query(definition);
    await finish(bulk, head);
    await bulk.query('COMMIT');
  } catch (error) {
    await bulk.query('ROLLBACK').catch(() => {});
    throw error;
  }
  await migrateLocked(bulk.database, bulk, { files });
  await bulk.query('ANALYZE');
  return head;
}

function headOf(value: unknown): BackupHead {
  const head = value as Partial<BackupHead> | null;
  if (head?.faultline !== 'backup') throw new BackupDamaged('this is no backup of faultline');
  if (head.format !== 1) throw new BackupDamaged(`the backup has format ${head.format}, this faultline knows 1`);
  const known = schemaVersion();
  if ((head.schemaVersion ?? 0) > known) throw new NewerSchema(head.schemaVersion ?? 0, known, 'backup');
  return head as BackupHead;
}

/** They would not notice that everything they know is another one. */
async function refuseOthers(bulk: Bulk): Promise<void> {
  const [others] = await bulk.query<{ n: number }>(
    `SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'faultline'`,
  );
  if (Number(others?.n ?? 0) === 0) return;
  throw new RestoreRefused(
    `servers are connected to this database (${others?.n} connections): stop them first, with kubectl scale --replicas=0`,
  );
}

async function makeEmpty(bulk: Bulk, replace: boolean): Promise<void> {
  const tables = [...KEPT_TABLES, ...Object.keys(LEFT_OUT_TABLES), 'knex_migrations', 'knex_migrations_lock'];
  const found = await bulk.query<{ name: string }>(
    'SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(quote_ident(name)) IS NOT NULL',
    [tables],
  );
  if (found.length === 0) return;
  const stored = await issuesStored(
    bulk,
    found.some(({ name }) => name === 'issues'),
  );
  if (stored > 0 && !replace) {
    throw new RestoreRefused(
      `this database holds ${stored} issues: restore into an empty one, or remove them with --replace`,
    );
  }
  await bulk.query(`DROP TABLE ${quotedList(found.map(({ name }) => name))} CASCADE`);
}

async function issuesStored(bulk: Bulk, exists: boolean): Promise<number> {
  if (!exists) return 0;
  const [counted] = await bulk.query<{ n: number }>('SELECT count(*) AS n FROM issues');
  return Number(counted?.n ?? 0);
}

/** To make an index of all rows is quicker than to change it with each. What a constraint needs stays. */
async function dropIndexes(bulk: Bulk): Promise<{ name: string; definition: string }[]> {
  const indexes = await bulk.query<{ name: string; definition: string }>(
    `SELECT c.relname AS name, replace(pg_get_indexdef(c.oid), ' ON ONLY ', ' ON ') AS definition
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
     WHERE t.relnamespace = current_schema()::regnamespace AND t.relname = ANY ($1::text[])
       AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)`,
    [[...KEPT_TABLES]],
  );
  for (const { name } of indexes) await bulk.query(`DROP INDEX ${quoted(name)}`);
  return indexes;
}

async function readTables(
  bulk: Bulk,
  reader: BackupReader,
  head: BackupHead,
  onRows: OnRows,
): Promise<Record<string, number>> {
  const rows: Record<string, number> = {};
  for (;;) {
    const next = (await reader.json()) as TableHead | BackupEnd;
    if ('end' in next) {
      if (!isDeepStrictEqual(next.end, rows)) throw new BackupDamaged('the backup is damaged: rows are missing');
      return rows;
    }
    const { table, columns } = next;
    if (!(KEPT_TABLES as readonly string[]).includes(table)) throw new BackupDamaged(`the backup has a table ${table}`);
    rows[table] = await bulk.write(table, columns, counted(reader.pieces(), table));
  }

  async function* counted(pieces: AsyncIterable<Uint8Array>, table: string): AsyncGenerator<Uint8Array> {
    let done = 0;
    for await (const piece of pieces) {
      yield piece;
      done += rowsIn(piece);
      onRows(table, done, head.rows[table] ?? 0);
    }
  }
}

/**
 * The counter begins above every number that the old database gave after the backup: it never ran ahead of the clock. An
 * identity that is not known makes the next server raise the floor, too, so that no old watch resumes (decision 14).
 */
async function finish(bulk: Bulk, { clusterId, lastChange }: BackupHead): Promise<void> {
  await bulk.query(
    `UPDATE meta SET cluster_id = $1, identity = NULL, database_id = gen_random_uuid(),
       last_change = greatest($2::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)`,
    [clusterId, lastChange],
  );
  await bulk.query(
    `SELECT setval(pg_get_serial_sequence('timeline', 'id'), greatest((SELECT max(id) FROM timeline), 1))`,
  );
}
