import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { Feed, FeedContext } from '../../kube/index.ts';
import { ArraySource } from '../../kube/testing/array-source.ts';
import { Fenced, type ResourceLog } from '../../store/resource-log.ts';
import { StoreUnavailable } from '../../store/store.ts';
import { ownResource } from './definition.ts';
import { feedMetrics } from './metrics.ts';
import { type RunFeedOptions, runFeed } from './run-feed.ts';
import { type Gadget, gadget, gadgets } from './testing/gadgets.ts';

/** A log of which the tests say who may write it. */
class LeaseOnly {
  epoch: number | undefined = 1;
  identity = 'db';
  away: Error | undefined;
  released = 0;
  /** Before the lease is answered. */
  leading: () => Promise<void> = async () => undefined;
  written: number[] = [];

  log(): ResourceLog {
    return Object.assign(new ArraySource<never>(() => ({})), {
      lead: async () => {
        await this.leading();
        if (this.away) throw this.away;
        return this.epoch;
      },
      release: async () => void this.released++,
      keys: async () => [],
      read: async () => [],
      before: async () => [],
      write: async (epoch: number) => {
        if (epoch !== this.epoch) throw new Fenced('another server writes gadgets now');
        this.written.push(epoch);
      },
      complete: async () => undefined,
      identity: async () => this.identity,
    }) as unknown as ResourceLog;
  }
}

/** A runner whose sleeps the test ends. */
class Driven implements AsyncDisposable {
  readonly lease = new LeaseOnly();
  readonly warned: { fields: object; message: string }[] = [];
  readonly registry = new Registry();
  readonly #sleeping: { ms: number; wake: () => void }[] = [];
  readonly #running: Promise<void>;
  readonly #ending = new AbortController();
  #noticed = Promise.withResolvers<void>();

  constructor(feed: Feed<Gadget>, prepare: (lease: LeaseOnly) => void = () => undefined) {
    prepare(this.lease);
    const module = gadgets(feed);
    const log = this.lease.log();
    const options: RunFeedOptions = {
      module: module as never,
      definition: ownResource(module, log) as never,
      ...{ options: {}, directory: '/etc/faultline', log, holder: 'me' },
      logger: { info: () => undefined, warn: (fields, message) => void this.warned.push({ fields, message }) },
      metrics: feedMetrics(this.registry),
      now: () => 0,
      sleep: (ms, signal) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        signal.addEventListener('abort', () => resolve(), { once: true });
        if (signal.aborted) return Promise.resolve();
        this.#sleeping.push({ ms, wake: resolve });
        this.#noticed.resolve();
        return promise;
      },
    };
    this.#running = runFeed(options, this.#ending.signal);
  }

  /** Waits until something sleeps for `ms`, and wakes it up. */
  async wake(ms: number): Promise<void> {
    for (;;) {
      const index = this.#sleeping.findIndex((one) => one.ms === ms);
      const [found] = index < 0 ? [] : this.#sleeping.splice(index, 1);
      if (found) return found.wake();
      this.#noticed = Promise.withResolvers();
      await this.#noticed.promise;
    }
  }

  async metric(name: string): Promise<number | undefined> {
    return (await this.registry.getSingleMetric(name)?.get())?.values[0]?.value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }
}

const RENEW = 5_000;

/** A feed that tells when it began, and runs until its signal. */
function waiting(): { feed: Feed<Gadget>; next: () => Promise<FeedContext>; ended: string[] } {
  const ended: string[] = [];
  const begun: FeedContext[] = [];
  let waiter = Promise.withResolvers<void>();
  return {
    ended,
    async next() {
      while (begun.length === 0) {
        waiter = Promise.withResolvers();
        await waiter.promise;
      }
      return begun.shift() as FeedContext;
    },
    async feed(_objects, context) {
      begun.push(context as FeedContext);
      waiter.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      context.signal.addEventListener('abort', () => resolve(), { once: true });
      await promise;
      ended.push('ended');
    },
  };
}

