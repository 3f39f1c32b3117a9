import { beforeEach, expect, test } from 'vitest';
import { Fenced, NotYetFilled, type ObjectWrite, type ResourceLog, type Unversioned } from './resource-log.ts';
import { open, ref } from './samples.contract.ts';
import type { SqlStore } from './sql-store.ts';
import type { Clock } from './store.contract.ts';

/** The change log of a resource of somebody's own (docs/adr/0005), on PGlite and on PostgreSQL. */
export function resourceLogContract(get: () => SqlStore, clock: Clock): void {
  const log = (): ResourceLog => get().resourceLog('widgets');
  let epoch = 0;

  beforeEach(async () => {
    await get().database.query(`DELETE FROM objects`);
    await get().database.query(`DELETE FROM feeds`);
    epoch = (await log().lead('one')) as number;
    await log().complete(epoch);
  });

  test('V1 V3 numbers are those of the one counter, shared with issues', async () => {
    await log().write(epoch, [added('a'), added('b')]);
    const { resourceVersion, objects } = await log().snapshot();
    const issue = await open(get(), ref('frontend'));
    await log().write(epoch, [added('c')]);
    const versions = objects.map(({ metadata }) => Number(metadata.resourceVersion));
    expect(versions).toEqual([resourceVersion - 1, resourceVersion]);
    expect(issue.change).toBe(resourceVersion + 1);
    const { changes, upTo } = await log().since(resourceVersion, 10);
    expect(changes).toMatchObject([{ type: 'ADDED', resourceVersion: issue.change + 1 }]);
    expect(upTo).toBe(issue.change + 1);
  });

  test('V2 a quiet resource advances with the changes of others', async () => {
    const { resourceVersion } = await log().snapshot();
    const issue = await open(get(), ref('frontend'));
    expect(await log().since(resourceVersion, 10)).toMatchObject({ changes: [], upTo: issue.change });
  });

  test('W7 W8 a change carries the object and what it was selected by before', async () => {
    await log().write(epoch, [added('a')]);
    const { resourceVersion } = await log().snapshot();
    const previous = { labels: { color: 'red' }, fields: { 'spec.size': '1' } };
    await log().write(epoch, [{ op: 'MODIFIED', object: object('a', { size: 2 }), previous }]);
    await log().write(epoch, [{ op: 'DELETED', object: object('a', { size: 2 }), previous }]);
    const { changes } = await log().since(resourceVersion, 10);
    expect(changes).toEqual(
      ['MODIFIED', 'DELETED'].map((type, index) => ({
        type,
        resourceVersion: resourceVersion + 1 + index,
        previous,
        object: {
          ...object('a', { size: 2 }),
          metadata: { ...object('a').metadata, resourceVersion: String(resourceVersion + 1 + index) },
        },
      })),
    );
    expect((await log().snapshot()).objects).toEqual([]);
    const [before] = await log().before([resourceVersion + 1]);
    expect(before).toMatchObject({
      change: resourceVersion + 1,
      object: { spec: { size: 1 }, metadata: { resourceVersion: String(resourceVersion) } },
    });
  });

  test('the order of keys in an object is the one it was written with', async () => {
    const written = object('a', { zebra: 1, aardvark: 2 });
    await log().write(epoch, [{ op: 'ADDED', object: written }]);
    const [read] = (await log().snapshot()).objects;
    expect(JSON.stringify((read as unknown as { spec: unknown }).spec)).toBe('{"zebra":1,"aardvark":2}');
  });

  test('resources do not see each other', async () => {
    const other = get().resourceLog('gadgets');
    await other.complete((await other.lead('one')) as number);
    await log().write(epoch, [added('a')]);
    expect((await other.snapshot()).objects).toEqual([]);
    expect(await other.keys()).toEqual([]);
    expect(await log().keys()).toEqual([{ namespace: 'n', name: 'a' }]);
  });

  test('stored objects are read by name, with their resourceVersion', async () => {
    await log().write(epoch, [added('a'), added('b')]);
    const [read, ...others] = await log().read([
      { namespace: 'n', name: 'b' },
      { namespace: 'o', name: 'a' },
    ]);
    expect(others).toEqual([]);
    expect(read).toMatchObject({ metadata: { name: 'b', resourceVersion: expect.stringMatching(/^\d+$/) as string } });
  });

  test('a snapshot larger than one page is whole and in order', async () => {
    const names = Array.from({ length: 450 }, (_, index) => `w${String(index).padStart(3, '0')}`);
    await log().write(
      epoch,
      names.map((name) => added(name)),
    );
    const pages: number[] = [];
    const read: string[] = [];
    await log().snapshot((page) => {
      pages.push(page.length);
      read.push(...page.map(({ metadata }) => metadata.name));
    });
    expect(pages).toEqual([200, 200, 50]);
    expect(read).toEqual(names);
  });

  test('E4 before it was complete once it cannot be read, which is not the same as empty', async () => {
    const fresh = get().resourceLog('gadgets');
    await expect(fresh.snapshot()).rejects.toThrow(NotYetFilled);
    const term = (await fresh.lead('one')) as number;
    await fresh.write(term, [added('a')]);
    await expect(fresh.snapshot()).rejects.toThrow('the source of gadgets has not been read completely yet');
    expect(await fresh.filled()).toBe(false);
    await fresh.complete(term);
    expect(await fresh.filled()).toBe(true);
    expect((await fresh.snapshot()).objects).toHaveLength(1);
  });

  test('only the current term may write, and the one before writes nothing', async () => {
    expect(await log().lead('one')).toBe(epoch);
    await log().release('one');
    const next = (await log().lead('two')) as number;
    expect(next).toBe(epoch + 1);
    await expect(log().write(epoch, [added('late')])).rejects.toThrow(Fenced);
    await expect(log().complete(epoch)).rejects.toThrow(Fenced);
    const before = await log().latest();
    await log().write(next, [added('a')]);
    expect(await log().latest()).toBe(before + 1);
    expect(await log().keys()).toEqual([{ namespace: 'n', name: 'a' }]);
  });

  test('a holder that was not heard of for 15 s is replaced, and not before', async () => {
    if (get().database.embedded) {
      expect(await log().lead('two')).toBe(epoch + 1); // one process: whoever held it is dead
      return;
    }
    clock.offset += 14_000_000;
    expect(await log().lead('two')).toBeUndefined();
    clock.offset += 2_000_000;
    expect(await log().lead('two')).toBe(epoch + 1);
  });
}

function object(name: string, spec: object = { size: 1 }): Unversioned {
  const metadata = { name, namespace: 'n', uid: UID, creationTimestamp: '2026-11-21T07:00:00Z', generation: 1 };
  return { apiVersion: 'example.dev/v1', kind: 'Widget', metadata, spec } as Unversioned;
}

function added(name: string): ObjectWrite {
  return { op: 'ADDED', object: object(name) };
}

const UID = '00000000-0000-4000-8000-00000000000a';
