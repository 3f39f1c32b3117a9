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
  const latencies: Record<'batch' | 'single', LoadResult[]> = { batch: [], single: [] };
  const send = async (kind: 'batch' | 'single', connections: number, perRequest: number): Promise<number> => {
    const result = await load.send(target, connections, workload.mixed(size, perRequest));
    latencies[kind].push(result);
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
  const latency = (kind: 'batch' | 'single', key: 'p50Ms' | 'p99Ms'): string =>
    number(median(latencies[kind].slice(1).map((result) => result[key])));
  const batch = median(rates.batch);
  const single = median(rates.single);
  const transactions = median(rates.pgbench);
  return [
    {
      scenario: 'reports',
      what: `batches of ${BATCH} on ${BATCH_CONNECTIONS} connections (a batch: p50 ${latency('batch', 'p50Ms')} ms, p99 ${latency('batch', 'p99Ms')} ms)`,
      measured: `${number(batch)} reports/s`,
      against: `pgbench ${number(transactions)} tps`,
      ratio: batch / transactions,
      goal: `≥ ${number(BATCH_GOAL)} reports/s`,
      met: batch >= BATCH_GOAL,
    },
    {
      scenario: 'reports',
      what: `one report a request on ${CONNECTIONS} connections (p50 ${latency('single', 'p50Ms')} ms, p99 ${latency('single', 'p99Ms')} ms)`,
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
