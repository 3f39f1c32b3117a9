import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres } from '../controlplane/postgres.ts';
import { FaultDatabase } from './database.ts';
import type { Installation } from './faults.ts';
import { runSeed } from './run-seed.ts';
import { Server } from './server.ts';

/**
 * Many seeds against one installation, each with its own namespace and its own faults. FAULTLINE_FAULTS_SEED is the first
 * (default 1), FAULTLINE_FAULTS_SEEDS how many (default 30); the soak beside this file runs 1,000.
 */
const first = Number(process.env.FAULTLINE_FAULTS_SEED ?? 1);
const count = Number(process.env.FAULTLINE_FAULTS_SEEDS ?? 30);

let installation: Installation;
const closing = new AsyncDisposableStack();
beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'faultline-faults-'));
  closing.defer(() => rm(dir, { recursive: true, force: true }));
  const postgres = closing.use(await startPostgres());
  const database = await FaultDatabase.create(postgres);
  const cluster = join(dir, 'cluster');
  await mkdir(cluster);
  const start = async (name: string) =>
    closing.use(await Server.start({ name, dir: join(dir, name), cluster, databaseUrl: database.url() }));
  installation = { database, servers: await Promise.all([start('server-a'), start('server-b')]) };
});
afterAll(() => closing.disposeAsync());

test.for(Array.from({ length: count }, (_, index) => first + index))(
  'seed %i: whatever breaks, every acknowledged report is in once, and every watcher ends up with the list',
  async (seed) => {
    const size = { owned: 60, contested: 8, reports: 7 };
    expect(await runSeed(installation, { seed, size, faults: 2, pace: 500 })).toBe('');
  },
);
