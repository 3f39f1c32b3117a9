import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { runSeed } from './run-seed.ts';
import { Server } from './server.ts';

test('kill -9 of the process that is server and database in one (PGlite) loses nothing that it acknowledged', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'faultline-faults-'));
  try {
    const cluster = join(dir, 'cluster');
    await mkdir(cluster);
    await using server = await Server.start({ name: 'embedded', dir: join(dir, 'embedded'), cluster });
    const problems = await runSeed(
      { servers: [server] },
      {
        seed: 5,
        size: { owned: 150, contested: 8, reports: 7 },
        faults: 0,
        pace: 600,
        async inject(journal) {
          for (let kills = 0; kills < 2; kills++) {
            await sleep(500);
            journal.fault('it is killed');
            await server.kill();
            await server.run();
            journal.fault('it serves again');
          }
        },
      },
    );
    expect(problems).toBe('');
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
