import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../testing/manual-clock.ts';
import { MemoryLeases, type MemoryLeaseView } from '../../testing/memory-leases.ts';
import { silentLogger } from '../logger.ts';
import { electedLeaders } from './elected.ts';
import { electionMetrics } from './election-metrics.ts';
import type { Leaders } from './leaders.ts';
import { leaseStoreContract } from './lease-store.contract.ts';
import type { Tenure } from './tenure.ts';
import { DEFAULT_TIMES } from './timing.ts';

describe('leases in memory', () => {
  const leases = new MemoryLeases();
  leaseStoreContract(() => leases.view());
});

const NAME = 'faultline-controllers';
const T0 = '2026-11-21T08:00:00.000000Z';

/** One process of a group: what it was called to do, and how the store answers it. */
class Process {
  readonly view: MemoryLeaseView;
  readonly leaders: Leaders;
  readonly registry = new Registry();
  readonly stop = new AbortController();
  readonly said: string[] = [];
  tenure: Tenure | undefined;
  tenures = 0;
  /** What `lead` still does after its end. */
  windUp: () => Promise<void> = async () => {};
  readonly ended: Promise<void>;

  constructor(leases: MemoryLeases, clock: ManualClock, identity: string, warm = Promise.resolve()) {
    this.view = leases.view();
    const say = (_: object, message: string): void => void this.said.push(message);
    this.leaders = electedLeaders({
      ...{ name: NAME, identity, store: this.view, times: DEFAULT_TIMES, clock, random: () => 0 },
      logger: { ...silentLogger, info: say, warn: say },
      metrics: electionMetrics(this.registry),
    });
    this.ended = this.leaders.run(this.stop.signal, (tenure) => this.#lead(tenure), warm);
  }

  get leads(): boolean {
    return this.tenure?.holds() === true;
  }

  async metric(name: string): Promise<number | undefined> {
    return (await this.registry.getSingleMetric(name)?.get())?.values[0]?.value;
  }

  async #lead(tenure: Tenure): Promise<void> {
    this.tenures++;
    this.tenure = tenure;
    if (!tenure.ends.aborted) await new Promise((resolve) => tenure.ends.addEventListener('abort', resolve));
    await this.windUp();
    this.tenure = undefined;
  }
}

