import { setTimeout as sleep } from 'node:timers/promises';
import type { Installation } from './installation.ts';
import type { Journal } from './journal.ts';
import type { Random } from './random.ts';
import type { Server } from './server.ts';

interface Fault {
  readonly name: string;
  inject(installation: Installation, random: Random): Promise<void>;
}

const DATABASE_PAUSE = [300, 2_600] as const;

/** Longer than the timeouts of a commit (2 s), or shorter. */
const FAULTS: readonly Fault[] = [
  { name: 'a server is killed', inject: ({ servers }, random) => killed([random.pick(servers)]) },
  { name: 'both servers are killed', inject: ({ servers }) => killed(servers) },
  {
    name: 'a server is frozen',
    async inject({ servers }, random) {
      const server = random.pick(servers);
      server.pause();
      await sleep(random.between(200, 3_200));
      server.resume();
    },
  },
  {
    name: 'PostgreSQL crashes and recovers',
    async inject({ database: { postgres } }) {
      await postgres.kill();
      await postgres.start();
    },
  },
  {
    name: 'PostgreSQL is stopped and started',
    async inject({ database: { postgres } }, random) {
      await postgres.stop();
      await sleep(random.between(0, 500));
      await postgres.start();
    },
  },
  {
    name: 'PostgreSQL is frozen',
    async inject({ database: { postgres } }, random) {
      await postgres.pause();
      await sleep(random.between(...DATABASE_PAUSE));
      postgres.resume();
    },
  },
  {
    name: 'every connection is cut, twice',
    async inject({ database }, random) {
      await database.terminate();
      await sleep(random.between(50, 500));
      await database.terminate();
    },
  },
  {
    name: 'the lock of the commits is held by somebody else',
    inject: ({ database }, random) => database.hold('lock', random.between(...DATABASE_PAUSE)),
  },
  {
    name: 'the row of the counter is locked by somebody else',
    inject: ({ database }, random) => database.hold('counter', random.between(...DATABASE_PAUSE)),
  },
  {
    name: 'the limit of connections is reached',
    async inject({ database }, random) {
      await database.limitConnections(random.between(0, 3));
      await sleep(random.between(300, 1_500));
      await database.limitConnections(-1);
    },
  },
  {
    // Less than half an hour: nothing is hidden or trimmed then, which no plan knows of.
    name: 'the clock jumps',
    async inject({ database }, random) {
      await database.setClock(random.between(-1_500, 1_500));
      await sleep(random.between(100, 800));
      await database.setClock(random.between(-1_500, 1_500));
      await sleep(random.between(100, 500));
      await database.setClock(0);
    },
  },
];

/** Injects some faults one after another; each is over when this resolves. */
export async function injectFaults(
  installation: Installation,
  { random, count, journal }: { random: Random; count: number; journal: Journal },
): Promise<void> {
  for (let index = 0; index < count; index++) {
    await sleep(random.between(0, 300));
    const { name, inject } = random.pick(FAULTS);
    journal.fault(name);
    await inject(installation, random);
    journal.fault(`${name}: over`);
  }
}

async function killed(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => server.kill()));
  await Promise.all(servers.map((server) => server.run()));
}
