import { setTimeout as sleep } from 'node:timers/promises';
import type { IssueList } from '../../crds/issue.ts';
import { API, createCrd, PER_NAMESPACE, PIECE, storeCopies, storeIssues } from '../data/seed.ts';
import { type Figure, number } from '../harness/figure.ts';
import { processMemory } from '../harness/process-memory.ts';
import { LoadGenerator } from '../load/load-generator.ts';
import { type Environment, startEnvironment } from '../product/environment.ts';
import { KubeClient } from '../product/kube-client.ts';
import { probeUnderLists } from '../product/probe.ts';
import { compare, queriesFor } from '../product/reads.ts';
import { untilAtRest } from '../product/rest.ts';
import type { BenchContext, Scenario } from '../scenario.ts';
import { Changes } from '../watch/changes.ts';
import { fanOut } from '../watch/fan-out.ts';

const RESIDENT_GOAL_MB = 500;
const GROWTH_GOAL_MB = 30;
const GOAL_PROBE_MS = 500;
const GOAL_PROBE_MB = 900;

/** What grows with the number of issues and what does not, and whether the server holds out at the largest. */
export const scale: Scenario = {
  name: 'scale',
  summary: 'From 10,000 to 100,000 issues: reads beside the CRD, writes, watches, memory, and probes under 20 lists.',
  run,
};

interface Stage {
  readonly issues: number;
  readonly residentMB: number;
}

async function run(context: BenchContext): Promise<readonly Figure[]> {
  const stages = context.quick ? [1_000, 2_000] : [10_000, 30_000, 100_000];
  const largest = stages.at(-1) as number;
  await using environment = await startEnvironment(context, largest / PER_NAMESPACE);
  await using client = new KubeClient(environment.plane);
  await environment.allowWatching();
  const figures: Figure[] = [];
  const done: Stage[] = [];
  let changes: Changes | undefined;
  let like: Awaited<ReturnType<typeof createCrd>> | undefined;
  for (const issues of stages) {
    const from = (done.at(-1)?.issues ?? 0) / PER_NAMESPACE;
    const added = environment.namespaces.slice(from, issues / PER_NAMESPACE);
    await storeIssues(context, environment, added);
    const { items } = await client.json<IssueList>('GET', `${API.ours}/issues?limit=1`);
    const issue = items[0] as IssueList['items'][number];
    like ??= await createCrd(context, environment, issue);
    await storeCopies(context, environment, added, like);
    // One for all stages: a change that was made before changes nothing.
    changes ??= await Changes.of(environment, client);
    const residentMB = await residentAfterRestart(context, environment, client);
    done.push({ issues, residentMB });
    figures.push({ scenario: 'scale', what: `${number(issues)} issues: memory`, measured: `${number(residentMB)} MB` });
    figures.push(
      ...(await measure(context, environment, client, { issues, added, issue, changes, goals: issues === largest })),
    );
  }
  figures.push(...memoryFigures(done), ...(await probed(context, environment)));
  return figures;
}

interface Measured {
  readonly issues: number;
  /** Namespaces of the issues that were stored last. */
  readonly added: readonly string[];
  readonly issue: IssueList['items'][number];
  readonly changes: Changes;
  /** Whether the goals are for this stage. */
  readonly goals: boolean;
}

async function measure(
  context: BenchContext,
  environment: Environment,
  client: KubeClient,
  { issues, added, issue, changes, goals }: Measured,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  await untilAtRest(environment, context);
  for (const query of queriesFor(issue.metadata)) {
    const { goal: _, ...free } = query;
    // At 100,000 the CRD alone needs a quarter of a minute for a list.
    const long = query.path === '/issues' && issues > 10_000;
    const asked = { ...(goals ? query : free), ...(long && { requests: 1 }) };
    const options = { query: asked, scenario: 'scale', repetitions: context.quick ? 1 : long ? 3 : 9 };
    const figure = await compare(context, environment, client, options);
    figures.push({ ...figure, what: `${number(issues)} issues: ${figure.what}` });
  }
  await using load = new LoadGenerator(context.signal);
  const known = { namespaces: added.slice(-PIECE), first: 0, count: context.quick ? 20 : 200 };
  const plans = [{ ...known, completedAt: Date.now(), pass: 2 }];
  const { p50Ms } = await load.send(environment.target, 1, { plans, perRequest: 1 });
  figures.push({ scenario: 'scale', what: `${number(issues)} issues: one report`, measured: `${number(p50Ms)} ms` });
  const size = { watchers: 10, changes: context.quick ? 5 : 30, everyMs: 100 };
  const watched = await fanOut(await changes.plan(client, 'aggregated', size), context.signal);
  const what = `${number(issues)} issues: change → event, ${size.watchers} watchers`;
  figures.push({ scenario: 'scale', what, measured: `${number(watched.p50Ms)} ms` });
  return figures;
}

/** Of a server that has read its issues from the database, after some lists and a rest. */
async function residentAfterRestart(
  { progress, signal }: BenchContext,
  environment: Environment,
  client: KubeClient,
): Promise<number> {
  progress.step('restarting faultline server');
  await environment.stopServer();
  await environment.startServer();
  for (let request = 0; request < 5; request++) {
    await client.time(`${API.ours}/issues`, { accept: 'application/json' });
  }
  await sleep(10_000, undefined, { signal });
  return (await processMemory(environment.serverPid)).residentMB;
}

function memoryFigures(done: readonly Stage[]): Figure[] {
  const [first, last] = [done[0] as Stage, done.at(-1) as Stage];
  const growth = ((last.residentMB - first.residentMB) / (last.issues - first.issues)) * 10_000;
  return [
    {
      scenario: 'scale',
      what: 'memory for 10,000 more issues',
      measured: `${number(growth)} MB`,
      goal: `≤ ${GROWTH_GOAL_MB} MB`,
      met: growth <= GROWTH_GOAL_MB,
    },
    {
      scenario: 'scale',
      what: `memory with ${number(last.issues)} issues`,
      measured: `${number(last.residentMB)} MB`,
      goal: `≤ ${RESIDENT_GOAL_MB} MB`,
      met: last.residentMB <= RESIDENT_GOAL_MB,
    },
  ];
}

async function probed(context: BenchContext, environment: Environment): Promise<Figure[]> {
  const clients = 20;
  const result = await probeUnderLists(context, environment, { clients, seconds: context.quick ? 3 : 30 });
  const during = `while ${clients} clients list everything (${result.lists} lists, ${result.refused} × 429)`;
  return [
    {
      scenario: 'scale',
      what: `availability probe ${during}`,
      measured: `p99 ${number(result.p99Ms)} ms (p50 ${number(result.p50Ms)} ms)`,
      goal: `p99 ≤ ${GOAL_PROBE_MS} ms`,
      met: result.p99Ms <= GOAL_PROBE_MS,
    },
    {
      scenario: 'scale',
      what: `largest memory ${during}`,
      measured: `${number(result.residentMB)} MB`,
      goal: `≤ ${GOAL_PROBE_MB} MB`,
      met: result.residentMB <= GOAL_PROBE_MB,
    },
  ];
}
