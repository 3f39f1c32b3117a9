import { setTimeout as sleep } from 'node:timers/promises';
import { API, PER_NAMESPACE, storeIssues } from '../data/seed.ts';
import { type Figure, number } from '../harness/figure.ts';
import { processMemory } from '../harness/process-memory.ts';
import { type Environment, startEnvironment } from '../product/environment.ts';
import { KubeClient } from '../product/kube-client.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const GOAL_MB = 200;
const LISTS = 20;

/** What `faultline server` itself keeps, without PostgreSQL and the kube-apiserver. */
export const memory: Scenario = {
  name: 'memory',
  summary: 'Resident memory of faultline server with 10,000 issues on external PostgreSQL, fresh and after a restart.',
  run,
};

async function run(context: BenchContext): Promise<readonly Figure[]> {
  await using environment = await startEnvironment(context, context.quick ? 5 : 50);
  const issues = environment.namespaces.length * PER_NAMESPACE;
  await using client = new KubeClient(environment.plane);
  const figures: Figure[] = [];
  const measure = async (what: string, counts: boolean): Promise<void> => {
    const { residentMB, peakMB } = await processMemory(environment.serverPid);
    context.progress.note(`memory: ${what}: ${number(residentMB)} MB, peak ${number(peakMB)} MB`);
    figures.push({
      scenario: 'memory',
      what,
      measured: `${number(residentMB)} MB (peak ${number(peakMB)} MB)`,
      ...(counts ? { goal: `≤ ${GOAL_MB} MB`, met: residentMB <= GOAL_MB } : {}),
    });
  };
  await measure('started, no issues', false);
  await storeIssues(context, environment, environment.namespaces);
  await client.time(`${API.ours}/issues`, { accept: 'application/json' });
  await measure(`${number(issues)} issues reported and listed once`, true);
  await listAndRest(context, client, measure);
  await restart(context, environment);
  await measure(`restarted with ${number(issues)} issues`, true);
  await listAndRest(context, client, measure);
  return figures;
}

async function listAndRest(
  context: BenchContext,
  client: KubeClient,
  measure: (what: string, counts: boolean) => Promise<void>,
): Promise<void> {
  for (let request = 0; request < LISTS; request++) {
    context.progress.step(`listing everything: ${request + 1} of ${LISTS}`);
    await client.time(`${API.ours}/issues`, { accept: 'application/json' });
  }
  await measure(`after ${LISTS} lists of everything`, true);
  // What follows the changes (groups, search) has caught up by then, and the server has had its quiet seconds.
  context.progress.step('idle for a minute');
  await sleep(60_000, undefined, { signal: context.signal });
  await measure('after a minute of idleness', true);
}

async function restart(context: BenchContext, environment: Environment): Promise<void> {
  context.progress.step('restarting faultline server');
  await environment.stopServer();
  await environment.startServer();
}
