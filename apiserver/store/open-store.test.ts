import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ForeignState, NewerSchema } from './errors.ts';
import { compareWithGolden } from './migrate.contract.ts';
import { openStore } from './open-store.ts';
import { open, ref, stored } from './samples.contract.ts';

describe('a state folder of PGlite', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-store-'));
  });
  afterEach(async () => rm(folder, { recursive: true, force: true }));
  const at = (clusterId = 'folder:a') => openStore({ database: { embedded: join(folder, 'db') }, clusterId });

  test('a restart finds the same issues, continues the numbers and keeps the floor', async () => {
    const first = await at();
    const before = await open(first, ref('frontend'));
    const { identity } = first;
    const { floor } = await first.changes('issues').snapshot();
    await first[Symbol.asyncDispose]();

    await using second = await at();
    expect(await stored(second, ref('frontend'))).toEqual(before);
    expect(second.identity).toBe(identity);
    await using other = await openStore({ database: { embedded: 'memory' }, clusterId: 'folder:a' });
    expect(other.identity).not.toBe(identity);
    const snapshot = await second.changes('issues').snapshot();
    expect(snapshot.resourceVersion).toBeGreaterThan(before.change);
    expect(snapshot.floor).toBe(floor);
    const { changes } = await second.changes('issues').since(before.change - 1, 10);
    expect(changes.map(({ resourceVersion }) => resourceVersion)).toEqual([before.change]);
  });

  test('the state of another cluster is refused and names both', async () => {
    await (await at('folder:a'))[Symbol.asyncDispose]();
    const refused = await at('uid-of-production').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ForeignState);
    expect(refused).toMatchObject({ stored: 'folder:a', expected: 'uid-of-production' });
    await (await at('folder:a'))[Symbol.asyncDispose]();
  });

  test('a newer schema is refused in one line that says what to do, and left as it is', async () => {
    const store = await at();
    await store.database.query('UPDATE meta SET schema_version = 99');
    await store[Symbol.asyncDispose]();
    const refused = await at().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(NewerSchema);
    expect((refused as Error).message).toMatch(
      /^the database has schema version 99, this faultline knows \d+: start .*$/,
    );
  });
});

test('the schema on PGlite is the golden one', async () => {
  await using store = await openStore({ database: { embedded: 'memory' }, clusterId: 'folder:a' });
  const { golden, actual } = await compareWithGolden(store.database);
  expect(actual).toBe(golden);
});
