import { measureStart, type Started } from '../controllers/backlog.ts';
import { type BareList, measureBareList } from '../controllers/bare-list.ts';
import { type Cluster, fill, startCluster } from '../controllers/cluster.ts';
import { startFaultline, startGo } from '../controllers/contestants.ts';
import { goController } from '../controllers/go-build.ts';
import { type RunSize, realisticSize, SMALL } from '../controllers/pipeline-runs.ts';
import { type Figure, number } from '../harness/figure.ts';
import { interleave } from '../harness/interleave.ts';
import { median } from '../harness/statistics.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

type Name = 'faultline' | 'default' | 'stripped' | 'streamed';

const LABELS: Readonly<Record<Exclude<Name, 'faultline'>, string>> = {
  default: 'controller-runtime, default cache',
  stripped: 'controller-runtime, the same fields stripped',
  streamed: 'the same with streamed lists',
};

/** `faultline controllers` beside controller-runtime (Go) on one kube-apiserver. */
export const controllers: Scenario = {
  name: 'controllers',
  summary: 'faultline controllers beside controller-runtime: a start over 3,000 large and 20,000 small PipelineRuns.',
  run,
};

async function run(context: BenchContext): Promise<readonly Figure[]> {
  const binary = await goController((text) => context.progress.note(text));
  context.progress.step('starting a cluster');
  await using cluster = await startCluster();
  const scale = context.quick ? 0.1 : 1;
  const large = { count: 3_000 * scale, sizeOf: realisticSize, what: 'PipelineRuns' };
  const small = { count: 20_000 * scale, sizeOf: () => SMALL, what: 'small runs' };
  return [...(await starts(context, cluster, binary, large)), ...(await starts(context, cluster, binary, small))];
}

interface Backlog {
  readonly count: number;
  readonly sizeOf: (index: number) => RunSize;
  readonly what: string;
}

async function starts(
  context: BenchContext,
  cluster: Cluster,
  binary: string,
  { count, sizeOf, what }: Backlog,
): Promise<Figure[]> {
  const { progress, quick, signal } = context;
  progress.step(`writing ${count} ${what}`);
  const { bytes } = await fill(cluster, count, sizeOf);
  const all: Record<Name, Started[]> = { faultline: [], default: [], stripped: [], streamed: [] };
  const contestant = (name: Name) => async (): Promise<number> => {
    progress.step(`${what}: ${name}`);
    const start = () =>
      name === 'faultline'
        ? startFaultline(context, cluster)
        : startGo(binary, cluster, {
            cache: name === 'default' ? 'default' : 'stripped',
            watchList: name === 'streamed',
          });
    const started = await measureStart(cluster, count, start, signal);
    all[name].push(started);
    return started.seconds;
  };
  const bare: BareList[] = [];
  const contestants = {
    bare: async () => {
      progress.step(`${what}: nothing but reading`);
      const found = await measureBareList(cluster);
      bare.push(found);
      return found.seconds;
    },
    faultline: contestant('faultline'),
    default: contestant('default'),
    stripped: contestant('stripped'),
    streamed: contestant('streamed'),
  };
  await interleave(quick ? 1 : 5, contestants, (name, repetition) => {
    if (name === 'bare') {
      const { seconds, serverCpuSeconds } = bare.at(-1) as BareList;
      progress.note(
        `${what}: read alone ${repetition}: ${number(seconds)} s, kube-apiserver's CPU ${number(serverCpuSeconds)} s`,
      );
      return;
    }
    const { seconds, cpuSeconds, peakMB } = all[name].at(-1) as Started;
    progress.note(
      `${what}: ${name} ${repetition}: ${number(seconds)} s, CPU ${number(cpuSeconds)} s, ${number(peakMB)} MB`,
    );
  });
  const at = `${number(count)} ${what} (${number(bytes / 1e6)} MB) at start`;
  return [...startFigures(all, at, count), floor(bare.slice(1), all, at)];
}

/** What nobody can be faster than: kube-apiserver writes the list, one process reads it and does nothing else. */
function floor(bare: readonly BareList[], all: Record<Name, Started[]>, at: string): Figure {
  const seconds = median(bare.map((one) => one.seconds));
  const cpu = median(bare.map((one) => one.serverCpuSeconds));
  const go = median(all.default.slice(1).map((one) => one.seconds));
  return {
    scenario: 'controllers',
    what: `${at}: read as a stream by a process that only counts bytes, the most that anybody could be faster`,
    measured: `${number(seconds)} s (kube-apiserver's CPU ${number(cpu)} s)`,
    against: `${LABELS.default}: ${number(go)} s`,
    ratio: go / seconds,
  };
}

function startFigures(all: Record<Name, Started[]>, what: string, count: number): Figure[] {
  // The first of each is the warm-up of `interleave`.
  const middle = (name: Name, value: (started: Started) => number): number => median(all[name].slice(1).map(value));
  const [seconds, peak] = [({ seconds }: Started) => seconds, ({ peakMB }: Started) => peakMB];
  const ours = { seconds: middle('faultline', seconds), peak: middle('faultline', peak) };
  const cpu = middle('faultline', ({ cpuSeconds }) => cpuSeconds);
  const goals: Readonly<Record<Exclude<Name, 'faultline'>, { speed: number; memory: number } | undefined>> = {
    default: { speed: 3, memory: 0.1 },
    stripped: { speed: 1, memory: 0.3 },
    streamed: undefined,
  };
  const figures = (['default', 'stripped', 'streamed'] as const).flatMap((name): Figure[] => {
    const go = { seconds: middle(name, seconds), peak: middle(name, peak), cpu: middle(name, (one) => one.cpuSeconds) };
    const goal = goals[name];
    const [speed, memory] = [go.seconds / ours.seconds, ours.peak / go.peak];
    return [
      {
        scenario: 'controllers',
        what: `${what}: until all are decided`,
        measured: `${number(ours.seconds)} s (CPU ${number(cpu)} s)`,
        against: `${LABELS[name]}: ${number(go.seconds)} s (CPU ${number(go.cpu)} s)`,
        ratio: speed,
        ...(goal && { goal: `≥ ${goal.speed} ×`, met: speed >= goal.speed }),
      },
      {
        scenario: 'controllers',
        what: `${what}: peak memory`,
        measured: `${number(ours.peak)} MB`,
        against: `${LABELS[name]}: ${number(go.peak)} MB`,
        ratio: memory,
        ...(goal && { goal: `≤ ${goal.memory} ×`, met: memory <= goal.memory }),
      },
    ];
  });
  const most = Math.max(...all.faultline.map(peak));
  return [
    ...figures,
    {
      scenario: 'controllers',
      what: `${what}: peak memory, the most of all starts`,
      measured: `${number(most)} MB`,
      ...(count <= 3_000 ? { goal: '≤ 150 MB', met: most <= 150 } : {}),
    },
    {
      scenario: 'controllers',
      what: `${what}: kept of one run`,
      measured: `${number(cachedBytes(all.faultline.at(-1) as Started) / count / 1_000)} kB`,
    },
  ];
}

/** What the process itself says that its cache of runs takes. */
function cachedBytes({ metrics }: Started): number {
  return Number(/^faultline_cache_bytes\{kind="PipelineRun"\} (\S+)$/m.exec(metrics)?.[1] ?? Number.NaN);
}
