import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { PER_NAMESPACE, storeIssues } from '../data/seed.ts';
import { cpuSeconds } from '../harness/cpu-time.ts';
import { type Figure, number } from '../harness/figure.ts';
import { median, spread } from '../harness/statistics.ts';
import { type Environment, startEnvironment } from '../product/environment.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const GOAL_SECONDS = 1.5;

/** How long a pod of a rollout takes until it may answer: without it a rollout waits, and after a crash so do people. */
export const serverStart: Scenario = {
  name: 'server-start',
  summary:
    'Start of faultline server on PostgreSQL until /readyz and /readyz/db are 200, empty and with 10,000 issues.',
  run,
};

async function run(context: BenchContext): Promise<readonly Figure[]> {
  await using environment = await startEnvironment(context, context.quick ? 5 : 50);
  const issues = environment.namespaces.length * PER_NAMESPACE;
  return [
    // The first start of a database makes its schema, too.
    await starts(context, environment, 'a database that does not exist yet', (repetition) => `empty${repetition}`),
    await starts(context, environment, 'an empty database', () => 'faultline'),
    await filled(context, environment, issues),
  ];
}

async function filled(context: BenchContext, environment: Environment, issues: number): Promise<Figure> {
  await environment.stopServer();
  await environment.startServer();
  await storeIssues(context, environment, environment.namespaces);
  await untilIdle(context, environment);
  return await starts(context, environment, `${number(issues)} issues`, () => 'faultline');
}

/** What follows the changes (search, groups) has caught up: else every start would go on with it, and be stopped in the middle. */
async function untilIdle({ progress, signal }: BenchContext, { serverPid }: Environment): Promise<void> {
  progress.step('waiting until the indexes have caught up');
  for (let second = 0; second < 120; second++) {
    const before = await cpuSeconds(serverPid);
    await sleep(1_000, undefined, { signal });
    if ((await cpuSeconds(serverPid)) - before < 0.05) return;
  }
}

/** The median of seven starts; the first one, which finds cold files, counts as the others. */
async function starts(
  context: BenchContext,
  environment: Environment,
  what: string,
  database: (repetition: number) => string,
): Promise<Figure> {
  const times: number[] = [];
  const cpu: number[] = [];
  const load = loadavg()[0] ?? 0;
  for (let repetition = 0; repetition < (context.quick ? 2 : 7); repetition++) {
    context.signal.throwIfAborted();
    await environment.stopServer();
    await environment.pointTo(database(repetition));
    const taken = await environment.timedStart();
    times.push(taken.seconds);
    cpu.push(taken.cpu);
    context.progress.note(`server-start: ${what} ${repetition}: ${number(taken.seconds)} s`);
  }
  const seconds = median(times);
  const { min, max } = spread(times);
  return {
    scenario: 'server-start',
    what: `${what}: spawn to /readyz and /readyz/db`,
    measured: `${number(seconds)} s (${number(min)}–${number(max)} s; CPU ${number(median(cpu))} s; load ${number(load)} before)`,
    goal: `≤ ${GOAL_SECONDS} s`,
    met: seconds <= GOAL_SECONDS,
  };
}
