import type { Database } from './database.ts';
import { PARTITION_LOCK } from './locks.ts';

/** Monthly partitions of `episodes` and `contents`, by the month of `recorded_at` in UTC. */

const TABLES = ['episodes', 'contents'] as const;

const MONTHS_AHEAD = 2;

/** `episodes_2026_11` for any moment of November 2026 (ms since 1970, UTC). */
export function partitionName(ms: number, table: (typeof TABLES)[number] = 'episodes'): string {
  return `${table}_${new Date(ms).toISOString().slice(0, 7).replace('-', '_')}`;
}

function firstOfMonth(ms: number, months: number): number {
  const date = new Date(ms);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1);
}

/**
 * Creates the partition of the month of `nowMs` and those of the next two months, when they are missing. Servers take
 * turns: `IF NOT EXISTS` alone does not hold against another one that creates it now.
 */
export async function createPartitions(database: Database, nowMs: number): Promise<void> {
  const months = Array.from({ length: MONTHS_AHEAD + 1 }, (_, month) => firstOfMonth(nowMs, month));
  const names = TABLES.flatMap((table) => months.map((month) => partitionName(month, table)));
  const [missing] = await database.query<{ some: boolean }>(
    'SELECT bool_or(to_regclass(name) IS NULL) AS some FROM unnest($1::text[]) AS name',
    [names],
  );
  // Creating one locks the table against every commit, so we look first.
  if (missing?.some) await createPartitionsOf(database, months);
}

/** Those of further months, `2026-11`: what is restored has its own. */
export async function createMonths(database: Database, months: readonly string[]): Promise<void> {
  const firsts = months
    .filter((month) => /^\d{4}-\d{2}$/.test(month))
    .map((month) => Date.parse(`${month}-01T00:00:00Z`));
  if (firsts.length > 0) await createPartitionsOf(database, firsts);
}

async function createPartitionsOf(database: Database, months: readonly number[]): Promise<void> {
  await database.transactionScript([
    'BEGIN',
    `SELECT pg_advisory_xact_lock(${PARTITION_LOCK})`,
    ...TABLES.flatMap((table) =>
      months.map((from) => {
        const range = [from, firstOfMonth(from, 1)].map((ms) => `'${new Date(ms).toISOString()}'`).join(') TO (');
        const name = partitionName(from, table);
        return `CREATE TABLE IF NOT EXISTS ${name} PARTITION OF ${table} FOR VALUES FROM (${range})`;
      }),
    ),
    'COMMIT',
  ]);
}

/** Drops the partitions that ended before `beforeMs` and answers their names. Nothing is deleted row by row. */
export async function dropPartitions(database: Database, beforeMs: number): Promise<string[]> {
  const dropped: string[] = [];
  for (const table of TABLES) {
    const partitions = await database.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent = '${table}'::regclass ORDER BY 1`,
    );
    const oldest = partitionName(beforeMs, table);
    dropped.push(...partitions.map(({ name }) => name).filter((name) => name < oldest));
  }
  for (const name of dropped) await database.query(`DROP TABLE IF EXISTS ${name}`);
  return dropped;
}
