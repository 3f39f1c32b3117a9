import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../../tests/controlplane/child.ts';
import { freePort } from '../../tests/controlplane/ports.ts';
import { type Postgres, startPostgres } from '../../tests/controlplane/postgres.ts';
import { cpuSeconds } from '../harness/cpu-time.ts';
import { type Figure, number } from '../harness/figure.ts';
import { interleave } from '../harness/interleave.ts';
import { median } from '../harness/statistics.ts';
import { type HttpRequest, type HttpResult, httpLoad } from '../load/http-load.ts';
import { pgbench, preparePgbench } from '../load/pgbench.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const NAMESPACES = 50;
const SCOPES = 10_000;
const CONNECTIONS = 16;
const LIST_CONNECTIONS = 8;
const LIST_GOAL = 4_500;
const WEBHOOK_GOAL = 1.8;
const WEBHOOK_P99_MS = 15;

/** Kite's clients: failure webhooks beside pgbench, and the list that the Konflux UI shows. */
export const kite: Scenario = {
  name: 'kite',
  summary: 'Kite’s API over HTTP: failure webhooks beside pgbench -N -c 16, and pages of 50 of 200 active issues.',
  run,
};

async function run(context: BenchContext): Promise<readonly Figure[]> {
  const { progress, quick } = context;
  const scopes = quick ? SCOPES / 10 : SCOPES;
  await using rig = await startRig(context);
  const { postgres, origin } = rig;
  progress.step('filling the database of pgbench');
  await preparePgbench(postgres, 'pgbench', 10);
  progress.step(`${number(scopes)} failure webhooks, each of a scope of its own`);
  let round = 0;
  const webhooks = (): Promise<HttpResult> => httpLoad(origin, failures(scopes, round++), { connections: CONNECTIONS });
  await webhooks();
  const results: Record<Kind, Run[]> = { webhooks: [], list: [] };
  const kept = async (name: Kind, send: () => Promise<HttpResult>): Promise<number> => {
    const before = await cpuOf(rig);
    const result = await send();
    const after = await cpuOf(rig);
    const cpu = { server: after.server - before.server, postgres: after.postgres - before.postgres };
    results[name].push({ ...result, ...cpu });
    return result.perSecond;
  };
  const seconds = quick ? 1 : 4;
  const rates = await interleave(
    quick ? 1 : 5,
    {
      webhooks: () => kept('webhooks', webhooks),
      pgbench: async () =>
        (await pgbench(postgres, { database: 'pgbench', connections: CONNECTIONS, seconds })).transactionsPerSecond,
      list: () => kept('list', () => httpLoad(origin, pages(), { connections: LIST_CONNECTIONS, seconds })),
    },
    (name, repetition, rate) => progress.note(`kite: ${name} ${repetition}: ${number(rate)}/s`),
  );
  await verifyStored(postgres, scopes);
  return figuresOf(results, median(rates.webhooks), median(rates.pgbench), median(rates.list));
}

type Kind = 'webhooks' | 'list';
/** `server`, `postgres`: CPU seconds. */
type Run = HttpResult & { readonly server: number; readonly postgres: number };

async function cpuOf({ serverPid, postgres }: Rig): Promise<{ server: number; postgres: number }> {
  return { server: await cpuSeconds(serverPid), postgres: await cpuSeconds(postgres.pid as number) };
}

function figuresOf(results: Record<Kind, Run[]>, webhooks: number, transactions: number, list: number): Figure[] {
  // The first run is the warm-up of `interleave`.
  const middle = (name: Kind, value: (result: Run) => number): number => median(results[name].slice(1).map(value));
  const times = (name: Kind): string =>
    `p50 ${number(middle(name, ({ p50Ms }) => p50Ms))} ms, p99 ${number(middle(name, ({ p99Ms }) => p99Ms))} ms; ` +
    `CPU a request: server ${number(middle(name, ({ server, requests }) => (server / requests) * 1e6))} µs, ` +
    `PostgreSQL ${number(middle(name, ({ postgres, requests }) => (postgres / requests) * 1e6))} µs`;
  const p99 = middle('webhooks', ({ p99Ms }) => p99Ms);
  return [
    {
      scenario: 'kite',
      what: `failure webhooks on ${CONNECTIONS} connections, ${number(SCOPES)} scopes (${times('webhooks')})`,
      measured: `${number(webhooks)} requests/s`,
      against: `pgbench -N -c ${CONNECTIONS}: ${number(transactions)} tps`,
      ratio: webhooks / transactions,
      goal: `≥ ${WEBHOOK_GOAL} ×, p99 ≤ ${WEBHOOK_P99_MS} ms`,
      met: webhooks / transactions >= WEBHOOK_GOAL && p99 <= WEBHOOK_P99_MS,
    },
    {
      scenario: 'kite',
      what: `50 of 200 active issues of a namespace, ${number(SCOPES)} stored, ${LIST_CONNECTIONS} connections (${times('list')})`,
      measured: `${number(list)} requests/s`,
      goal: `≥ ${number(LIST_GOAL)} requests/s`,
      met: list >= LIST_GOAL,
    },
  ];
}

