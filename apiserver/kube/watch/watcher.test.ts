import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WatchCache } from '../cache/watch-cache.ts';
import type { ListOptions } from '../list-options.ts';
import { readPage } from '../read.ts';
import { parseFieldSelector } from '../selectors/field-selector.ts';
import { parseLabelSelector } from '../selectors/label-selector.ts';
import { EVERYTHING } from '../selectors/object-selector.ts';
import type { ArraySource } from '../testing/array-source.ts';
import { type Widget, widget, widgetDefinition, widgetSource } from '../testing/widgets.ts';
import { FrameEncoder } from './frames.ts';
import { Watcher } from './watcher.ts';

const OPTIONS: ListOptions = {
  selector: EVERYTHING,
  resourceVersion: 0,
  match: '',
  limit: 0,
  page: undefined,
  timeoutSeconds: 0,
  allowWatchBookmarks: false,
  sendInitialEvents: undefined,
};

interface Event {
  type: string;
  object: Widget;
}

async function following(source: ArraySource<Widget>): Promise<WatchCache> {
  const cache = new WatchCache(widgetDefinition(source), source, { now: () => Date.now() }) as unknown as WatchCache;
  cache.start();
  while (!cache.synced) await vi.advanceTimersByTimeAsync(1);
  return cache;
}

function watcher(cache: WatchCache, options: Partial<ListOptions>, random = 0.5): Watcher {
  const now = () => Date.now();
  const how = { now, random: () => random, bookmarkInterval: 60_000 };
  return new Watcher(cache, new FrameEncoder(cache.definition, now), { ...OPTIONS, ...options }, { as: 'object' }, how);
}

/** Collects what a watch says, in the background. */
function collect(
  watch: Watcher,
  signal = new AbortController().signal,
): { events: Event[]; at: number[]; done: Promise<void> } {
  const events: Event[] = [];
  const at: number[] = [];
  const started = Date.now();
  const run = async (): Promise<void> => {
    for await (const lines of watch.frames(signal)) {
      for (const { line } of lines) {
        events.push(JSON.parse(line.toString()) as Event);
        at.push((Date.now() - started) / 1_000);
      }
    }
  };
  return { events, at, done: run() };
}

