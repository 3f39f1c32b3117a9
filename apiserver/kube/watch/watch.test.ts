import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, vi } from 'vitest';
import { shape, TestApi, type TestEvent, waitingForTheFirstToGo } from '../testing/test-api.ts';
import { WIDGETS_PATH, widget, widgetSource } from '../testing/widgets.ts';

const WATCH = `${WIDGETS_PATH}?watch=true`;
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const PARTIAL = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const INITIAL = `${WATCH}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`;

/** Widgets n/a and n/b, with numbers 1001 and 1002. */
async function stocked(options: Parameters<typeof TestApi.start>[0] = {}): Promise<TestApi> {
  const source = widgetSource();
  source.put(widget({ name: 'a', labels: { tier: 'web' } }));
  source.put(widget({ name: 'b' }));
  return TestApi.start({ source, ...options });
}

function versions(events: readonly TestEvent[]): number[] {
  return events.map(({ object }) => Number(object.metadata.resourceVersion));
}

describe('watch', () => {
  it('W1 headers come before any event, and each event is one line of compact JSON', async () => {
    await using api = await TestApi.start();
    using watch = await api.watch(`${WATCH}&resourceVersion=1000`);
    expect(watch.status).toBe(200);
    expect(watch.headers['content-type']).toBe('application/json');
    expect(watch.headers['content-encoding']).toBeUndefined();
    api.source.put(widget({ name: 'a', note: 'two\nlines' }));
    const event = await watch.next();
    expect(event).toMatchObject({ type: 'ADDED', object: { kind: 'Widget', spec: { note: 'two\nlines' } } });
  });

  it('W1 a client of HTTP/1.0 gets the lines as they are, until the connection ends', async () => {
    await using api = await stocked();
    await api.json(WIDGETS_PATH);
    const socket = connect(api.port, '127.0.0.1');
    socket.write(`GET ${WATCH}&resourceVersion=0&timeoutSeconds=1 HTTP/1.0\r\nHost: x\r\n\r\n`);
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    expect(head).not.toMatch(/transfer-encoding/i);
    const lines = body.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).object.metadata.name)).toEqual(['a', 'b']);
  });

  it.each(['', '&resourceVersion=0'])(
    'W2 without a number (%j) the current state comes first, then what changes',
    async (query) => {
      await using api = await stocked();
      await api.json(WIDGETS_PATH);
      using watch = await api.watch(`${WATCH}${query}`);
      expect(shape(await watch.take(2))).toEqual(['ADDED n/a', 'ADDED n/b']);
      api.source.put(widget({ name: 'b', color: 'blue' }));
      expect(shape(await watch.take(1))).toEqual(['MODIFIED n/b']);
    },
  );

  it('W2 from the number of a list nothing is replayed', async () => {
    await using api = await stocked();
    const list = await api.json(WIDGETS_PATH);
    using watch = await api.watch(`${WATCH}&resourceVersion=${list.metadata.resourceVersion}`);
    api.source.put(widget({ name: 'c' }));
    expect(shape(await watch.take(1))).toEqual(['ADDED n/c']);
  });

  it('W2 a number of the future is waited for', async () => {
    await using api = await stocked();
    await api.json(WIDGETS_PATH);
    using watch = await api.watch(`${WATCH}&resourceVersion=1003`);
    api.source.put(widget({ name: 'c' }));
    api.source.put(widget({ name: 'd' }));
    expect(shape(await watch.take(1))).toEqual(['ADDED n/d']);
  });

  it('W2 V4 what is older than the memory comes from the log, without gap or duplicate', async () => {
    await using api = await stocked({ api: { cache: { window: { events: 2, bytes: 1e6 }, pageSize: 3 } } });
    await api.json(WIDGETS_PATH);
    for (const name of ['c', 'd', 'e', 'f', 'g', 'h', 'i']) api.source.put(widget({ name }));
    await api.json(WIDGETS_PATH);
    using watch = await api.watch(`${WATCH}&resourceVersion=1002`);
    expect(shape(await watch.take(7))).toEqual([...'cdefghi'].map((name) => `ADDED n/${name}`));
    api.source.put(widget({ name: 'j' }));
    expect(shape(await watch.take(1))).toEqual(['ADDED n/j']);
  });

  it('W3 the initial events end with one annotated bookmark at their number, then it is live', async () => {
    await using api = await stocked();
    using watch = await api.watch(`${INITIAL}&allowWatchBookmarks=true`);
    const events = await watch.take(3);
    expect(shape(events.slice(0, 2))).toEqual(['ADDED n/a', 'ADDED n/b']);
    expect(events[2]).toMatchObject({
      type: 'BOOKMARK',
      object: {
        kind: 'Widget',
        apiVersion: 'example.dev/v1',
        metadata: { resourceVersion: '1002', annotations: { 'k8s.io/initial-events-end': 'true' } },
      },
    });
    api.source.put(widget({ name: 'c' }));
    expect(shape(await watch.take(1))).toEqual(['ADDED n/c']);
  });

  it('W3 initial events at a number that is not reached yet wait for it, and end in 504', async () => {
    await using api = await stocked({ api: { cache: { waitLimit: 30 } } });
    await api.json(WIDGETS_PATH);
    expect((await api.send(`${INITIAL}&resourceVersion=2000`)).status).toBe(504);
    const waiting = api.watch(`${INITIAL}&resourceVersion=1003`);
    api.source.put(widget({ name: 'c' }));
    using watch = await waiting;
    expect(shape(await watch.take(3))).toEqual(['ADDED n/a', 'ADDED n/b', 'ADDED n/c']);
  });

  it('W3 W4 sendInitialEvents needs resourceVersionMatch=NotOlderThan, and false sends none', async () => {
    await using api = await stocked();
    for (const query of [
      '&sendInitialEvents=true',
      '&sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=1',
    ]) {
      expect((await api.send(`${WATCH}${query}`)).json()).toMatchObject({ code: 422, reason: 'Invalid' });
    }
    using watch = await api.watch(`${WATCH}&sendInitialEvents=false&resourceVersionMatch=NotOlderThan`);
    api.source.put(widget({ name: 'c' }));
    expect(shape(await watch.take(1))).toEqual(['ADDED n/c']);
  });

  it('W6 an expired number is a 200 with one ERROR event and a clean end', async () => {
    await using api = await stocked();
    api.source.trim();
    await api.json(WIDGETS_PATH);
    using watch = await api.watch(`${WATCH}&resourceVersion=1001`, TABLE);
    expect(watch.status).toBe(200);
    expect(await watch.next()).toMatchObject({
      type: 'ERROR',
      object: { kind: 'Status', apiVersion: 'v1', code: 410, reason: 'Expired', message: expect.any(String) },
    });
    expect(await watch.next()).toBeUndefined();
    using atFloor = await api.watch(`${WATCH}&resourceVersion=1002`);
    api.source.put(widget({ name: 'c' }));
    expect(shape(await atFloor.take(1))).toEqual(['ADDED n/c']);
  });

  it('W6 V6 when the database turns out to be another one, all watches end with 410', async () => {
    await using api = await stocked({ api: { cache: { identityInterval: 0 } } });
    await api.json(WIDGETS_PATH);
    using watch = await api.watch(`${WATCH}&resourceVersion=1002`);
    api.source.restore([], 9_000);
    expect(await watch.next()).toMatchObject({ type: 'ERROR', object: { code: 410 } });
    expect(await watch.next()).toBeUndefined();
  });

  it('W7 entering a selector is ADDED, staying MODIFIED, leaving DELETED with the previous object and the new number', async () => {
    await using api = await stocked();
    using watch = await api.watch(`${WATCH}&resourceVersion=1002&labelSelector=tier%3Dweb`);
    api.source.put(widget({ name: 'b', labels: { tier: 'web' }, color: 'green' }));
    api.source.put(widget({ name: 'b', labels: { tier: 'web' }, color: 'blue' }));
    api.source.put(widget({ name: 'b', color: 'black' }));
    api.source.put(widget({ name: 'b', color: 'white' }));
    api.source.remove('n', 'b');
    api.source.remove('n', 'a');
    const events = await watch.take(4);
    expect(shape(events)).toEqual(['ADDED n/b', 'MODIFIED n/b', 'DELETED n/b', 'DELETED n/a']);
    expect(events[2]?.object.spec.color).toBe('blue');
    expect(events[2]?.object.metadata.labels).toEqual({ tier: 'web' });
    expect(versions(events)).toEqual([1003, 1004, 1005, 1008]);
  });

  it('W7 fields select as labels do, also for changes read from the log', async () => {
    await using api = await stocked({ api: { cache: { window: { events: 1, bytes: 1e6 } } } });
    await api.json(WIDGETS_PATH);
    api.source.put(widget({ name: 'b', color: 'blue' }));
    api.source.put(widget({ name: 'a', color: 'blue' }));
    api.source.put(widget({ name: 'b', color: 'red' }));
    api.source.put(widget({ name: 'c', color: 'red' }));
    await api.json(WIDGETS_PATH);
    using watch = await api.watch(`${WATCH}&resourceVersion=1002&fieldSelector=spec.color%3Dred`);
    const events = await watch.take(4);
    expect(shape(events)).toEqual(['DELETED n/b', 'DELETED n/a', 'ADDED n/b', 'ADDED n/c']);
    expect(versions(events)).toEqual([1003, 1004, 1005, 1006]);
  });

  it('W7 what left a selector while nobody remembers is DELETED with the object that the log has, else with what selected it', async () => {
    await using api = await stocked({ api: { cache: { window: { events: 1, bytes: 1e6 } } } });
    api.source.put(widget({ name: 'b', color: 'green', note: 'old' }));
    api.source.trim();
    await api.json(WIDGETS_PATH);
    api.source.put(widget({ name: 'a', labels: { tier: 'web' }, note: 'known' }));
    api.source.put(widget({ name: 'a', color: 'black', note: 'new' }));
    api.source.put(widget({ name: 'b', color: 'white', note: 'new' }));
    await api.json(WIDGETS_PATH);
    using watch = await api.watch(`${WATCH}&resourceVersion=1003&labelSelector=tier`);
    const [, left] = await watch.take(2);
    expect(left).toMatchObject({ type: 'DELETED', object: { metadata: { resourceVersion: '1005' } } });
    expect(left?.object.metadata.labels).toEqual({ tier: 'web' });
    expect(left?.object.spec).toMatchObject({ color: 'red', note: 'known' });
    using trimmed = await api.watch(`${WATCH}&resourceVersion=1003&fieldSelector=spec.color%3Dgreen`);
    const [gone] = await trimmed.take(1);
    expect(gone).toMatchObject({ type: 'DELETED', object: { metadata: { resourceVersion: '1006' } } });
    expect(gone?.object.spec).toMatchObject({ color: 'green', note: 'new' });
  });

  it('W8 a deletion carries the last object with the number of the deletion, and numbers never fall', async () => {
    await using api = await stocked();
    using watch = await api.watch(`${WATCH}&resourceVersion=0`);
    api.source.remove('n', 'a');
    api.source.tick();
    api.source.put(widget({ name: 'c' }));
    const events = (await watch.take(4)).slice(2);
    expect(events[0]).toMatchObject({
      type: 'DELETED',
      object: { spec: { color: 'red' }, metadata: { resourceVersion: '1003' } },
    });
    expect(versions(events)).toEqual([1003, 1005]);
  });

  it('W10 whenever a watch begins while changes go on, its events add up to the final state', async () => {
    await using api = await stocked({ api: { cache: { window: { events: 8, bytes: 1e6 }, pageSize: 4 } } });
    await api.json(WIDGETS_PATH);
    const watches: Awaited<ReturnType<typeof api.watch>>[] = [];
    for (let round = 0; round < 60; round++) {
      api.source.put(widget({ name: `w${round % 7}`, color: `c${round}` }));
      if (round % 3 === 0) api.source.remove('n', `w${round % 7}`);
      if (round % 6 === 1) watches.push(await api.watch(WATCH));
    }
    const final = await api.json(WIDGETS_PATH);
    const last = api.source.put(widget({ name: 'the-last' })).metadata.resourceVersion;
    for (const watch of watches) {
      const state = new Map<string, unknown>();
      for (let event = await watch.next(); event; event = await watch.next()) {
        const { name, resourceVersion } = event.object.metadata;
        if (resourceVersion === last) break;
        if (event.type === 'ADDED') expect(state.has(name)).toBe(false);
        else expect(state.has(name)).toBe(true);
        if (event.type === 'DELETED') state.delete(name);
        else state.set(name, event.object);
      }
      expect([...state.values()]).toHaveLength(final.items.length);
      expect([...state.values()]).toEqual(expect.arrayContaining(final.items));
      watch[Symbol.dispose]();
    }
  });

  it('W11 a client that does not read is ended cleanly, and the others go on', async () => {
    await using api = await stocked({ api: { cache: { window: { events: 16, bytes: 1e9 } } } });
    await api.json(WIDGETS_PATH);
    const ended: string[] = [];
    await using observed = await stocked({
      api: {
        cache: { window: { events: 16, bytes: 1e9 } },
        metrics: {
          requestFinished: () => undefined,
          watchStarted: () => undefined,
          watchEnded: (_resource, reason) => void ended.push(reason),
          watchLag: () => undefined,
        },
      },
    });
    await observed.json(WIDGETS_PATH);
    const socket = connect(observed.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.pause();
    socket.write(`GET ${WATCH}&resourceVersion=1002 HTTP/1.1\r\nHost: x\r\n\r\n`);
    using reader = await observed.watch(`${WATCH}&resourceVersion=1002`);
    for (let index = 0; index < 64; index++) {
      observed.source.put(widget({ name: 'big', note: 'x'.repeat(1_000_000) }));
      expect(await reader.next()).toMatchObject({ object: { metadata: { name: 'big' } } });
    }
    socket.resume();
    let received = 0;
    for await (const chunk of socket) {
      received += (chunk as Buffer).length;
      if ((chunk as Buffer).subarray(-5).toString() === '0\r\n\r\n') break;
    }
    expect(received).toBeLessThan(63_000_000);
    expect(ended).toEqual(['overflow']);
    socket.destroy();
  });

  it('V5 W2 after a restart all watches resume from one reading of the log', async () => {
    const source = widgetSource();
    source.put(widget({ name: 'before' }));
    for (const name of ['c', 'd', 'e']) source.put(widget({ name }));
    await using restarted = await TestApi.start({ source });
    const watches = await Promise.all(
      Array.from({ length: 20 }, () => restarted.watch(`${WATCH}&resourceVersion=1001`)),
    );
    for (const watch of watches) expect(shape(await watch.take(3))).toEqual(['ADDED n/c', 'ADDED n/d', 'ADDED n/e']);
    source.put(widget({ name: 'f' }));
    for (const watch of watches) expect(shape(await watch.take(1))).toEqual(['ADDED n/f']);
    // The first watch, and the feed when it was woken.
    expect(source.calls.since).toBe(2);
    for (const watch of watches) watch[Symbol.dispose]();
  });

  it('V5 W2 what is too much for the memory is found out once, and everybody reads it by pages', async () => {
    const source = widgetSource();
    for (let index = 0; index < 30; index++) source.put(widget({ name: `w${index}` }));
    const cache = { window: { events: 8, bytes: 1e6 }, pageSize: 5 };
    await using restarted = await TestApi.start({ source, api: { cache } });
    for (let round = 0; round < 5; round++) {
      using watch = await restarted.watch(`${WATCH}&resourceVersion=1001`);
      expect((await watch.take(29)).at(-1)?.object.metadata.name).toBe('w29');
    }
    // Two pages to learn that it is too much, and one for each watch.
    expect(source.calls.since).toBeLessThan(10);
  });

  it('X13 W2 a watch with a replica whose feed is behind waits for it: no event twice, none missed', async () => {
    const source = widgetSource();
    await using a = await TestApi.start({ source });
    await using b = await TestApi.start({ source });
    await b.json(WIDGETS_PATH);
    source.hold(true);
    source.put(widget({ name: 'listed' }));
    const list = await a.json(WIDGETS_PATH);
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['listed']);
    using watch = await b.watch(`${WATCH}&resourceVersion=${list.metadata.resourceVersion}`);
    expect(b.api.cache('widgets')?.resourceVersion).toBe(1_000);
    source.put(widget({ name: 'later' }));
    source.hold(false);
    expect(shape(await watch.take(1))).toEqual(['ADDED n/later']);
  });

  it('X2 a watch with a replica that has just started waits for its first snapshot', async () => {
    const source = widgetSource();
    source.put(widget({ name: 'a' }));
    await using api = await TestApi.start({ source, follow: false });
    const opening = api.watch(`${WATCH}&resourceVersion=1001`);
    api.api.start();
    using watch = await opening;
    source.put(widget({ name: 'b' }));
    expect(shape(await watch.take(1))).toEqual(['ADDED n/b']);
  });

  it('W13 a frame holds the object once, however large the watch', async () => {
    await using api = await stocked();
    using watch = await api.watch(`${WATCH}&resourceVersion=1002`);
    api.source.put(widget({ name: 'big', note: 'ü'.repeat(500_000) }));
    expect((await watch.take(1))[0]?.object.spec.note).toBe('ü'.repeat(500_000));
  });

  it('W14 F2 one object is watched by its name: its state first, and nothing of others', async () => {
    await using api = await stocked();
    const path =
      '/apis/example.dev/v1/namespaces/n/widgets?watch=true&fieldSelector=metadata.name%3Db&resourceVersion=0';
    await api.json(WIDGETS_PATH);
    using watch = await api.watch(path);
    expect(shape(await watch.take(1))).toEqual(['ADDED n/b']);
    api.source.put(widget({ name: 'a', color: 'blue' }));
    api.source.put(widget({ name: 'b', color: 'blue' }));
    expect(shape(await watch.take(1))).toEqual(['MODIFIED n/b']);
  });

  it('W15 too many watches are 429 with Retry-After', async () => {
    await using api = await stocked({ api: { maxWatches: 1 } });
    using first = await api.watch(WATCH);
    expect(first.status).toBe(200);
    const second = await api.send(WATCH);
    expect(second.status).toBe(429);
    expect(second.headers['retry-after']).toBe('1');
  });

  it('W15 a client that is gone before it was let in leaves no watch behind', async () => {
    const { access, arrived } = waitingForTheFirstToGo();
    await using api = await stocked({ api: { access, maxWatches: 1 } });
    const gone = connect(api.port, '127.0.0.1').on('error', () => undefined);
    gone.write(`GET ${WATCH}&resourceVersion=1002 HTTP/1.1\r\nHost: x\r\n\r\n`);
    await arrived;
    gone.resetAndDestroy();
    await vi.waitFor(async () => {
      using watch = await api.watch(WATCH);
      expect(watch.status).toBe(200);
    });
  });

  it('W15 a watch that is about to begin has its place already', async () => {
    await using api = await stocked({ follow: false, api: { maxWatches: 1 } });
    const first = api.watch(WATCH); // waits for the first snapshot
    await vi.waitFor(() => expect(api.asked).toHaveLength(1));
    expect((await api.send(WATCH)).status).toBe(429);
    api.api.start();
    using begun = await first;
    expect(begun.status).toBe(200);
  });

  it('W17 limit means nothing to a watch, and continue with a match is invalid', async () => {
    await using api = await stocked();
    using watch = await api.watch(`${WATCH}&limit=1`);
    expect(await watch.take(2)).toHaveLength(2);
    const query = '&continue=x&resourceVersionMatch=NotOlderThan&sendInitialEvents=true';
    expect((await api.send(`${WATCH}${query}`)).status).toBe(422);
  });

  it('T5 a watch as Table has its columns in the first event only, and one row an event', async () => {
    await using api = await stocked();
    using watch = await api.watch(`${WATCH}&resourceVersion=0&includeObject=Object`, TABLE);
    api.source.remove('n', 'a');
    const events = await watch.take(3);
    expect(events.map(({ type, object }) => `${type} ${object.kind} ${object.rows.length}`)).toEqual([
      'ADDED Table 1',
      'ADDED Table 1',
      'DELETED Table 1',
    ]);
    expect(events.map(({ object }) => object.columnDefinitions?.length)).toEqual([5, undefined, undefined]);
    expect(events[2]?.object.rows[0]).toMatchObject({
      cells: ['a', 'red', expect.any(String), 3, null],
      object: { kind: 'Widget', metadata: { resourceVersion: '1003' } },
    });
  });

  it('T5 T7 a bookmark of a Table watch is a row that keeps number and annotation', async () => {
    await using api = await TestApi.start();
    using watch = await api.watch(`${INITIAL}&allowWatchBookmarks=true`, TABLE);
    const [bookmark] = await watch.take(1);
    expect(bookmark).toMatchObject({
      type: 'BOOKMARK',
      object: {
        kind: 'Table',
        columnDefinitions: [{ name: 'Name' }, {}, {}, {}, {}],
        rows: [
          {
            cells: ['', null, null, null, null],
            object: {
              kind: 'PartialObjectMetadata',
              metadata: { resourceVersion: '1000', annotations: { 'k8s.io/initial-events-end': 'true' } },
            },
          },
        ],
      },
    });
  });

  it('T6 T7 a metadata watch carries PartialObjectMetadata only, in bookmarks too', async () => {
    await using api = await stocked();
    using watch = await api.watch(`${INITIAL}&allowWatchBookmarks=true&labelSelector=tier`, PARTIAL);
    api.source.put(widget({ name: 'a' }));
    const events = await watch.take(3);
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK', 'DELETED']);
    for (const { object } of events) {
      expect(object).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' });
      expect(object).not.toHaveProperty('spec');
    }
  });

  it('H4 when a client goes, its watch is over', async () => {
    const ended = Promise.withResolvers<string>();
    const metrics = {
      requestFinished: () => undefined,
      watchStarted: () => undefined,
      watchEnded: (resource: string, reason: string) => ended.resolve(`${resource} ${reason}`),
      watchLag: () => undefined,
    };
    await using api = await stocked({ api: { metrics } });
    const watch = await api.watch(WATCH);
    watch[Symbol.dispose]();
    expect(await ended.promise).toBe('widgets closed');
  });

  it('X3 a watch stays open while the source is away and goes on when it is back', async () => {
    await using api = await stocked();
    await api.json(WIDGETS_PATH);
    using watch = await api.watch(`${WATCH}&resourceVersion=1002`);
    api.source.fail(new Error('database away'));
    expect((await api.send(WATCH)).status).toBe(503);
    api.source.fail(undefined);
    api.source.put(widget({ name: 'c' }));
    expect(shape(await watch.take(1))).toEqual(['ADDED n/c']);
    expect(api.errors.map(String)).toContain('Error: database away');
  });

  it('X2 endWatches ends them cleanly and refuses new ones', async () => {
    await using api = await stocked();
    using watch = await api.watch(`${WATCH}&resourceVersion=1002`);
    await api.api.endWatches();
    expect(await watch.next()).toBeUndefined();
    expect((await api.send(WATCH)).status).toBe(429);
  });
});
