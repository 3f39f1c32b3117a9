import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { API } from '../data/seed.ts';
import { cpuSeconds } from '../harness/cpu-time.ts';
import { type Figure, number } from '../harness/figure.ts';
import { median } from '../harness/statistics.ts';
import type { Target } from '../load/connection.ts';
import { LoadGenerator } from '../load/load-generator.ts';
import { Workload } from '../load/workload.ts';
import { type Environment, startEnvironment } from '../product/environment.ts';
import { untilAtRest } from '../product/rest.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const SERVERS = [1, 2, 3];
const BATCH = 100;
/** Shared out among the servers, so that each number of them is asked by as many. */
const REPORTERS = 6;
const READERS = 12;

/** What more servers on one PostgreSQL bring, and what each request costs then. */
export const replicas: Scenario = {
  name: 'replicas',
  summary: 'One, two and three servers on one PostgreSQL: reads/s and reports/s, with the CPU time of each; no goal.',
  run,
};

interface Server {
  readonly target: Target;
  readonly pid: number;
}

async function run(context: BenchContext): Promise<readonly Figure[]> {
  const size = context.quick ? 3_000 : 12_000;
  await using environment = await startEnvironment(context, 50);
  await environment.allowWatching();
  const workload = new Workload(environment.namespaces);
  await using loads = new AsyncDisposableStack();
  const generators = SERVERS.map(() => loads.use(new LoadGenerator(context.signal)));
  const servers: Server[] = [{ target: environment.target, pid: environment.serverPid }];
  await generators[0]?.send(environment.target, REPORTERS, workload.fresh(size, BATCH));
  const figures: Figure[] = [];
  for (const count of SERVERS) {
    if (servers.length < count) servers.push(await environment.startFurtherServer());
    // What the start of a server and the reports before left to be indexed is not the reads'.
    await untilAtRest(
      environment,
      context,
      servers.slice(1).map(({ pid }) => pid),
    );
    // The first of each warms up.
    const measured = async (what: string, work: () => Promise<Done>): Promise<Measured[]> => {
      const all: Measured[] = [];
      for (let repetition = 0; repetition < (context.quick ? 2 : 6); repetition++) {
        context.signal.throwIfAborted();
        const one = await costs(environment, servers, work);
        context.progress.note(`replicas: ${count}: ${what} ${number(one.rate)}/s`);
        if (repetition > 0) all.push(one);
      }
      return all;
    };
    const reading = await measured('reads', () => read(servers, context));
    const reporting = await measured('reports', () => report(servers, generators, workload, size));
    figures.push(figureOf(count, 'lists of one namespace, 50 of it', 'reads/s', reading));
    figures.push(figureOf(count, `reports in batches of ${BATCH}, half of them new issues`, 'reports/s', reporting));
  }
  await verify(environment, workload);
  return figures;
}

interface Done {
  readonly done: number;
  /** What was answered 429 or 503 and came again. */
  readonly sentAgain: number;
  /** A second. */
  readonly rate: number;
}

interface Measured {
  /** A second. */
  readonly rate: number;
  /** µs each, of all servers together. */
  readonly server: number;
  readonly postgres: number;
  readonly sentAgain: number;
}

/** CPU seconds so far. */
async function cpuOf({ postgres }: Environment, servers: readonly Server[]) {
  const each = await Promise.all(servers.map(({ pid }) => cpuSeconds(pid)));
  return { server: each.reduce((sum, one) => sum + one), postgres: await cpuSeconds(postgres.pid as number) };
}

async function costs(
  environment: Environment,
  servers: readonly Server[],
  work: () => Promise<Done>,
): Promise<Measured> {
  const before = await cpuOf(environment, servers);
  const { done, rate, sentAgain } = await work();
  const after = await cpuOf(environment, servers);
  const each = (what: 'server' | 'postgres') => ((after[what] - before[what]) / done) * 1e6;
  return { rate, server: each('server'), postgres: each('postgres'), sentAgain };
}

/** Lists as consistent as kubectl's, on kept connections. */
async function read(servers: readonly Server[], { quick, signal }: BenchContext): Promise<Done> {
  const seconds = quick ? 2 : 5;
  const stop = new AbortController();
  let [done, sentAgain] = [0, 0];
  const reader = async ({ target }: Server): Promise<void> => {
    const { host, port, caPem, credentials } = target;
    const pool = new Pool(`https://${host}:${port}`, { connections: 1, connect: { ca: caPem } });
    const headers = 'token' in credentials ? { authorization: `Bearer ${credentials.token}` } : {};
    while (!stop.signal.aborted) {
      const path = `${API.ours}/namespaces/team-${String(done % 50).padStart(3, '0')}/issues?limit=50`;
      const { statusCode, body, headers: answered } = await pool.request({ method: 'GET', path, headers });
      const text = await body.text();
      if (statusCode === 429 || statusCode === 503) {
        sentAgain++;
        await sleep(Number(answered['retry-after'] ?? 1) * 1_000, undefined, { signal });
        continue;
      }
      if (statusCode !== 200) throw new Error(`GET ${path}: ${statusCode} ${text.slice(0, 200)}`);
      done++;
    }
    await pool.close();
  };
  const begun = performance.now();
  const readers = Array.from({ length: READERS }, (_, index) => reader(servers[index % servers.length] as Server));
  await Promise.race([sleep(seconds * 1_000, undefined, { signal }), Promise.all(readers)]);
  stop.abort();
  await Promise.all(readers);
  return { done, sentAgain, rate: done / ((performance.now() - begun) / 1_000) };
}

/** A generator for each server; together they send as much whatever the number of servers is. */
async function report(
  servers: readonly Server[],
  generators: readonly LoadGenerator[],
  workload: Workload,
  size: number,
): Promise<Done> {
  const share = 2 * Math.floor(size / BATCH / 2 / servers.length) * BATCH;
  const results = await Promise.all(
    servers.map(({ target }, index) => {
      const work = workload.mixed(share, BATCH);
      return (generators[index] as LoadGenerator).send(target, REPORTERS / servers.length, work);
    }),
  );
  return {
    done: results.reduce((sum, { reports }) => sum + reports, 0),
    sentAgain: results.reduce((sum, one) => sum + one.sentAgain, 0),
    rate: results.reduce((sum, { reports, elapsedMs }) => sum + reports / (elapsedMs / 1_000), 0),
  };
}

function figureOf(count: number, what: string, unit: string, measured: readonly Measured[]): Figure {
  const middle = (value: (one: Measured) => number): string => number(median(measured.map(value)));
  const cpu = `CPU each: servers ${middle(({ server }) => server)} µs, PostgreSQL ${middle(({ postgres }) => postgres)} µs`;
  const again = measured.reduce((sum, { sentAgain }) => sum + sentAgain, 0);
  const patience = again === 0 ? '' : `; ${again} were answered 429 or 503 and came again`;
  return {
    scenario: 'replicas',
    what: `${count} ${count === 1 ? 'server' : 'servers'}: ${what} (${cpu}${patience})`,
    measured: `${middle(({ rate }) => rate)} ${unit}`,
  };
}

/** Whichever server took a report: each subject has one issue. */
async function verify({ postgres }: Environment, workload: Workload): Promise<void> {
  const stored = await postgres.psql(`select count(*) from issues where state = 'Active'`, 'faultline');
  if (Number(stored) !== workload.subjects) throw new Error(`${stored} issues are stored, not ${workload.subjects}`);
}
