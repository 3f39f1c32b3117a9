import { startPostgres } from '../../tests/controlplane/postgres.ts';
import { cpuSeconds } from '../harness/cpu-time.ts';
import { type Figure, number } from '../harness/figure.ts';
import { processMemory } from '../harness/process-memory.ts';
import type { BenchContext, Scenario } from '../scenario.ts';
import { type ClusterSize, MONTH } from '../simulation/cluster.ts';
import { simulate as live, type Simulated } from '../simulation/simulate.ts';

/** Its first three days, as busy as the month. */
const QUICK: ClusterSize = { ...MONTH, runs: MONTH.runs / 10, days: MONTH.days / 10 };
const SEED = 20_260_301;
const GOAL = 20_000;
const SETTINGS = { shared_buffers: '512MB', max_wal_size: '4GB' };

/** A month of a cluster in minutes: does the list of issues end as it must, and how fast is all of it together? */
export const simulate: Scenario = {
  name: 'simulate',
  summary:
    'A month of 10,000 namespaces and 1 million runs, in virtual time, through controller, engine and PostgreSQL.',
  run,
};

async function run({ progress, quick, signal }: BenchContext): Promise<readonly Figure[]> {
  const size = quick ? QUICK : MONTH;
  await using postgres = await startPostgres({ settings: SETTINGS });
  const database = { url: await postgres.database('simulation') };
  const [began, before] = [performance.now(), processSeconds()];
  const cpu = { ours: 0, postgres: 0 };
  const onDay = async (day: number): Promise<void> => {
    progress.step(`simulated ${day} of ${size.days} days`);
    // While its connections live: what ended is not counted.
    cpu.postgres = await cpuSeconds(postgres.pid as number);
    cpu.ours = processSeconds() - before;
  };
  const result = await live({ size, seed: SEED, database, onDay, signal });
  const seconds = (performance.now() - began) / 1_000;
  const { peakMB } = await processMemory(process.pid);
  for (const difference of result.differences.slice(0, 20)) progress.note(difference);
  if (result.differences.length > 0) throw new Error(`${result.differences.length} issues are not as the oracle says`);
  return figuresOf(size, result, { seconds, cpu, peakMB });
}

/** Of this process alone: PostgreSQL is its child. */
function processSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}

interface Cost {
  readonly seconds: number;
  readonly cpu: { readonly ours: number; readonly postgres: number };
  readonly peakMB: number;
}

function figuresOf(size: ClusterSize, result: Simulated, { seconds, cpu, peakMB }: Cost): Figure[] {
  const { changes, reports, totals, active, storedBytes, lookingSeconds } = result;
  const rate = changes / seconds;
  const scenario = 'simulate';
  const each = (spent: number, of: number): string => number((spent * 1_000_000) / of);
  return [
    {
      scenario,
      what: `${number(size.runs)} runs of ${number(size.namespaces)} namespaces in ${size.days} days`,
      measured: `${number(seconds)} s; every issue as the oracle says`,
    },
    {
      scenario,
      what: `changes of PipelineRuns, end to end (${number(changes)})`,
      measured: `${number(rate)}/s`,
      goal: `≥ ${number(GOAL)}/s`,
      met: rate >= GOAL,
    },
    {
      scenario,
      what: `reports decided and stored (${number(reports)})`,
      measured: `${number(reports / seconds)}/s`,
    },
    {
      scenario,
      what: 'CPU time',
      measured:
        `a change ${each(lookingSeconds, changes)} µs; a report ${each(cpu.ours - lookingSeconds, reports)} µs in engine and store, ` +
        `${each(cpu.postgres, reports)} µs in PostgreSQL; together ${number(cpu.ours)} and ${number(cpu.postgres)} s`,
    },
    {
      scenario,
      what: 'issues',
      measured: `${number(totals.opened)} opened, ${number(totals.reopened)} reopened, ${number(totals.recovered)} recovered, ${number(totals.expired)} expired; ${number(active)} open at the end`,
    },
    { scenario, what: 'database', measured: `${number(storedBytes / 1e6)} MB` },
    { scenario, what: 'largest memory of the one process', measured: `${number(peakMB)} MB` },
  ];
}
