import type { IssueList } from '../../crds/issue.ts';
import { API, createCrd, storeCopies, storeIssues } from '../data/seed.ts';
import { cpuSeconds } from '../harness/cpu-time.ts';
import { type Figure, number } from '../harness/figure.ts';
import { interleave } from '../harness/interleave.ts';
import { median } from '../harness/statistics.ts';
import { startEnvironment } from '../product/environment.ts';
import { KubeClient } from '../product/kube-client.ts';
import type { BenchContext, Scenario } from '../scenario.ts';
import { Changes, type Way } from '../watch/changes.ts';
import { fanOut } from '../watch/fan-out.ts';
import type { FanOut } from '../watch/messages.ts';

const EVERY_MS = 100;
const GOALS: Readonly<Record<Exclude<Way, 'crd'>, number>> = { direct: 1, aggregated: 1.5 };

/** From sending a change to its event at each of a thousand watchers. */
export const watch: Scenario = {
  name: 'watch',
  summary: '1,000 watchers and 10 changes a second: change to event, direct and aggregated, beside the CRD.',
  run,
};

async function run(context: BenchContext): Promise<readonly Figure[]> {
  const { progress, quick, signal } = context;
  const size = { watchers: quick ? 100 : 1_000, changes: quick ? 20 : 100, everyMs: EVERY_MS };
  await using environment = await startEnvironment(context, quick ? 5 : 50);
  await using client = new KubeClient(environment.plane);
  await environment.allowWatching();
  await storeIssues(context, environment, environment.namespaces);
  const { items } = await client.json<IssueList>('GET', `${API.ours}/issues?limit=1`);
  const like = await createCrd(context, environment, items[0] as IssueList['items'][number]);
  await storeCopies(context, environment, environment.namespaces, like);
  const changes = await Changes.of(environment, client);
  const runs: Record<Way, FanOut[]> = { direct: [], aggregated: [], crd: [] };
  const cpu: number[] = [];
  const contestant =
    (way: Way) =>
    async (repetition: number): Promise<number> => {
      progress.step(`watch: ${way} ${repetition}: ${size.watchers} watchers`);
      const plan = await changes.plan(client, way, size);
      const before = await cpuSeconds(environment.serverPid);
      const result = await fanOut(plan, signal);
      if (way === 'direct') cpu.push((await cpuSeconds(environment.serverPid)) - before);
      if (result.events !== size.watchers * size.changes) {
        throw new Error(`${way}: ${result.events} events arrived, not ${size.watchers * size.changes}`);
      }
      if (repetition > 0) runs[way].push(result);
      return result.p50Ms;
    };
  await interleave(
    quick ? 1 : 3,
    { direct: contestant('direct'), crd: contestant('crd'), aggregated: contestant('aggregated') },
    (way, repetition, ms) => progress.note(`watch: ${way} ${repetition}: p50 ${number(ms)} ms`),
  );
  progress.note(`watch: server CPU of a direct run: ${number(median(cpu))} s`);
  return (['direct', 'aggregated'] as const).flatMap((way) => figuresOf(way, runs, size));
}

function figuresOf(
  way: 'direct' | 'aggregated',
  runs: Record<Way, FanOut[]>,
  { watchers }: { watchers: number },
): Figure[] {
  return (['p50Ms', 'p99Ms'] as const).map((what) => {
    const [ours, crd] = [way, 'crd' as const].map((who) => median(runs[who].map((each) => each[what])));
    const times = (ours as number) / (crd as number);
    return {
      scenario: 'watch',
      what: `change → event, ${number(watchers)} watchers, ${way}, ${what.slice(0, 3)}`,
      measured: `${number(ours as number)} ms`,
      against: `CRD ${number(crd as number)} ms`,
      ratio: 1 / times,
      goal: `≤ ${GOALS[way]} × the time`,
      met: times <= GOALS[way],
    };
  });
}
