import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteChunks } from '../byte-chunks.ts';
import { objectLength, parseReady, type ReadyObject, readyObject, withResourceVersion } from '../ready-object.ts';
import { itemBytes, type Representation, writeItem } from '../representation.ts';
import { type Widget, widget, widgetDefinition, widgetSource } from '../testing/widgets.ts';
import { Packing } from './packing.ts';
import { SortedObjects } from './sorted-objects.ts';
import { WatchCache } from './watch-cache.ts';

const definition = widgetDefinition(widgetSource());
const never = new AbortController().signal;

function ready(name: string, resourceVersion: number, note = `ü ${name} `.repeat(20)): ReadyObject {
  const object = widget({ name, note });
  return readyObject(definition, {
    ...object,
    metadata: { ...object.metadata, resourceVersion: String(resourceVersion) },
  });
}

const REPRESENTATIONS: Representation[] = [
  { as: 'object' },
  { as: 'metadata', version: 'v1' },
  { as: 'table', version: 'v1', includeObject: 'None' },
  { as: 'table', version: 'v1', includeObject: 'Metadata' },
  { as: 'table', version: 'v1', includeObject: 'Object' },
];

/** Whatever a client can see of an object. */
function seen(object: ReadyObject): string[] {
  const written = REPRESENTATIONS.map((representation) => {
    const chunks = new ByteChunks(10_000);
    writeItem(chunks, representation, object, Date.parse('2026-11-21T08:00:00Z'));
    return `${itemBytes(representation, object)} ${Buffer.concat(chunks.takeAll()).toString()}`;
  });
  return [...written, JSON.stringify(parseReady(object)), JSON.stringify(parseReady(withResourceVersion(object, 99)))];
}

class Collection {
  readonly packing: Packing;
  readonly objects = new SortedObjects();
  settled = Number.POSITIVE_INFINITY;

  constructor(limit: number) {
    this.packing = new Packing(limit);
  }

  set(object: ReadyObject): void {
    const previous = this.objects.set(object);
    if (previous) this.packing.remove(previous);
    this.packing.add(object);
  }

  delete(name: string): void {
    const previous = this.objects.delete('n', name);
    if (previous) this.packing.remove(previous);
  }

  run(): Promise<void> {
    return this.packing.run({ inOrder: () => this.objects.slice(), settledAt: () => this.settled }, never);
  }

  get packed(): number {
    return this.objects.slice().filter(({ packed }) => packed).length;
  }
}

/** 32 of them have memory of their own when they are unpacked, and none of Node's pool. */
const LONG = 'ü note '.repeat(400);

const name = (index: number): string => `w-${String(index).padStart(4, '0')}`;

describe('packed objects', () => {
  // 32 of the small ones share a page of Node's small buffers with whatever else is small.
  it.each(['large', 'small'])('are, for whoever reads them, what they were: %s ones', async (size) => {
    const collection = new Collection(0);
    const note = size === 'small' ? 'ü' : LONG;
    for (let index = 0; index < 3_200; index++) collection.set(ready(name(index), index + 1, `${note} ${index}`));
    const before = collection.objects.slice().map(seen);
    await collection.run();
    expect(collection.packed).toBeGreaterThan(3_100);
    expect(collection.objects.slice().map(seen)).toEqual(before);
  });

  it('stay so, whatever is written, deleted and packed again', async () => {
    const step = fc.record({ index: fc.nat(300), remove: fc.boolean(), pack: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 200 }), async (steps) => {
        const collection = new Collection(0);
        for (let index = 0; index < 300; index++) collection.set(ready(name(index), 1));
        const expected = new Map(collection.objects.slice().map((object) => [object.name, seen(object)]));
        for (const [version, { index, remove, pack }] of steps.entries()) {
          const object = ready(name(index), version + 2, `note ${version}`);
          if (remove) collection.delete(object.name);
          else collection.set(object);
          if (remove) expected.delete(object.name);
          else expected.set(object.name, seen(object));
          if (pack) await collection.run();
        }
        await collection.run();
        expect(new Map(collection.objects.slice().map((object) => [object.name, seen(object)]))).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it('are not those that the window of recent changes counts', async () => {
    const collection = new Collection(0);
    for (let index = 0; index < 100; index++) collection.set(ready(name(index), index + 1));
    collection.settled = 80;
    await collection.run();
    const unpacked = collection.objects.slice().filter(({ packed }) => !packed);
    expect(unpacked.map(({ resourceVersion }) => resourceVersion)).toEqual(
      Array.from({ length: 20 }, (_, index) => 81 + index),
    );
  });

  it('are what they were when they are packed again from more places than are kept unpacked', async () => {
    const collection = new Collection(0);
    for (let index = 0; index < 32 * 200; index++) collection.set(ready(name(index), 1, `${LONG} ${index}`));
    await collection.run();
    // One is left of each 32, so that to pack 32 of them again unpacks 32 places, from where the hand stopped.
    for (let index = 0; index < 32 * 200; index++) if (index % 32 !== 0) collection.delete(name(index));
    const left = collection.objects.slice().slice();
    const before = left.map(seen);
    for (let index = 0; index < 40; index++) collection.set(ready(`z-${name(index)}`, 2));
    const hand = (32 * 200) % 240;
    // 64 are kept unpacked: the first that is needed, longer than all others, and none of those that are needed next.
    for (const object of [...left.slice(0, 64), left[hand], ...left.slice(64, 127)]) parseReady(object as ReadyObject);
    const places = left.map(({ packed }) => packed);
    await collection.run();
    expect(left[hand]?.packed).not.toBe(places[hand]);
    expect(collection.objects.slice().slice(0, left.length).map(seen)).toEqual(before);
  });

  it('are packed with others when most of their neighbours are gone, which lets go of all of these', async () => {
    const collection = new Collection(0);
    for (let index = 0; index < 128; index++) collection.set(ready(name(index), 1));
    await collection.run();
    for (let index = 0; index < 128; index++) if (index % 8 !== 0) collection.delete(name(index));
    const sparse = new Set(collection.objects.slice().map(({ packed }) => packed));
    expect(sparse.size).toBe(4);
    for (let index = 300; index < 316; index++) collection.set(ready(name(index), 2));
    await collection.run();
    const packed = new Set(collection.objects.slice().map((object) => object.packed));
    expect(packed.size).toBe(1);
    expect([...packed].filter((one) => sparse.has(one))).toEqual([]);
  });
});

describe('a watch cache that may keep few bytes', () => {
  it('packs while it loads and when it grows, and serves what the source has', async () => {
    const source = widgetSource();
    for (let index = 0; index < 400; index++) source.put(widget({ name: name(index), note: 'x'.repeat(5_000) }));
    await using cache = new WatchCache<Widget>(definition, source, {
      unpackedBytes: 100_000,
      window: { events: 10, bytes: 1_000_000 },
    });
    cache.start();
    await cache.untilLatest();
    const count = () => cache.list().filter(({ packed }) => packed).length;
    expect(count()).toBeGreaterThan(300);
    for (let index = 0; index < 400; index++) source.put(widget({ name: name(index), note: 'y'.repeat(5_000) }));
    await cache.untilLatest();
    await expect.poll(count).toBeGreaterThan(100);
    expect(cache.list().map((object) => parseReady<Widget>(object))).toEqual((await source.snapshot()).objects);
    expect(objectLength(cache.list()[0] as ReadyObject)).toBe(
      Buffer.byteLength(JSON.stringify((await source.snapshot()).objects[0])),
    );
  });
});
