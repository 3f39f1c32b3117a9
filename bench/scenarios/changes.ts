import { measureStorm } from '../controllers/changes.ts';
import { type Cluster, fill, startCluster } from '../controllers/cluster.ts';
import { measureIdle } from '../controllers/idle.ts';
import { realisticSize } from '../controllers/pipeline-runs.ts';
import { STAGES } from '../controllers/stages.ts';
import { measureToIssue } from '../controllers/to-issue.ts';
import { type Figure, number } from '../harness/figure.ts';
import { percentile } from '../harness/statistics.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

/** What `faultline controllers` needs once it runs: for changes, for nothing, and until a change is an issue. */
export const changes: Scenario = {
  name: 'changes',
  summary: 'faultline controllers in operation: 1,000 changes/s, idleness, and from a change to its stored issue.',
  run,
};

async function run(context: BenchContext): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  // A part that fails leaves no table, so each is told when it is there.
  const found = (more: readonly Figure[]): void => {
    figures.push(...more);
    for (const { what, measured } of more) context.progress.note(`${what}: ${measured}`);
  };
  {
    context.progress.step('starting a cluster');
    await using cluster = await startCluster();
    found(await storm(context, cluster));
    found(await idle(context, cluster));
  }
  found(await toIssue(context));
  return figures;
}

async function storm(context: BenchContext, cluster: Cluster): Promise<Figure[]> {
  const rate = 1_000;
  const found = await measureStorm(context, cluster, { rate, seconds: context.quick ? 5 : 60 });
  return [
    {
      scenario: 'changes',
      what: `${number(found.changes)} changes at ${number(found.perSecond)}/s, none lost (${number(found.reports)} reports): from the last change to the last report`,
      measured: `${number(found.drainMs)} ms`,
    },
    {
      scenario: 'changes',
      what: `CPU during ${number(found.perSecond)} changes/s`,
      measured: `${number(found.cpuShare * 100)} % of a core`,
    },
  ];
}

async function idle(context: BenchContext, cluster: Cluster): Promise<Figure[]> {
  await fill(cluster, context.quick ? 50 : 500, realisticSize);
  const found = await measureIdle(context, cluster, context.quick ? 5 : 60);
  const what = `idle, ${found.kinds} kinds with ${number(found.objects)} objects watched`;
  const cpu = found.cpuShare * 100;
  return [
    { scenario: 'changes', what, measured: `${number(cpu)} % of a core`, goal: '≤ 1 %', met: cpu <= 1 },
    {
      scenario: 'changes',
      what,
      measured: `${number(found.residentMB)} MB`,
      goal: '≤ 120 MB',
      met: found.residentMB <= 120,
    },
  ];
}

async function toIssue(context: BenchContext): Promise<Figure[]> {
  const rate = 100;
  const { perSecond, changes, ways, cpu } = await measureToIssue(context, { rate, seconds: context.quick ? 5 : 60 });
  const [scenario, at] = ['changes', `at ${number(perSecond)} changes/s`];
  const of = (values: readonly number[]): string =>
    `p50 ${number(percentile(values, 50))} ms, p99 ${number(percentile(values, 99))} ms`;
  const seen = ways.flatMap(({ beside }) => beside ?? []);
  const stored = ways.map((way) => way.stored);
  const stages = STAGES.map((stage, index): Figure => {
    const measured = of(seen.map(({ stages }) => stages[index] as number));
    return { scenario, what: `of it: ${stage}`, measured };
  });
  return [
    {
      ...{
        scenario,
        what: `a run's completion, sent to kube-apiserver, to its stored issue, ${at} (${ways.length} of ${changes} traced whole)`,
        measured: of(stored),
      },
      goal: 'p50 ≤ 20 ms, p99 ≤ 150 ms',
      met: percentile(stored, 50) <= 20 && percentile(stored, 99) <= 150,
    },
    {
      scenario,
      what: 'the write alone, until kube-apiserver answers it',
      measured: of(ways.map(({ write }) => write)),
    },
    {
      scenario,
      what: `from the event's arrival at a bare client to the stored issue (${seen.length} of them seen there)`,
      measured: of(seen.map(({ ours }) => ours)),
    },
    {
      scenario,
      what: 'from the answer of the write to the stored issue',
      measured: of(ways.map((way) => way.storedAfterWrite)),
    },
    { scenario, what: 'from sending to a watch of issues', measured: of(ways.map(({ watched }) => watched)) },
    ...stages,
    ...Object.entries(cpu).map(([who, microseconds]) => ({
      ...{ scenario, what: `CPU a change: ${who}` },
      measured: `${number(microseconds)} µs`,
    })),
  ];
}
