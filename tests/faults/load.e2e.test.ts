import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client } from './client.ts';
import { type Installation, startInstallation } from './installation.ts';
import { Journal } from './journal.ts';
import { Random } from './random.ts';
import { listOf, runSeed } from './run-seed.ts';

/** Much at once, on two replicas. */
let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation({ settings: { max_wal_size: '2GB' } });
});
afterAll(() => installation?.[Symbol.asyncDispose]());

test('a storm of duplicates, 200 keys from 16 callers at once on each of two replicas, makes exactly 200 issues', async () => {
  const { servers, database } = installation;
  const failures = new Set<string>();
  const keys = Array.from({ length: 200 }, (_, key) => key);
  const report = (key: number) => ({
    source: 'storm',
    namespace: 'storm',
    subject: { apiVersion: 'v1', kind: 'Pod', namespace: 'storm', name: `key-${key}` },
    order: { class: 'received' as const },
    body: {
      complete: true as const,
      findings: [{ key: 'run', type: 'build', severity: 'major' as const, reason: 'Failed', title: `${key} failed` }],
    },
  });
  const callers = Array.from({ length: 32 }, (_, caller) => {
    const random = new Random(caller);
    const client = new Client([caller % 2 === 0 ? servers[0] : servers[1]], random, new Journal(), failures);
    return async () => {
      for (const key of keys) await client.send([report(key)]);
    };
  });
  await Promise.all(callers.map((call) => call()));
  expect([...failures]).toEqual([]);
  for (const server of servers) expect(await listOf(server, 'storm')).toHaveLength(200);
  // Each of them opened once and was not told of again.
  const counts = `SELECT count(*), count(DISTINCT name), count(*) FILTER (WHERE op = 'ADDED') FROM changes WHERE namespace = 'storm'`;
  expect(await database.query(counts)).toBe('200|200|200');
});

test('kill -9 of a server every two seconds under 20,000 reports of four clients loses nothing and doubles nothing', async () => {
  const { servers } = installation;
  const problems = await runSeed(installation, {
    seed: 20_000,
    // Between 1 and 7 reports of each, 4 on average.
    size: { owned: 4_850, contested: 100, reports: 7 },
    faults: 0,
    pace: 100,
    batch: 40,
    patience: 10_000,
    async inject(journal, done) {
      for (let kills = 0; !done.aborted || kills < 2; kills++) {
        await sleep(2_000, undefined, { signal: done }).catch(() => {});
        const server = servers[kills % 2] as (typeof servers)[0];
        journal.fault(`${server.name} is killed`);
        await server.kill();
        await server.run();
      }
    },
  });
  expect(problems).toBe('');
}, 400_000);