describe('an election', () => {
  const processes: Process[] = [];
  afterEach(async () => {
    for (const { stop } of processes) stop.abort();
    await clock.advance(60_000);
    await Promise.all(processes.splice(0).map(({ ended }) => ended));
    expect(clock.pending).toBe(0);
  });
  let leases = new MemoryLeases();
  let clock = new ManualClock();
  const begin = (identity: string, warm?: Promise<void>): Process => {
    const process = new Process(leases, clock, identity, warm);
    processes.push(process);
    return process;
  };
  const setup = async (): Promise<[Process, Process]> => {
    [leases, clock] = [new MemoryLeases(), new ManualClock()];
    const a = begin('a');
    await settle();
    const b = begin('b');
    await settle();
    return [a, b];
  };

  it('the first one leads, the other one stands by and knows who leads', async () => {
    const [a, b] = await setup();
    expect([a.leads, b.leads]).toEqual([true, false]);
    expect(leases.record(NAME)).toEqual({
      ...{ holderIdentity: 'a', leaseDurationSeconds: 15, acquireTime: T0, renewTime: T0, leaseTransitions: 0 },
    });
    expect(a.leaders.status()).toEqual({ role: 'leading', identity: 'a', leaders: ['a'] });
    expect(b.leaders.status()).toEqual({ role: 'standby', identity: 'b', leaders: ['a'] });
    expect(b.said).toEqual(['standing by: another process leads']);
    expect([await a.metric('leader_election_master_status'), await b.metric('leader_election_master_status')]).toEqual([
      1, 0,
    ]);
  });

  it('a leader renews every two seconds with one request, and keeps when it began', async () => {
    const [a, b] = await setup();
    b.stop.abort();
    const before = a.view.requests;
    await clock.advance(60_000);
    expect(a.view.requests - before).toBe(30);
    expect(a.leads).toBe(true);
    expect(leases.record(NAME)).toMatchObject({ acquireTime: T0, renewTime: '2026-11-21T08:01:00.000000Z' });
    expect(await a.metric('leader_election_slowpath_total')).toBe(0);
  });

  it('hands over at once when it is told to stop: winds up first, then releases, and the standby sees it', async () => {
    const [a, b] = await setup();
    const order: string[] = [];
    const drained = Promise.withResolvers<void>();
    a.windUp = async () => {
      order.push(`winds up, holds: ${a.leads}`);
      await drained.promise;
      order.push(`wound up, b leads: ${b.leads}`);
    };
    a.stop.abort();
    await settle();
    expect(leases.record(NAME)?.holderIdentity).toBe('a');
    drained.resolve();
    await a.ended;
    await settle();
    expect(order).toEqual(['winds up, holds: true', 'wound up, b leads: false']);
    expect(b.leads).toBe(true);
    expect(leases.history.map(({ record }) => record.holderIdentity)).toEqual(['a', '', 'b']);
    expect(leases.history[1]?.record).toMatchObject({ leaseDurationSeconds: 1, leaseTransitions: 0 });
    expect(leases.record(NAME)).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1, leaseDurationSeconds: 15 });
    expect(await a.metric('leader_election_master_status')).toBe(0);
  });

  it('renews while it winds up, however long that takes', async () => {
    const [a, b] = await setup();
    const drained = Promise.withResolvers<void>();
    a.windUp = () => drained.promise;
    a.stop.abort();
    await clock.advance(30_000);
    expect([a.leads, b.leads]).toEqual([true, false]);
    drained.resolve();
    await a.ended;
    await settle();
    expect(b.leads).toBe(true);
  });

  it('a standby without a watch finds a released lease at its next attempt', async () => {
    const [a, b] = await setup();
    b.view.watches = false;
    a.stop.abort();
    await a.ended;
    await settle();
    expect(b.leads).toBe(false);
    await clock.advance(2_000);
    expect(b.leads).toBe(true);
  });

  it.each(['refuses', 'silent'] as const)('stops before its lease ends when the store %s', async (weather) => {
    const [a, b] = await setup();
    await clock.advance(1_000);
    a.view.weather = weather;
    await clock.advance(8_999);
    expect([a.leads, b.leads]).toEqual([true, false]);
    await clock.advance(1);
    expect([a.leads, b.leads]).toEqual([false, false]);
    // Others wait for 15 s after they saw the last renewal; b asks every 2 s.
    await clock.advance(4_999);
    expect(b.leads).toBe(false);
    await clock.advance(2_001);
    expect([a.leads, b.leads]).toEqual([false, true]);
    expect(leases.record(NAME)?.leaseTransitions).toBe(1);
    a.view.weather = 'answers';
    await clock.advance(30_000);
    expect([a.leads, b.leads]).toEqual([false, true]);
    expect(a.leaders.status()).toMatchObject({ role: 'standby', leaders: ['b'] });
  });

  it('counts from when a renewal was asked for: what its answer took is lost', async () => {
    const [a] = await setup();
    a.view.slow = () => new Promise((resolve) => clock.after(4_000, resolve));
    await clock.advance(2_000);
    a.view.slow = async () => {};
    await clock.advance(3_999);
    a.view.weather = 'refuses';
    await clock.advance(6_000);
    expect(a.leads).toBe(true);
    await clock.advance(1);
    expect(a.leads).toBe(false);
  });

  it('holds nothing after the deadline, also when its timers are late', async () => {
    const [a] = await setup();
    const tenure = a.tenure as Tenure;
    const now = clock.now();
    const frozen = { ...clock, now: () => now + 10_000 };
    Object.defineProperty(clock, 'now', { value: frozen.now, configurable: true });
    expect(tenure.holds()).toBe(false);
    expect(tenure.lost.aborted).toBe(false);
    Reflect.deleteProperty(clock, 'now');
  });

  it('a short outage changes nothing', async () => {
    const [a, b] = await setup();
    a.view.weather = 'refuses';
    await clock.advance(7_000);
    a.view.weather = 'answers';
    await clock.advance(60_000);
    expect([a.leads, b.leads, a.tenures]).toEqual([true, false, 1]);
    expect(a.said.filter((each) => each.startsWith('the lease cannot'))).toHaveLength(1);
    expect(await a.metric('leader_election_slowpath_total')).toBe(0);
  });

  it('somebody who wrote to the lease meanwhile costs a read, and is counted', async () => {
    const [a] = await setup();
    const { signal } = new AbortController();
    const other = leases.view();
    const read = await other.get(NAME, signal);
    if (read === undefined) throw new Error('no lease');
    await other.update(read, { ...read.record, leaseDurationSeconds: 20 }, signal);
    await clock.advance(10_000);
    expect(a.leads).toBe(true);
    expect(a.tenures).toBe(1);
    expect(await a.metric('leader_election_slowpath_total')).toBe(1);
  });

  it('ends at once when another process has taken the lease', async () => {
    const [a, b] = await setup();
    const { signal } = new AbortController();
    const other = leases.view();
    const read = await other.get(NAME, signal);
    if (read === undefined) throw new Error('no lease');
    await other.update(read, { ...read.record, holderIdentity: 'by hand' }, signal);
    await clock.advance(2_000);
    expect([a.leads, b.leads]).toEqual([false, false]);
    expect(leases.record(NAME)?.holderIdentity).toBe('by hand');
    // Neither releases nor renews what is not its own; it ends 15 s later, and one of them goes on.
    await clock.advance(20_000);
    expect([a.leads, b.leads].filter(Boolean)).toHaveLength(1);
  });

  it('a deleted lease is made again by its holder', async () => {
    const [a, b] = await setup();
    b.stop.abort();
    leases.delete(NAME);
    await clock.advance(10_000);
    expect([a.leads, a.tenures]).toEqual([true, 1]);
    expect(leases.record(NAME)?.holderIdentity).toBe('a');
  });

  it('a process whose caches are not filled leaves the lease to those who can lead, for a while', async () => {
    [leases, clock] = [new MemoryLeases(), new ManualClock()];
    const cold = begin('cold', new Promise(() => {}));
    await clock.advance(14_999);
    expect(cold.leads).toBe(false);
    await clock.advance(1);
    expect(cold.leads).toBe(true);
  });

  it('what goes wrong in leading releases the lease and is told', async () => {
    [leases, clock] = [new MemoryLeases(), new ManualClock()];
    const view = leases.view();
    const leaders = electedLeaders({
      ...{ name: NAME, identity: 'x', store: view, times: DEFAULT_TIMES, clock, random: () => 0, logger: silentLogger },
      metrics: electionMetrics(new Registry()),
    });
    const stop = new AbortController();
    const failing = leaders.run(stop.signal, () => Promise.reject(new Error('broken')), Promise.resolve());
    await expect(failing).rejects.toThrow('broken');
    expect(leases.record(NAME)?.holderIdentity).toBe('');
    stop.abort();
    await settle();
  });
});
