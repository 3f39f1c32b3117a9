import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import Koa from 'koa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CALLER, EngineFixture } from '../../apiserver/ingest/testing/engine-fixture.ts';
import { reportRoutes } from '../../apiserver/rest/reports.ts';
import {
  type Clock,
  type ClusterObject,
  createManager,
  type LoadedController,
  loadControllers,
  type Manager,
  silentLogger,
  systemClock,
} from '../../controllers/runtime/index.ts';
import { MemorySource } from '../../controllers/testing/memory-source.ts';
import { buildRun } from '../e2e/pipelineruns.ts';
import { Random } from '../faults/random.ts';

/**
 * The controllers restart 30 times over a backlog of 5,000 completed runs; the engine, the database and HTTP are real. What
 * a real API server adds is in tests/e2e/lifecycle.e2e.test.ts.
 */
const RUNS = 5_000;
const COMPONENTS = 100;
const RESTARTS = 30;

/** Nobody waits a second here for what a stopped process still had to send. */
const QUICK: Clock = { ...systemClock, after: (ms, callback) => systemClock.after(ms / 20, callback) };

/** What the runs are about: a run whose Component is gone is not reported. */
const SUBJECTS = ['shop', ...Array.from({ length: COMPONENTS }, (_, index) => `c${index}`)].map(
  (name): ClusterObject => ({
    apiVersion: 'appstudio.redhat.com/v1alpha1',
    kind: name === 'shop' ? 'Application' : 'Component',
    metadata: { name, namespace: 'storm', uid: name },
  }),
);

let fixture: EngineFixture;
let server: Server;
let controllers: readonly LoadedController[];

beforeAll(async () => {
  fixture = await EngineFixture.open();
  const app = new Koa();
  app.use((ctx, next) => {
    ctx.state.user = CALLER;
    return next();
  });
  app.use(reportRoutes(fixture.start()));
  server = createServer(app.callback()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const builtins = new Map([['tekton/pipelinerun', () => import('../../controllers/tekton/pipelinerun/index.ts')]]);
  const { controllers: loaded, faults } = await loadControllers([{ use: 'tekton/pipelinerun' }], {
    baseDir: '.',
    builtins,
  });
  expect(faults).toEqual([]);
  controllers = loaded;
});

afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await fixture?.[Symbol.asyncDispose]();
});

test('thirty restarts over a backlog of 5,000 completed runs change no issue', async () => {
  const now = Date.now();
  const random = new Random(30);
  const runs = Array.from({ length: RUNS }, (_, index) => run(index, { now, failed: random.chance(0.4) }));
  const manage = (objects: readonly ClusterObject[]): Manager => {
    const { port } = server.address() as AddressInfo;
    return createManager({
      name: 'storm',
      controllers,
      source: new MemorySource(objects),
      backend: { url: `http://127.0.0.1:${port}` },
      logger: silentLogger,
      clock: QUICK,
    });
  };
  const start = async (restart: number): Promise<void> => {
    // An API server lists in the order of names, which says nothing about time: here in any order.
    await using manager = manage(random.shuffled([...runs, ...SUBJECTS]));
    manager.start(new AbortController().signal);
    // Most are stopped in the middle of their work.
    if (restart % 5 !== 0) await sleep(random.between(0, 300));
    else await manager.synced();
  };
  await start(0);
  const before = await stored();
  expect(before.issues.length).toBeGreaterThan(COMPONENTS / 4);
  for (let restart = 1; restart <= RESTARTS; restart++) await start(restart);
  await start(0);
  expect(await stored()).toEqual(before);
}, 120_000);

/** Every issue as it is stored, its history, and the number of the last change. */
async function stored() {
  const { database } = fixture.store;
  const issues = await database.query('SELECT * FROM issues ORDER BY namespace, name');
  const changes = await database.query('SELECT count(*)::int AS count, max(change)::text AS last FROM changes');
  const episodes = await database.query('SELECT count(*)::int AS count FROM episodes');
  return { issues, changes, episodes };
}

function run(index: number, { now, failed }: { now: number; failed: boolean }): ClusterObject {
  const name = `run-${index}`;
  const completionTime = new Date(now - (RUNS - index) * 10_000).toISOString();
  const { metadata, ...rest } = buildRun({ name, namespace: 'storm', component: `c${index % COMPONENTS}` });
  const condition = failed
    ? { type: 'Succeeded', status: 'False', reason: 'Failed', message: `step ${index} failed` }
    : { type: 'Succeeded', status: 'True', reason: 'Succeeded' };
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    ...rest,
    metadata: { ...metadata, uid: name, resourceVersion: String(index + 1), creationTimestamp: completionTime },
    status: { completionTime, conditions: [{ ...condition, lastTransitionTime: completionTime }] },
  };
}