describe('Watcher', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 1_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('H6 L18 others have their turn while a long selector looks at many objects, in a list and in a watch', async () => {
    const source = widgetSource();
    for (let index = 0; index < 100; index++) source.put(widget({ name: `w${index}` }));
    await using cache = await following(source);
    const absent = Array.from({ length: 1_000 }, (_, index) => `!k${index}`);
    const selector = { ...EVERYTHING, labels: parseLabelSelector([...absent, 'none'].join(',')) };
    let turns = 0;
    let next: NodeJS.Immediate;
    const count = (): void => {
      turns++;
      next = setImmediate(count);
    };
    next = setImmediate(count);
    await readPage(cache, { ...OPTIONS, selector });
    const whileListing = turns;
    const watch = watcher(cache, { selector, allowWatchBookmarks: true, sendInitialEvents: true });
    await watch.prepare();
    await watch.frames(new AbortController().signal).next();
    clearImmediate(next);
    expect(whileListing).toBeGreaterThanOrEqual(4);
    expect(turns - whileListing).toBeGreaterThanOrEqual(4);
  });

  it('W5 W8 W9 W16 bookmarks come every minute and 2 s before the timeout, with numbers that never fall', async () => {
    const source = widgetSource();
    await using cache = await following(source);
    const watch = watcher(cache, { timeoutSeconds: 150, allowWatchBookmarks: true });
    await watch.prepare();
    const { events, at, done } = collect(watch);
    await vi.advanceTimersByTimeAsync(61_000);
    source.tick();
    await vi.advanceTimersByTimeAsync(90_000);
    await done;
    expect(at).toEqual([60, 120, 148]);
    expect(events.map(({ type, object }) => `${type} ${object.kind} ${object.metadata.resourceVersion}`)).toEqual([
      'BOOKMARK Widget 1000',
      'BOOKMARK Widget 1001',
      'BOOKMARK Widget 1001',
    ]);
    for (const { object } of events) expect(object.metadata.annotations).toBeUndefined();
    expect(watch.end).toBe('timeout');
  });

  it('W5 without allowWatchBookmarks there are none, and the end is clean', async () => {
    await using cache = await following(widgetSource());
    const watch = watcher(cache, { timeoutSeconds: 300 });
    await watch.prepare();
    const { events, done } = collect(watch);
    await vi.advanceTimersByTimeAsync(301_000);
    await done;
    expect(events).toEqual([]);
  });

  it('W5 the bookmark of a client that asked for the future does not go back', async () => {
    await using cache = await following(widgetSource());
    const watch = watcher(cache, { timeoutSeconds: 100, allowWatchBookmarks: true, resourceVersion: 5_000 });
    await watch.prepare();
    const { events, done } = collect(watch);
    await vi.advanceTimersByTimeAsync(101_000);
    await done;
    expect(events.map(({ object }) => object.metadata.resourceVersion)).toEqual(['5000', '5000']);
  });

  it.each([
    [0, 1_800],
    [0.999, 3_598.2],
  ])('W9 without timeoutSeconds a watch lasts 30 to 60 min (random %d: %d s)', async (random, seconds) => {
    await using cache = await following(widgetSource());
    const watch = watcher(cache, {}, random);
    await watch.prepare();
    const { done } = collect(watch);
    let ended = false;
    void done.then(() => {
      ended = true;
    });
    await vi.advanceTimersByTimeAsync(seconds * 1_000 - 1);
    expect(ended).toBe(false);
    await vi.advanceTimersByTimeAsync(2);
    expect(ended).toBe(true);
  });

  it('W3 initial events without allowWatchBookmarks end without a bookmark', async () => {
    const source = widgetSource();
    source.put(widget());
    await using cache = await following(source);
    const watch = watcher(cache, { sendInitialEvents: true, match: 'NotOlderThan', timeoutSeconds: 5 });
    await watch.prepare();
    const { events, done } = collect(watch);
    await vi.advanceTimersByTimeAsync(6_000);
    await done;
    expect(events.map(({ type }) => type)).toEqual(['ADDED']);
  });

  it('W11 what is handed over at once is bounded in bytes, of the state and of what changed', async () => {
    const source = widgetSource();
    const note = 'x'.repeat(100_000);
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) source.put(widget({ name, note }));
    await using cache = await following(source);
    const watch = watcher(cache, { timeoutSeconds: 5 });
    await watch.prepare();
    for (const name of ['a', 'b', 'c', 'd']) source.put(widget({ name, note, color: 'blue' }));
    const batches: number[] = [];
    const done = (async () => {
      for await (const lines of watch.frames(new AbortController().signal)) batches.push(lines.length);
    })();
    await vi.advanceTimersByTimeAsync(6_000);
    await done;
    expect(batches).toEqual([3, 3, 3, 1]);
  });

  it('H4 an aborted watch ends at once', async () => {
    await using cache = await following(widgetSource());
    const watch = watcher(cache, {});
    await watch.prepare();
    const abort = new AbortController();
    const { done } = collect(watch, abort.signal);
    await vi.advanceTimersByTimeAsync(1_000);
    abort.abort();
    await done;
    expect(watch.end).toBe('closed');
  });

  it('F6 W7 W10 for any selector and any changes, a watch adds up to the list with the same selector', async () => {
    const change = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      namespace: fc.constantFrom('n', 'o'),
      color: fc.constantFrom('red', 'blue'),
      tier: fc.constantFrom(undefined, '', 'web', 'db'),
      remove: fc.boolean(),
    });
    const labels = fc.constantFrom(
      '',
      'tier',
      '!tier',
      'tier=web',
      'tier!=web',
      'tier in (,db)',
      'tier notin (db,web)',
    );
    const fields = fc.constantFrom('', 'spec.color=red', 'spec.color!=red', 'metadata.name=a', 'metadata.namespace!=o');
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 12 }),
        fc.array(change, { maxLength: 12 }),
        labels,
        fields,
        fc.constantFrom('', 'n'),
        async (before, after, labelText, fieldText, namespace) => {
          const source = widgetSource();
          for (const one of before) apply(source, one);
          await using cache = await following(source);
          const selector = { namespace, labels: parseLabelSelector(labelText), fields: parseFieldSelector(fieldText) };
          const watch = watcher(cache, { selector, timeoutSeconds: 10 });
          await watch.prepare();
          const { events, done } = collect(watch);
          for (const one of after) apply(source, one);
          await vi.advanceTimersByTimeAsync(11_000);
          await done;
          const page = await readPage(cache, { ...OPTIONS, selector });
          expect(replay(events)).toEqual(
            page.objects.map((object) => `${object.namespace}/${object.name} ${object.resourceVersion}`),
          );
        },
      ),
      { numRuns: 150 },
    );
  });
});

interface Change {
  name: string;
  namespace: string;
  color: string;
  tier: string | undefined;
  remove: boolean;
}

function apply(source: ArraySource<Widget>, { name, namespace, color, tier, remove }: Change): void {
  if (remove) {
    if (source.has(namespace, name)) source.remove(namespace, name);
    return;
  }
  source.put(widget({ name, namespace, color, ...(tier !== undefined && { labels: { tier } }) }));
}

/** What a client knows after these events; fails on one that makes no sense to a client. */
function replay(events: readonly Event[]): string[] {
  const known = new Map<string, string>();
  for (const { type, object } of events) {
    const { namespace, name, resourceVersion } = object.metadata;
    const key = `${namespace}/${name}`;
    expect(known.has(key)).toBe(type !== 'ADDED');
    if (type === 'DELETED') known.delete(key);
    else known.set(key, resourceVersion);
  }
  return [...known].map(([key, resourceVersion]) => `${key} ${resourceVersion}`).sort();
}
