import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../testing/manual-clock.ts';
import { RequestLimiter } from './request-limiter.ts';

const never = new AbortController().signal;

function setup(options: { qps?: number; burst?: number; concurrency?: number }) {
  const clock = new ManualClock();
  const limiter = new RequestLimiter({ qps: 10, burst: 100, concurrency: 100, ...options, clock });
  const granted: (() => void)[] = [];
  const ask = (signal = never): void => void limiter.acquire(signal).then((release) => granted.push(release));
  return { clock, granted, ask };
}

describe('the limits of a client', () => {
  it('let a burst pass and then so many a second', async () => {
    const { clock, granted, ask } = setup({ qps: 10, burst: 3 });
    for (let index = 0; index < 6; index++) ask();
    await settle();
    expect(granted).toHaveLength(3);
    await clock.advance(100);
    expect(granted).toHaveLength(4);
    await clock.advance(200);
    expect(granted).toHaveLength(6);
  });

  it('do not stop for an hour when the clock is put back by one', async () => {
    let now = 0;
    const waits: number[] = [];
    const after = (ms: number): (() => void) => {
      waits.push(ms);
      return () => {};
    };
    const limiter = new RequestLimiter({ qps: 10, burst: 1, concurrency: 9, clock: { now: () => now, after } });
    await limiter.pass(never);
    now = -3_600_000;
    void limiter.pass(never);
    expect(waits).toEqual([100]);
  });

  it('let so many run at the same time, and the next when one is done, in order', async () => {
    const { granted, ask } = setup({ concurrency: 2 });
    for (let index = 0; index < 4; index++) ask();
    await settle();
    expect(granted).toHaveLength(2);
    granted[0]?.();
    granted[0]?.();
    await settle();
    expect(granted).toHaveLength(3);
  });

  it('keep nobody who has given up', async () => {
    const { granted, ask } = setup({ concurrency: 1 });
    const stop = new AbortController();
    ask();
    ask(stop.signal);
    ask();
    stop.abort();
    await settle();
    expect(granted).toHaveLength(2);
    for (const release of granted.splice(0)) release();
    await settle();
    expect(granted).toHaveLength(1);
  });
});
