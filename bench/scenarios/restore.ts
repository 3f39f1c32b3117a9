import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Postgres, startPostgres } from '../../tests/controlplane/postgres.ts';
import { fillHistory } from '../data/history.ts';
import { type Figure, number } from '../harness/figure.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const GOAL_SECONDS = 300;
const CLI = join(import.meta.dirname, '../../dist/cli/bin.js');
const run = promisify(execFile);

/** How long it takes to have a large database again. */
export const restore: Scenario = {
  name: 'restore',
  summary: 'faultline backup and faultline restore of 1 million issues, on PostgreSQL.',
  run: measure,
};

async function measure({ progress, quick, signal }: BenchContext): Promise<readonly Figure[]> {
  const stored = quick ? 20_000 : 1_000_000;
  const dir = await mkdtemp(join(tmpdir(), 'faultline-restore-'));
  await using postgres = await startPostgres();
  const faultline = async (...args: string[]): Promise<number> => {
    const startedAt = performance.now();
    await run(process.execPath, [CLI, ...args], { cwd: dir, signal });
    return (performance.now() - startedAt) / 1_000;
  };
  try {
    for (const name of ['full', 'empty']) await writeFile(join(dir, `${name}.url`), await postgres.database(name));
    await faultline('migrate', 'up', '--database-url-file=full.url');
    await postgres.psql(`UPDATE meta SET cluster_id = 'bench'`, 'full');
    const namespaces = Array.from({ length: 50 }, (_, n) => ({ name: `team-${n}`, uid: `uid-${n}` }));
    await fillHistory(
      (sql) => postgres.psql(sql, 'full'),
      { stored, open: stored / 100, namespaces },
      (done) => progress.step(`filling: ${number(done)} of ${number(stored)}`),
    );
    await postgres.psql('VACUUM ANALYZE', 'full');
    await postgres.psql('CHECKPOINT');
    progress.step('backing up');
    const backup = await faultline('backup', 'x.backup', '--database-url-file=full.url');
    const { size } = await stat(join(dir, 'x.backup'));
    progress.step('restoring');
    const seconds = await faultline('restore', 'x.backup', '--database-url-file=empty.url');
    for (const table of ['issues', 'watermarks', 'episodes']) await same(postgres, table);
    const what = `${number(stored)} issues with their history, ${number(size / 1e6)} MB compressed`;
    return [
      { scenario: 'restore', what: `${what}: backup`, measured: `${number(backup)} s` },
      {
        scenario: 'restore',
        what: `${what}: restore, with its indexes`,
        measured: `${number(seconds)} s`,
        goal: `≤ ${GOAL_SECONDS} s`,
        met: seconds <= GOAL_SECONDS,
      },
    ];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function same(postgres: Postgres, table: string): Promise<void> {
  const counts = await Promise.all(
    ['full', 'empty'].map((name) => postgres.psql(`SELECT count(*) FROM ${table}`, name)),
  );
  if (counts[0] !== counts[1]) throw new Error(`${table}: ${counts.join(' and ')} rows`);
}