const namespaceAt = (index: number): string => `team-${index % NAMESPACES}`;

/** Every scope fails once, in a run of its own. */
function* failures(count: number, round: number): Generator<HttpRequest> {
  for (let index = 0; index < count; index++) {
    const namespace = namespaceAt(index);
    const body = {
      ...{ pipelineName: `service-${index}-on-push`, namespace, runId: `run-${index}-${round}` },
      failureReason: `task build-container failed: step build exited with code ${1 + (round % 100)}`,
      logsUrl: `https://console.example.com/ns/${namespace}/pipelinerun/run-${index}-${round}/logs`,
    };
    yield {
      method: 'POST',
      path: `/api/v1/webhooks/pipeline-failure?namespace=${namespace}`,
      body: JSON.stringify(body),
    };
  }
}

function* pages(): Generator<HttpRequest> {
  for (;;) yield { method: 'GET', path: `/api/v1/issues/?namespace=${namespaceAt(0)}&state=ACTIVE&limit=50` };
}

interface Rig extends AsyncDisposable {
  readonly postgres: Postgres;
  readonly origin: string;
  readonly serverPid: number;
}

/** `faultline up` (dist) on PostgreSQL with fsync, with an empty folder for a cluster, and Kite's listener. */
async function startRig({ progress, nodeFlags }: BenchContext): Promise<Rig> {
  await using resources = new AsyncDisposableStack();
  progress.step('starting PostgreSQL and faultline up');
  const postgres = resources.use(await startPostgres());
  const dir = await mkdtemp(join(tmpdir(), 'faultline-bench-kite-'));
  resources.defer(() => rm(dir, { recursive: true, force: true }));
  await mkdir(join(dir, 'cluster'));
  await writeFile(join(dir, 'database'), await postgres.database('faultline'));
  const config = {
    ...{
      apiVersion: 'config.faultline.dev/v1alpha1',
      kind: 'FaultlineConfiguration',
      cluster: { folder: './cluster' },
    },
    ...{ server: { databaseUrlFile: './database' }, controllers: [{ use: 'tekton/pipelinerun' }] },
  };
  await writeFile(join(dir, 'faultline.yaml'), JSON.stringify(config));
  const port = await freePort();
  const server = await Child.start({
    name: 'faultline up',
    command: process.execPath,
    args: [
      ...[...nodeFlags, join(import.meta.dirname, '../../dist/cli/bin.js'), 'up'],
      ...[`--config=${join(dir, 'faultline.yaml')}`, `--state-dir=${join(dir, 'state')}`, '--listen=127.0.0.1:0'],
      ...[`--kite-listen=127.0.0.1:${port}`, '--kite-identity=kite'],
    ],
    logPath: join(dir, 'up.log'),
  });
  resources.defer(() => server.stop('SIGTERM', 10_000));
  const origin = `http://127.0.0.1:${port}`;
  const answers = () =>
    fetch(`${origin}/api/v1/health/`).then(
      ({ ok }) => ok,
      () => false,
    );
  await server.until('answering as Kite', answers, 30_000);
  const owned = resources.move();
  return { postgres, origin, serverPid: server.pid, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Everything was acknowledged; now it must be there, once. */
async function verifyStored(postgres: Postgres, scopes: number): Promise<void> {
  const count = await postgres.psql(`SELECT count(*) FROM issues WHERE state = 'Active'`, 'faultline');
  if (Number(count) !== scopes) throw new Error(`${count} issues are Active and ${scopes} should be`);
}
