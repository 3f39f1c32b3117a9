import { setTimeout as sleep } from 'node:timers/promises';
import { ISSUE_POSITIONS } from '../../apiserver/store/search-index.ts';
import { fillHistory } from '../data/history.ts';
import { API } from '../data/seed.ts';
import { type Figure, number } from '../harness/figure.ts';
import { interleave } from '../harness/interleave.ts';
import { processMemory } from '../harness/process-memory.ts';
import { median } from '../harness/statistics.ts';
import { LoadGenerator } from '../load/load-generator.ts';
import { Workload } from '../load/workload.ts';
import { type Environment, startEnvironment } from '../product/environment.ts';
import { KubeClient } from '../product/kube-client.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const BATCH = 100;
const CONNECTIONS = 4;
const WRITE_GOAL = 0.8;
const GOAL_MB = 250;
const GOAL_SECONDS = 15;

/** What months of history cost the server that runs on them. */
export const million: Scenario = {
  name: 'million',
  summary: '1 million stored issues, 10,000 of them open: writes beside an empty database, start, memory.',
  run,
};

async function run(context: BenchContext): Promise<readonly Figure[]> {
  const { progress, quick, signal } = context;
  const [stored, open] = quick ? [50_000, 500] : [1_000_000, 10_000];
  await using environment = await startEnvironment(context, 50);
  await using load = new LoadGenerator(signal);
  await using client = new KubeClient(environment.plane);
  await fill(context, environment, client, { stored, open });
  const workloads = { empty: new Workload(environment.namespaces), full: new Workload(environment.namespaces) };
  const size = quick ? 2_000 : 12_000;
  const starts: number[] = [];
  const memory: number[] = [];
  const bursts: number[] = [];
  // One server at a time, restarted on the other database: side by side they would take each other's cores.
  const write = async (kind: keyof typeof workloads): Promise<number> => {
    const startedAt = performance.now();
    await environment.useDatabase(kind === 'full' ? FULL : 'faultline');
    if (kind === 'full') starts.push((performance.now() - startedAt) / 1_000);
    await client.time(`${API.ours}/issues`, { accept: 'application/json' });
    if (kind === 'full') memory.push((await processMemory(environment.serverPid)).residentMB);
    const workload = workloads[kind];
    // Warm, and with known subjects for the mix.
    await load.send(environment.target, CONNECTIONS, workload.fresh(size, BATCH));
    const result = await load.send(environment.target, CONNECTIONS, workload.mixed(size, BATCH));
    if (kind === 'full') {
      bursts.push((await processMemory(environment.serverPid)).residentMB);
      // As in the scenario `memory`: what a burst took is given back when nobody asks for it.
      await sleep(10_000, undefined, { signal });
      memory.push((await processMemory(environment.serverPid)).residentMB);
    }
    return result.reports / (result.elapsedMs / 1_000);
  };
  const rates = await interleave(
    quick ? 1 : 3,
    { empty: () => write('empty'), full: () => write('full') },
    (name, repetition, rate) => progress.note(`million: ${name} ${repetition}: ${number(rate)} reports/s`),
  );
  const ratio = median(rates.full) / median(rates.empty);
  const [residentMB, seconds] = [Math.max(...memory), median(starts)];
  const what = `${number(stored)} stored, ${number(open)} open`;
  return [
    {
      scenario: 'million',
      what: `${what}: batches of ${BATCH} on ${CONNECTIONS} connections`,
      measured: `${number(median(rates.full))} reports/s`,
      against: `empty database: ${number(median(rates.empty))} reports/s`,
      ratio,
      goal: `≥ ${WRITE_GOAL} ×`,
      met: ratio >= WRITE_GOAL,
    },
    {
      scenario: 'million',
      what: `${what}: server, the most after start and a list of everything, and 10 s after ${number(2 * size)} reports`,
      measured: `${number(residentMB)} MB (right after the reports ${number(Math.max(...bursts))} MB)`,
      goal: `≤ ${GOAL_MB} MB`,
      met: residentMB <= GOAL_MB,
    },
    {
      scenario: 'million',
      what: `${what}: stop, and start to the first list through the aggregator`,
      measured: `${number(seconds)} s`,
      goal: `≤ ${GOAL_SECONDS} s`,
      met: seconds <= GOAL_SECONDS,
    },
  ];
}

const FULL = 'history';

/** Makes the database FULL as a copy of the migrated empty one, and fills it. */
async function fill(
  { progress, signal }: BenchContext,
  environment: Environment,
  client: KubeClient,
  { stored, open }: { stored: number; open: number },
): Promise<void> {
  const { postgres } = environment;
  const { items } = await client.json<NamespaceList>('GET', '/api/v1/namespaces');
  const ours = new Set(environment.namespaces);
  const namespaces = items.map(({ metadata }) => metadata).filter(({ name }) => ours.has(name));
  await environment.stopServer();
  await postgres.database(FULL, 'faultline');
  const startedAt = performance.now();
  await fillHistory(
    (sql) => postgres.psql(sql, FULL),
    { stored, open, namespaces },
    (done) => {
      signal.throwIfAborted();
      progress.step(`filling: ${number(done)} of ${number(stored)}`);
    },
  );
  // As if the search had kept up: else the server would index a million issues while it is measured.
  await postgres.psql(
    `INSERT INTO positions (name, change) SELECT unnest('{${ISSUE_POSITIONS.join(',')}}'::text[]), last_change FROM meta
     ON CONFLICT (name) DO UPDATE SET change = excluded.change`,
    FULL,
  );
  await postgres.psql('VACUUM ANALYZE', FULL);
  await postgres.psql('CHECKPOINT', FULL);
  progress.note(`million: filled ${number(stored)} in ${number((performance.now() - startedAt) / 1_000)} s`);
}

interface NamespaceList {
  readonly items: readonly { readonly metadata: { readonly name: string; readonly uid: string } }[];
}
