import { cpuSeconds } from '../harness/cpu-time.ts';
import { type Figure, number } from '../harness/figure.ts';
import { interleave } from '../harness/interleave.ts';
import { median } from '../harness/statistics.ts';
import { LoadGenerator } from '../load/load-generator.ts';
import type { LoadResult } from '../load/messages.ts';
import { pgbench, preparePgbench } from '../load/pgbench.ts';
import { Workload } from '../load/workload.ts';
import { type Environment, startEnvironment } from '../product/environment.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const BATCH = 100;
const BATCH_CONNECTIONS = 4;
const CONNECTIONS = 16;
const BATCH_GOAL = 10_000;
const SINGLE_GOAL = 1.5;

/** How fast reports become stored issues, beside what the same PostgreSQL does for pgbench. */
export const reports: Scenario = {
  name: 'reports',
  summary: 'Reports over HTTPS into PostgreSQL: batches of 100, and single ones beside pgbench -N -c 16.',
  run,
};

async function run(context: BenchContext): Promise<readonly Figure[]> {
  const { progress, quick, signal } = context;
  const size = quick ? 2_000 : 12_000;
  await using environment = await startEnvironment(context, 50);
  await using load = new LoadGenerator(signal);
  const { postgres, target } = environment;
  progress.step('filling the database of pgbench');
  await preparePgbench(postgres, 'pgbench', 10);
  const workload = new Workload(environment.namespaces);
  await load.send(target, BATCH_CONNECTIONS, workload.fresh(size, BATCH));
  const runs: Record<Kind, Run[]> = { batch: [], single: [] };
  const send = async (kind: Kind, connections: number, perRequest: number): Promise<number> => {
    const before = await cpuOf(environment);
    const result = await load.send(target, connections, workload.mixed(size, perRequest));
    const after = await cpuOf(environment);
    const cpu = { server: after.server - before.server, postgres: after.postgres - before.postgres };
    runs[kind].push({ ...result, ...cpu });
    return result.reports / (result.elapsedMs / 1_000);
  };
  const rates = await interleave(
    quick ? 1 : 5,
    {
      batch: () => send('batch', BATCH_CONNECTIONS, BATCH),
      pgbench: async () =>
        (await pgbench(postgres, { database: 'pgbench', connections: CONNECTIONS, seconds: quick ? 1 : 4 }))
          .transactionsPerSecond,
      single: () => send('single', CONNECTIONS, 1),
    },
    (name, repetition, rate) => progress.note(`reports: ${name} ${repetition}: ${number(rate)}/s`),
  );
  await verifyStored(environment, workload);
  return figuresOf(runs, median(rates.batch), median(rates.single), median(rates.pgbench));
}

type Kind = 'batch' | 'single';
/** `server`, `postgres`: CPU seconds. */
type Run = LoadResult & { readonly server: number; readonly postgres: number };

async function cpuOf({ serverPid, postgres }: Environment): Promise<{ server: number; postgres: number }> {
  return { server: await cpuSeconds(serverPid), postgres: await cpuSeconds(postgres.pid as number) };
}

function figuresOf(runs: Record<Kind, Run[]>, batch: number, single: number, transactions: number): Figure[] {
  // The first run is the warm-up of `interleave`.
  const middle = (kind: Kind, value: (run: Run) => number): string => number(median(runs[kind].slice(1).map(value)));
  const again = (kind: Kind): string => {
    const count = runs[kind].reduce((sum, { sentAgain }) => sum + sentAgain, 0);
    return count === 0 ? '' : `; ${count} were answered 429 or 503 and came again`;
  };
  const details = (kind: Kind): string =>
    `p50 ${middle(kind, (run) => run.p50Ms)} ms, p99 ${middle(kind, (run) => run.p99Ms)} ms; ` +
    `CPU a report: server ${middle(kind, (run) => (run.server / run.reports) * 1e6)} µs, ` +
    `PostgreSQL ${middle(kind, (run) => (run.postgres / run.reports) * 1e6)} µs${again(kind)}`;
  return [
    {
      scenario: 'reports',
      what: `batches of ${BATCH} on ${BATCH_CONNECTIONS} connections (${details('batch')})`,
      measured: `${number(batch)} reports/s`,
      against: `pgbench ${number(transactions)} tps`,
      ratio: batch / transactions,
      goal: `≥ ${number(BATCH_GOAL)} reports/s`,
      met: batch >= BATCH_GOAL,
    },
    {
      scenario: 'reports',
      what: `one report a request on ${CONNECTIONS} connections (${details('single')})`,
      measured: `${number(single)} requests/s`,
      against: `pgbench -N -c ${CONNECTIONS}: ${number(transactions)} tps`,
      ratio: single / transactions,
      goal: `≥ ${SINGLE_GOAL} ×`,
      met: single / transactions >= SINGLE_GOAL,
    },
  ];
}

/** Every report was acknowledged; now the database must hold what it said. */
async function verifyStored({ postgres }: Environment, workload: Workload): Promise<void> {
  const counts = await postgres.psql(
    `select (select count(*) from issues where state = 'Active'), (select count(*) from changes where resource = 'issues'), (select count(*) from watermarks)`,
    'faultline',
  );
  const expected = `${workload.subjects}|${workload.reports}|${workload.subjects}`;
  if (counts !== expected) throw new Error(`stored issues|changes|watermarks are ${counts} and should be ${expected}`);
}
