import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startInstallation } from './installation.ts';
import { runSeed } from './run-seed.ts';
import { mountSmallDisk } from './small-disk.ts';

test('a full disk of PostgreSQL: nothing acknowledged is lost, and all the rest arrives when there is room again', async () => {
  await using disk = await mountSmallDisk(250);
  await using installation = await startInstallation({ parent: disk.path, settings: { max_wal_size: '64MB' } });
  const { database } = installation;
  let complaint = '';
  const problems = await runSeed(installation, {
    seed: 11,
    size: { owned: 150, contested: 8, reports: 7 },
    faults: 0,
    pace: 600,
    async inject(journal) {
      await sleep(400);
      journal.fault('the disk is full');
      await disk.fill();
      complaint = await database
        .query(`CREATE TABLE more AS SELECT repeat('x', 1000) FROM generate_series(1, 100000)`)
        .catch((error: unknown) => String(error));
      await sleep(1_000);
      await disk.free();
      // Without room for its log PostgreSQL stops; it recovers when somebody starts it again.
      await database.postgres.start();
      journal.fault('there is room again');
    },
  });
  expect(complaint).toMatch(/No space left on device|terminat|connection/);
  expect(problems).toBe('');
});
