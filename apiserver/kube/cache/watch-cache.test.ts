import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseReady } from '../ready-object.ts';
import type { ChangeSource } from '../source.ts';
import type { ArraySource } from '../testing/array-source.ts';
import { type Widget, widget, widgetDefinition, widgetSource } from '../testing/widgets.ts';
import { WatchCache, type WatchCacheOptions } from './watch-cache.ts';

async function following(source: ArraySource<Widget>, options: WatchCacheOptions = {}): Promise<WatchCache<Widget>> {
  const cache = new WatchCache(widgetDefinition(source), source, options);
  cache.start();
  await synced(cache);
  return cache;
}

/** The source's methods as an object that can be spread. */
function bound(source: ArraySource<Widget>): ChangeSource<Widget> {
  return {
    snapshot: () => source.snapshot(),
    since: (after, limit) => source.since(after, limit),
    latest: () => source.latest(),
    wakeUps: (signal) => source.wakeUps(signal),
    identity: () => source.identity(),
  };
}

async function synced(cache: WatchCache<Widget>): Promise<void> {
  while (!cache.synced) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const unsubscribe = cache.onAdvance(resolve);
    await promise;
    unsubscribe();
  }
}

describe('WatchCache', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('V5 keeps objects as ready bytes, sorted by namespace and name, and follows changes', async () => {
    const source = widgetSource();
    source.put(widget({ namespace: 'o', name: 'a' }));
    const before = source.put(widget({ name: 'b', note: 'ü' }));
    await using cache = await following(source);
    source.put(widget({ name: 'a' }));
    source.remove('o', 'a');
    await cache.untilLatest();
    expect(cache.list().map(({ namespace, name }) => `${namespace}/${name}`)).toEqual(['n/a', 'n/b']);
    expect(cache.list('o')).toEqual([]);
    expect(cache.size).toBe(2);
    const ready = cache.get('n', 'b');
    expect(ready && parseReady(ready)).toEqual(before);
    expect(cache.resourceVersion).toBe(source.last);
  });

  it('X13 a replica that has just started is waited for, as a feed that lags is', async () => {
    const source = widgetSource();
    const held = Promise.withResolvers<void>();
    const cache = new WatchCache(widgetDefinition(source), {
      ...bound(source),
      snapshot: async () => {
        await held.promise;
        return source.snapshot();
      },
    });
    await using _disposed = cache;
    cache.start();
    const read = cache.untilLatest();
    held.resolve();
    await read;
    expect(cache.synced).toBe(true);
  });

  it('V2 quiet resources advance with the numbers of others', async () => {
    const source = widgetSource();
    await using cache = await following(source);
    source.tick();
    await cache.untilLatest();
    expect(cache.resourceVersion).toBe(1_001);
    expect(cache.eventsAfter(1_000, 10)).toEqual([]);
  });

  it('V5 reads the source once for any number of readers', async () => {
    const source = widgetSource();
    await using cache = await following(source);
    const before = { ...source.calls };
    await Promise.all(Array.from({ length: 50 }, () => cache.untilLatest()));
    // The first asks at once; all others, who came while it was asked, share the next answer.
    expect(source.calls.latest - before.latest).toBe(2);
    expect(source.calls.snapshot).toBe(1);
  });

  it('L11 a reader never gets an answer that is older than its question', async () => {
    const source = widgetSource();
    await using cache = await following(source);
    const first = cache.untilLatest();
    source.hold(true);
    source.put(widget({ name: 'late' }));
    await Promise.all([first, cache.untilLatest()]);
    expect(cache.get('n', 'late')).toBeDefined();
  });

  it('L12 waits at most three seconds for the feed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const source = widgetSource();
    await using cache = await following(source);
    const reached = cache.untilReached(2_000).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(2_999);
    expect(await Promise.race([reached, 'waiting'])).toBe('waiting');
    await vi.advanceTimersByTimeAsync(2);
    expect(await reached).toMatchObject({ code: 504 });
  });

  it('E4 a source that does not answer is 503 after three seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const source = widgetSource();
    await using cache = await following(source);
    vi.spyOn(source, 'latest').mockReturnValue(new Promise(() => undefined));
    const reached = cache.untilLatest().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(3_001);
    expect(await reached).toMatchObject({ code: 503, details: { retryAfterSeconds: 1 } });
    expect(cache.list()).toEqual([]);
  });

  it('keeps what it has while the source fails, tries again with growing pauses, and catches up', async () => {
    const pauses: number[] = [];
    const errors: unknown[] = [];
    const source = widgetSource();
    source.put(widget());
    const back = Promise.withResolvers<void>();
    await using cache = await following(source, {
      onError: (error) => errors.push(error),
      sleep: async (ms) => {
        pauses.push(ms);
        if (pauses.length === 4) {
          source.fail(undefined);
          back.resolve();
        }
      },
    });
    source.fail(new Error('away'));
    await back.promise;
    expect(cache.get('n', 'a')).toBeDefined();
    expect(pauses).toEqual([100, 200, 400, 800]);
    expect(errors).toHaveLength(4);
    source.put(widget({ name: 'b' }));
    await cache.untilLatest();
    expect(cache.get('n', 'b')).toBeDefined();
  });

  it('V4 a feed that has fallen behind the floor reads a new snapshot under a new epoch', async () => {
    const source = widgetSource();
    source.put(widget());
    await using cache = await following(source);
    const { epoch } = cache;
    source.hold(true);
    source.put(widget({ name: 'b' }));
    source.remove('n', 'a');
    source.trim();
    source.hold(false);
    await cache.untilLatest();
    expect(cache.list().map(({ name }) => name)).toEqual(['b']);
    expect(cache.epoch).toBeGreaterThan(epoch);
    expect(cache.windowStart).toBe(source.last);
  });

  it('V6 another database drops everything, even when its objects look the same', async () => {
    const source = widgetSource();
    source.put(widget());
    await using cache = await following(source, { identityInterval: 0 });
    const { epoch } = cache;
    source.restore([widget({ name: 'other' })], 9_000);
    while (!cache.synced || cache.epoch === epoch) await cache.untilLatest().catch(() => undefined);
    expect(cache.list().map(({ name }) => name)).toEqual(['other']);
    expect(cache.resourceVersion).toBe(9_000);
  });

  it('V5 the window is bounded by number and by bytes, and says from where it is complete', async () => {
    const source = widgetSource();
    await using cache = await following(source, { window: { events: 3, bytes: 1e6 } });
    for (let index = 0; index < 10; index++) source.put(widget({ name: `w${index}` }));
    await cache.untilLatest();
    expect(cache.windowStart).toBe(1_007);
    expect(cache.eventsAfter(1_007, 99).map(({ resourceVersion }) => resourceVersion)).toEqual([1_008, 1_009, 1_010]);
    await using small = await following(widgetSource(), { window: { events: 99, bytes: 1 } });
    expect(small.windowStart).toBe(1_000);
  });

  it('W10 older changes are read once for all who resume at a time, from the oldest that memory can hold', async () => {
    const source = widgetSource();
    for (let index = 0; index < 10; index++) source.put(widget({ name: `w${index}` }));
    await using cache = await following(source, { window: { events: 4, bytes: 1e6 }, pageSize: 2 });
    const first = cache.reachBack(1_009);
    const others = [1_008, 1_007, 1_001, 1_006].map((number) => cache.reachBack(number));
    await Promise.all([first, ...others]);
    expect(cache.windowStart).toBe(1_006);
    expect(cache.eventsAfter(1_006, 9).map(({ resourceVersion }) => resourceVersion)).toEqual([
      1_007, 1_008, 1_009, 1_010,
    ]);
  });

  it('X3 while the source does not answer, nobody who resumes waits longer than twice the limit', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const source = widgetSource();
    for (let index = 0; index < 10; index++) source.put(widget({ name: `w${index}` }));
    await using cache = await following(source);
    const since = vi.spyOn(source, 'since').mockReturnValue(new Promise(() => undefined));
    const waiting = Promise.all(
      Array.from({ length: 9 }, (_, index) => cache.reachBack(1_000 + index).catch((error: unknown) => error)),
    );
    await vi.advanceTimersByTimeAsync(6_001);
    const outcomes = await Promise.race([waiting, Promise.resolve([])]);
    expect(outcomes.map((error) => (error as { code?: number }).code)).toEqual(Array.from({ length: 9 }, () => 503));
    since.mockRestore();
  });

  it('L11 an earlier state is reconstructed as far as the window reaches', async () => {
    const source = widgetSource();
    source.put(widget({ name: 'a', color: 'red' }));
    await using cache = await following(source);
    source.put(widget({ name: 'a', color: 'blue' }));
    source.put(widget({ name: 'b' }));
    source.remove('n', 'a');
    await cache.untilLatest();
    const at = (number: number) => cache.listAt(number)?.map((ready) => `${ready.name} ${ready.fields['spec.color']}`);
    expect([1_001, 1_002, 1_003, 1_004].map(at)).toEqual([['a red'], ['a blue'], ['a blue', 'b red'], ['b red']]);
    expect(at(1_000)).toBeUndefined();
    expect(at(1_005)).toBeUndefined();
  });

  it('refuses every read with 503 before the first snapshot', () => {
    const cache = new WatchCache(widgetDefinition(), widgetSource());
    expect(cache.synced).toBe(false);
    for (const read of [() => cache.list(), () => cache.get('n', 'a'), () => cache.resourceVersion]) {
      expect(read).toThrow(expect.objectContaining({ code: 503 }));
    }
  });
});
