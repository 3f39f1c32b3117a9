import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Postgres } from '../../tests/controlplane/postgres.ts';

const run = promisify(execFile);

export interface PgbenchResult {
  readonly transactionsPerSecond: number;
  /** Mean latency in ms. */
  readonly latencyMs: number;
}

/** Fills a database for pgbench; `scale` × 100,000 accounts. */
export async function preparePgbench(postgres: Postgres, database: string, scale: number): Promise<void> {
  await postgres.database(database);
  await run(join(postgres.bin, 'pgbench'), ['-i', '-q', '-s', String(scale), ...where(postgres, database)]);
}

/** `pgbench -N` (no hot branch rows) on so many connections from two threads, for so many seconds. */
export async function pgbench(
  postgres: Postgres,
  options: { database: string; connections: number; seconds: number },
): Promise<PgbenchResult> {
  const { database, connections, seconds } = options;
  const args = ['-N', '-n', '-c', String(connections), '-j', '2', '-T', String(seconds), ...where(postgres, database)];
  return parsePgbench((await run(join(postgres.bin, 'pgbench'), args)).stdout);
}

/** Reads pgbench's summary. Throws when transactions failed or the numbers are missing. */
export function parsePgbench(output: string): PgbenchResult {
  const field = (pattern: RegExp): number => {
    const value = pattern.exec(output)?.[1];
    if (value === undefined) throw new Error(`pgbench printed no ${pattern.source}:\n${output}`);
    return Number(value);
  };
  const failed = /number of failed transactions: (\d+)/.exec(output)?.[1];
  if (failed !== undefined && failed !== '0') throw new Error(`${failed} transactions of pgbench failed`);
  return { transactionsPerSecond: field(/^tps = ([\d.]+)/m), latencyMs: field(/^latency average = ([\d.]+) ms/m) };
}

function where(postgres: Postgres, database: string): string[] {
  return ['-h', postgres.socketDir, '-p', String(postgres.port), '-U', 'postgres', database];
}
