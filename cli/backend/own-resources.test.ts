import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { FeedContext, ResourceModule } from '../../apiserver/index.ts';
import { gadgets } from '../../apiserver/resources/own/testing/gadgets.ts';
import { openStore } from '../../apiserver/store/open-store.ts';
import { createLog } from '../log.ts';
import { recordedOutput } from '../testing/recorded-streams.ts';
import { openOwnResources } from './own-resources.ts';

const log = createLog({ level: 'warn', format: 'json' }, recordedOutput(), {});

test('feeds begin when the database was opened, end before it is closed, and give their turn back', async () => {
  await using store = await openStore({ database: { embedded: 'memory' }, clusterId: 'folder:test' });
  const begun = Promise.withResolvers<FeedContext>();
  const opened = Promise.withResolvers<typeof store>();
  let ended = false;
  const module = gadgets(async (objects, context) => {
    await objects.replace([]);
    begun.resolve(context);
    await context.sleep(3_600_000);
    ended = true;
  }) as unknown as ResourceModule;
  const own = openOwnResources([{ use: './gadgets.ts', module, options: { a: 1 } }], {
    store,
    first: { opened: opened.promise },
    ...{ directory: '/etc/faultline', registry: new Registry(), log },
  });
  expect(own.definitions.map(({ plural }) => plural)).toEqual(['gadgets']);
  opened.resolve(store);
  expect(await begun.promise).toMatchObject({ options: { a: 1 }, directory: '/etc/faultline' });
  await own[Symbol.asyncDispose]();
  expect(ended).toBe(true);
  const [feed] = await store.database.query<{ free: boolean }>('SELECT expires_at <= now() AS free FROM feeds');
  expect(feed?.free).toBe(true);
});

test('a server that ends before it has served anything starts no feed', async () => {
  const opened = Promise.withResolvers<never>();
  const module = gadgets() as unknown as ResourceModule;
  await using store = await openStore({ database: { embedded: 'memory' }, clusterId: 'folder:test' });
  const own = openOwnResources([{ use: './gadgets.ts', module, options: {} }], {
    store,
    first: { opened: opened.promise },
    ...{ directory: '/', registry: new Registry(), log },
  });
  await own[Symbol.asyncDispose]();
  opened.resolve(store as never);
  await opened.promise;
  // A feed that begins asks for its turn before anything else.
  expect(await store.database.query('SELECT resource FROM feeds')).toEqual([]);
});