describe('runFeed', () => {
  it('gives the feed its options and folder, and ends it with its signal', async () => {
    const { feed, next, ended } = waiting();
    const driven = new Driven(feed);
    const context = await next();
    expect(context).toMatchObject({ options: {}, directory: '/etc/faultline' });
    expect(await driven.metric('faultline_resource_leading')).toBe(1);
    await driven[Symbol.asyncDispose]();
    expect(context.signal.aborted).toBe(true);
    expect(ended).toEqual(['ended']);
    expect(driven.lease.released).toBe(1);
    expect(await driven.metric('faultline_resource_leading')).toBe(0);
  });

  it('a stop that meets the asking for the lease ends, runs no feed, and gives the lease back', async () => {
    const { feed, ended } = waiting();
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const driven = new Driven(feed, (lease) => {
      lease.leading = () => {
        asked.resolve();
        return answer.promise;
      };
    });
    await asked.promise;
    const stopped = driven[Symbol.asyncDispose]();
    answer.resolve();
    await stopped;
    expect(ended).toEqual([]);
    expect(driven.lease.released).toBe(1);
    expect(await driven.metric('faultline_resource_leading')).toBe(0);
  });

  it('waits for its turn while another process writes', async () => {
    const { feed, next } = waiting();
    await using driven = new Driven(feed, (lease) => {
      lease.epoch = undefined;
    });
    await driven.wake(RENEW);
    expect(await driven.metric('faultline_resource_leading')).toBe(0);
    driven.lease.epoch = 7;
    await driven.wake(RENEW);
    await next();
    expect(driven.warned).toEqual([]);
  });

  it('starts a feed that fails again, with growing pauses, and tells why', async () => {
    let runs = 0;
    await using driven = new Driven(async () => {
      runs++;
      throw new Error(`no. ${runs}`);
    });
    for (const pause of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) await driven.wake(pause);
    expect(runs).toBeGreaterThanOrEqual(8);
    expect(driven.warned[0]).toMatchObject({
      fields: { resource: 'gadgets', error: expect.objectContaining({ message: 'no. 1' }) as Error },
      message: 'the feed of a resource failed: it is started again',
    });
    expect(await driven.metric('faultline_resource_feed_failures_total')).toBeGreaterThanOrEqual(8);
  });

  it('starts anew when another process took over in between, or the database is another one', async () => {
    const { feed, next, ended } = waiting();
    await using driven = new Driven(feed);
    const first = await next();
    driven.lease.epoch = 2;
    await driven.wake(RENEW);
    const second = await next();
    expect(first.signal.aborted).toBe(true);
    driven.lease.identity = 'restored';
    await driven.wake(RENEW);
    await next();
    expect(second.signal.aborted).toBe(true);
    expect(ended).toEqual(['ended', 'ended']);
    expect(driven.warned).toEqual([]);
  });

  it('goes on while our database is away, and is not told of twice', async () => {
    const { feed, next, ended } = waiting();
    await using driven = new Driven(feed);
    await next();
    driven.lease.away = new StoreUnavailable('away');
    await driven.wake(RENEW);
    await driven.wake(RENEW);
    expect(ended).toEqual([]);
    expect(driven.warned).toEqual([]);
  });

  it('a feed that returns is done, and keeps its turn', async () => {
    let runs = 0;
    await using driven = new Driven(async (objects) => {
      runs++;
      await objects.replace([gadget('a')]);
    });
    await driven.wake(RENEW);
    await driven.wake(RENEW);
    expect(runs).toBe(1);
    expect(driven.lease.written).toEqual([1]);
    expect(await driven.metric('faultline_resource_changes_total')).toBe(1);
  });

  it('tells each kind of refusal once, and counts all', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    await using driven = new Driven(async (objects) => {
      for (let times = 0; times < 3; times++) await objects.put([gadget('Bad')]);
      resolve();
    });
    await promise;
    expect(driven.warned).toMatchObject([{ fields: { resource: 'gadgets', object: 'n/Bad' } }]);
    expect(await driven.metric('faultline_resource_refused_total')).toBe(3);
  });
});
