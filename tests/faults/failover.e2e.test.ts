import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { ReportsResponse } from '../../crds/report.ts';
import { startStandby } from '../controlplane/postgres.ts';
import { startInstallation } from './installation.ts';
import { activeOf } from './model.ts';
import { planOf } from './plan.ts';
import { Random } from './random.ts';
import { listOf, runSeed } from './run-seed.ts';
import type { Server } from './server.ts';
import { Watcher } from './watcher.ts';

/** A primary that is gone for good, under load, and its standby (decision 14, docs/operate.md). */
describe('failover to a streaming standby', () => {
  test('a synchronous one has every acknowledged report, once, and every watcher lists again and has them all', async () => {
    await using installation = await startInstallation();
    const { database, servers } = installation;
    const standby = installation.use(await startStandby(database.postgres));
    await database.postgres.psql(`ALTER SYSTEM SET synchronous_standby_names = 'standby'`);
    await database.postgres.psql('SELECT pg_reload_conf()');
    await until(async () => (await replication(database.postgres)) === 'sync');
    const problems = await runSeed(installation, {
      seed: 1,
      size: { owned: 120, contested: 8, reports: 8 },
      faults: 0,
      pace: 500,
      failover: true,
      async inject(journal) {
        await sleep(700);
        journal.fault('the primary is killed for good, the standby promoted');
        await database.failOver(standby);
        journal.fault('the standby takes writes');
      },
    });
    expect(problems).toBe('');
    expect(await sum(servers, 'faultline_database_failovers_total')).toBe(2);
    expect(await sum(servers, 'faultline_failover_lost_changes_total')).toBe(0);
  });

  test('an asynchronous one that was behind: the loss is counted to the change, and who reports again closes it', async () => {
    await using installation = await startInstallation();
    const { database, servers } = installation;
    const standby = installation.use(await startStandby(database.postgres));
    const failures = new Set<string>();
    const plan = planOf(7, { namespace: 'async', now: Date.now(), size: { owned: 90, contested: 0, reports: 1 } });
    const reports = plan.owned.flatMap(({ reports: each }) => each);
    const [kept, behind] = [reports.slice(0, 40), reports.slice(40)];
    const before = await post(servers[0], kept);
    await until(async () => (await standby.psql(`SELECT count(*) FROM issues`, 'faults')) === String(failing(kept)));

    await standby.psql(`ALTER SYSTEM SET primary_conninfo = ''`);
    await standby.psql('SELECT pg_reload_conf()');
    await until(async () => (await replication(database.postgres)) === '');
    await post(servers[0], behind.slice(0, 20));
    const acknowledged = await post(servers[1], behind.slice(20));
    await using watcher = new Watcher(servers, 'async', new Random(1), failures);
    await until(async () => watcher.state.size === failing(reports));
    await database.failOver(standby);

    await until(async () => (await listOf(servers[0], 'async')).length === failing(kept));
    expect((await listOf(servers[1], 'async')).length).toBe(failing(kept));
    expect(await sum(servers, 'faultline_failover_lost_changes_total')).toBe(failing(behind));
    // What a controller does when an answer names another database: it looks at everything again.
    const again = await post(servers[0], reports);
    expect(again.database).not.toBe(before.database);
    expect(Number(again.resourceVersion)).toBeGreaterThan(Number(acknowledged.resourceVersion));
    const issues = await listOf(servers[1], 'async');
    const found = new Map(issues.map(({ spec }) => [`${spec.subject.name}/${spec.key}`, spec.title]));
    expect(found).toEqual(activeOf(plan));
    await until(async () => watcher.state.size === issues.length && watcher.expired > 0);
    expect([...failures]).toEqual([]);
  });

  function failing(some: readonly { readonly body: object }[]): number {
    return some.filter(({ body }) => 'findings' in body && (body.findings as unknown[]).length > 0).length;
  }
});

async function post(server: Server, reports: readonly object[]): Promise<ReportsResponse> {
  const { status, text } = await server.post('/api/v1/reports', reports);
  expect(status, text).toBe(200);
  const answer = JSON.parse(text) as ReportsResponse;
  expect(new Set(answer.results.map((result) => result.status))).toEqual(new Set([200]));
  return answer;
}

/** `sync` or `async` when a standby is connected, else ''. */
async function replication(postgres: { psql(sql: string): Promise<string> }): Promise<string> {
  return postgres.psql(`SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'`);
}

async function sum(servers: readonly Server[], metric: string): Promise<number> {
  const values = await Promise.all(servers.map((server) => server.metric(metric)));
  return values.reduce((total, value) => total + value, 0);
}

/** Asks again until it is so; the time limit is the test's. */
async function until(so: () => Promise<boolean>): Promise<void> {
  while (!(await so().catch(() => false))) await sleep(50);
}
