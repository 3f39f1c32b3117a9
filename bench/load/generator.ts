/** The load generator: a process of its own, forked by {@link LoadGenerator}, so that it does not share a thread with the bench. */
import type { ReportsResponse } from '../../crds/report.ts';
import { percentile } from '../harness/statistics.ts';
import { type Answer, Connection, postRequest, type Target } from './connection.ts';
import type { Command, LoadResult, Reply, Work } from './messages.ts';
import { sendPatiently } from './patience.ts';
import { reportsOf } from './plan.ts';

interface Prepared {
  readonly target: Target;
  readonly connections: readonly Connection[];
  readonly requests: readonly Buffer[];
  readonly reports: number;
}

let prepared: Prepared | undefined;

process.on('message', async (command: Command) => {
  try {
    reply(await obey(command));
  } catch (error) {
    reply({ did: 'fail', message: error instanceof Error ? error.message : String(error) });
  }
});

async function obey(command: Command): Promise<Reply> {
  if (command.do === 'prepare') {
    const { target, connections, work } = command;
    for (const connection of prepared?.connections ?? []) connection.close();
    const requests = requestsOf(target, work);
    prepared = {
      target,
      requests,
      reports: work.plans.reduce((sum, plan) => sum + plan.count, 0),
      connections: await Promise.all(Array.from({ length: connections }, () => Connection.open(target))),
    };
    return { did: 'prepare', requests: requests.length, bytes: requests.reduce((sum, one) => sum + one.length, 0) };
  }
  if (!prepared) throw new Error('run before prepare');
  return { did: 'run', ...(await run(prepared)) };
}

/** Plans are dealt in turn, so that new and known subjects are mixed in every request. */
function requestsOf(target: Target, { plans, perRequest }: Work): Buffer[] {
  const sources = plans.map((plan) => reportsOf(plan));
  const requests: Buffer[] = [];
  let batch: unknown[] = [];
  const flush = (): void => {
    if (batch.length > 0) requests.push(reportsRequest(target, JSON.stringify(perRequest === 1 ? batch[0] : batch)));
    batch = [];
  };
  while (sources.length > 0) {
    for (const source of [...sources]) {
      const next = source.next();
      if (next.done) sources.splice(sources.indexOf(source), 1);
      else if (batch.push(next.value) === perRequest) flush();
    }
  }
  flush();
  return requests;
}

function reportsRequest(target: Target, json: string): Buffer {
  return postRequest(target, '/api/v1/reports', json);
}

async function run({ target, connections, requests, reports }: Prepared): Promise<LoadResult> {
  const latencies: number[] = [];
  const answers: Answer[] = [];
  let next = 0;
  let sentAgain = 0;
  const request = (json: string): Buffer => reportsRequest(target, json);
  const work = async (connection: Connection): Promise<void> => {
    const send = (bytes: Buffer): Promise<Answer> => connection.send(bytes);
    for (let first = requests[next++]; first; first = requests[next++]) {
      const sentAt = performance.now();
      const taken = await sendPatiently(first, { send, request });
      latencies.push(performance.now() - sentAt);
      answers.push(...taken.answers);
      sentAgain += taken.sentAgain;
    }
  };
  const startedAt = performance.now();
  await Promise.all(connections.map(work));
  const elapsedMs = performance.now() - startedAt;
  const p50Ms = percentile(latencies, 50);
  const p99Ms = percentile(latencies, 99);
  const maxMs = percentile(latencies, 100);
  const refused = refusals(answers);
  return { elapsedMs, requests: requests.length, reports, p50Ms, p99Ms, maxMs, sentAgain, refused };
}

/** Read after the clock has stopped. */
function refusals(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  const count = (what: string): void => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  for (const { status, body } of answers) {
    if (status !== 200) count(`HTTP ${status}: ${body.toString().slice(0, 300)}`);
    else
      for (const result of (JSON.parse(body.toString()) as ReportsResponse).results)
        if (result.status !== 200)
          count(`status ${result.status}: ${result.error} ${JSON.stringify(result.details ?? '')}`);
  }
  return counts;
}

function reply(message: Reply): void {
  process.send?.(message);
}
