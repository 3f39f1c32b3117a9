import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import type { Random } from '../faults/random.ts';
import { type Behaviour, type ChaosProxy, HONEST } from './proxy.ts';
import type { Replicas } from './replicas.ts';

export interface World {
  readonly plane: ControlPlane;
  readonly proxy: ChaosProxy;
  readonly controllers: Replicas;
}

export interface Fault {
  readonly name: string;
  inject(world: World, random: Random, longestMs: number): Promise<void>;
}

/** What networks and proxies do, for a while. */
const between: readonly Fault[] = [
  passing('connections and requests are cut', { cut: true }, ({ proxy }) => proxy.reset()),
  passing('everything is late', { delayMs: 400 }),
  passing('events are told twice', { repeat: 0.3 }),
  passing('events are told out of order', { reorder: 0.2 }),
  passing('a storm of 410', { expired: true }, ({ proxy }) => proxy.expire()),
  passing('half of all requests are 429', { refuse: 0.5, statuses: [429] }),
  passing('requests are 500, 503 and 504', { refuse: 0.7, statuses: [500, 503, 504] }, ({ proxy }) => proxy.reset()),
  passing('lists end in the middle', { truncate: 0.7 }, ({ proxy }) => proxy.expire()),
  {
    name: 'every connection is reset',
    async inject({ proxy }) {
      proxy.reset();
    },
  },
  {
    name: 'watches are told what is no event, or half of one',
    async inject({ proxy }) {
      proxy.garble();
    },
  },
  {
    name: 'watches are silent for a while',
    async inject({ proxy }, random, longestMs) {
      const thaw = proxy.freeze();
      await sleep(random.between(500, longestMs));
      thaw();
    },
  },
];

/** What the cluster's own servers do. */
const behind: readonly Fault[] = [
  {
    name: 'etcd is compacted',
    inject: ({ plane }) => compact(plane),
  },
  {
    name: 'etcd crashes and is away for a while',
    async inject({ plane }, random, longestMs) {
      await plane.stopEtcd('SIGKILL');
      await sleep(random.between(300, longestMs));
      await plane.startEtcd();
    },
  },
  {
    name: 'the API server crashes',
    inject: ({ plane }) => plane.restartApiserver('SIGKILL'),
  },
  {
    // Its new watch cache begins after what the watches are at: these are 410 of its own.
    name: 'the API server restarts after a compaction',
    async inject({ plane }) {
      await compact(plane);
      await plane.restartApiserver('SIGKILL');
    },
  },
];

/** It lets watches end for 15 s. */
const GENTLE: Fault = {
  name: 'the API server is stopped and started',
  inject: ({ plane }) => plane.restartApiserver('SIGTERM'),
};

/** What happens to the controllers themselves. */
const within: readonly Fault[] = [
  {
    name: 'the leader is killed',
    async inject({ controllers }, random) {
      const leader = await controllers.leader();
      await leader.kill('SIGKILL');
      await sleep(random.between(0, 1_500));
      await leader.run();
    },
  },
  {
    name: 'the leader is stopped and started',
    async inject({ controllers }) {
      const leader = await controllers.leader();
      await leader.kill('SIGTERM');
      await leader.run();
    },
  },
  {
    name: 'the clock of the controllers jumps',
    async inject({ controllers }, random) {
      await controllers.skew(random.between(-3_600_000, 3_600_000));
      await sleep(random.between(300, 2_000));
      await controllers.skew(0);
    },
  },
];

/** Connections that stay open and dead: found after 70 s of silence, so only in long runs, and once. */
const HALF_OPEN: Fault = {
  name: 'the open watches are dead and nobody says so',
  async inject({ proxy }) {
    proxy.freeze();
    await sleep(75_000);
  },
};

/** What no server and no network does: the watch keeps events to itself. */
const LIE = passing('events are never told', { swallow: 0.1 });

export interface FaultChoice {
  readonly count: number;
  /** Whether slow ones are among them: a gentle restart, half-open connections. */
  readonly isLong: boolean;
  /** Whether watches lie. */
  readonly lies: boolean;
  /** Whether the controllers themselves are killed: not while their memory is watched. */
  readonly kills: boolean;
}

/** Every kind of fault in turn, in an order of the seed's choice; of few one of each sort is among them. */
export function chooseFaults(random: Random, { count, isLong, lies, kills }: FaultChoice): Fault[] {
  const restarts = kills ? within : within.filter(({ name }) => name.includes('clock'));
  const all = [...between, ...behind, ...restarts, ...(isLong ? [GENTLE] : []), ...(lies ? [LIE] : [])];
  if (lies && count === 1) return [LIE];
  const once = isLong && kills ? [HALF_OPEN] : [];
  const chosen: Fault[] = [random.pick(behind), random.pick(restarts), ...once, ...(lies ? [LIE] : [])];
  if (count < all.length) return random.shuffled([...chosen, ...random.shuffled(between)].slice(0, count));
  while (chosen.length < count) chosen.push(...random.shuffled(all));
  return chosen.slice(0, count);
}

/** Compacts the history of etcd up to now: what is older cannot be asked for any more. */
async function compact(plane: ControlPlane): Promise<void> {
  const ask = async (path: string, body: object): Promise<unknown> => {
    const answer = await fetch(`${plane.etcdUrl}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) });
    return await answer.json();
  };
  const { header } = (await ask('range', { key: 'AA==' })) as { header: { revision: string } };
  await ask('compaction', { revision: header.revision, physical: true });
}

function passing(name: string, behaviour: Partial<Behaviour>, begin: (world: World) => void = () => {}): Fault {
  return {
    name,
    async inject(world, random, longestMs) {
      world.proxy.behaviour = { ...HONEST, ...behaviour };
      begin(world);
      await sleep(random.between(300, longestMs));
      world.proxy.behaviour = HONEST;
      // What was held back is told before the next fault, or that fault would make a liar of this one.
      await sleep(600);
    },
  };
}
