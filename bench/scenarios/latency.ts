import { type Installation, install } from '../../tests/e2e/installation.ts';
import { at, completeRun, createRun } from '../../tests/e2e/pipelineruns.ts';
import { type Figure, number } from '../harness/figure.ts';
import { median, percentile } from '../harness/statistics.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const GOAL_MS = 1_000;
const NAMESPACE = 'latency';

/** The whole path: Tekton's write, the reflector, the plugin, a report, the database, the feed, the aggregator, kubectl. */
export const latency: Scenario = {
  name: 'latency',
  summary: 'From a run completion written to the cluster to the line of a running kubectl get issues -w.',
  run,
};

async function run(context: BenchContext): Promise<readonly Figure[]> {
  context.progress.step('starting a cluster, PostgreSQL, the server and the controllers');
  await using faultline = await install({ namespaces: [NAMESPACE] });
  const count = context.quick ? 6 : 40;
  const measured = { Resolved: [] as number[], Active: [] as number[] };
  await using watch = faultline.watch(['get', 'issues', '-n', NAMESPACE, '-w', '--no-headers']);
  for (let repetition = 0; repetition <= count; repetition++) {
    context.progress.step(`completing runs: ${repetition} of ${count}`);
    const state = repetition % 2 === 0 ? 'Active' : 'Resolved';
    const ms = await complete(faultline, watch, repetition, state);
    // The first one also pays for everything that is done once.
    if (repetition > 0) measured[state].push(ms);
  }
  return (['Resolved', 'Active'] as const).map((state) => {
    const value = median(measured[state]);
    return {
      scenario: 'latency',
      what: state === 'Resolved' ? 'a run succeeds → its issue is Resolved' : 'a run fails → its issue is Active again',
      measured: `${number(value)} ms (p95 ${number(percentile(measured[state], 95))} ms)`,
      ...(state === 'Resolved' ? { goal: `≤ ${GOAL_MS} ms`, met: value <= GOAL_MS } : {}),
    };
  });
}

async function complete(
  { plane }: Installation,
  watch: ReturnType<Installation['watch']>,
  repetition: number,
  state: 'Active' | 'Resolved',
): Promise<number> {
  const name = `run-${String(repetition).padStart(3, '0')}`;
  await createRun(plane, { name, namespace: NAMESPACE, component: 'payments' });
  const started = performance.now();
  // A second apart: runs that complete in one second are told apart by their uids.
  await completeRun(plane, NAMESPACE, name, { succeeded: state === 'Resolved', at: at(repetition) });
  await watch.nextMatching(new RegExp(`\\b${state}\\b`));
  return performance.now() - started;
}
