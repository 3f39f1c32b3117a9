import { describe, expect, it } from 'vitest';
import type { NamespaceIdentity } from '../../apiserver/ingest/index.ts';
import type { Clock } from '../../controllers/runtime/index.ts';
import { LivingNamespaces } from './living-namespaces.ts';
import type { NamespaceNews } from './namespace-watch.ts';

/** A cluster whose watch says what the test says, and a database that remembers what was swept. */
function setUp({ database = true } = {}) {
  const uids = new Map<string, string>();
  const news: NamespaceNews[] = [];
  let wake = Promise.withResolvers<void>();
  let swept = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  if (database) opened.resolve();
  const world = {
    open: opened.resolve,
    uids,
    swept: [] as string[],
    forgotten: [] as string[],
    told: [] as string[],
    visible: new Map<string, string>(),
    fault: undefined as Error | undefined,
    say(one: NamespaceNews) {
      news.push(one);
      wake.resolve();
    },
    nextSweep() {
      swept = Promise.withResolvers<void>();
      return swept.promise;
    },
  };
  // Time passes at once, so that a retry needs no waiting.
  const clock: Clock = {
    now: () => 0,
    after(_, callback) {
      const immediate = setImmediate(callback);
      return () => clearImmediate(immediate);
    },
  };
  const living = new LivingNamespaces({
    namespaces: {
      resolve: (name) => {
        const uid = uids.get(name);
        return uid === undefined ? ('missing' as const) : { uid };
      },
      forget: (name) => void world.forgotten.push(name),
    },
    stored: {
      opened: opened.promise,
      async sweep(name) {
        if (world.fault) {
          swept.resolve();
          throw world.fault;
        }
        world.swept.push(name);
        swept.resolve();
      },
      missingIn: async (listed) =>
        [...world.visible].flatMap(([name, uid]) => (listed.get(name) === uid ? [] : [name])),
    },
    async *watch(signal) {
      signal.addEventListener('abort', () => wake.resolve());
      while (!signal.aborted) {
        await wake.promise;
        wake = Promise.withResolvers<void>();
        yield* news.splice(0);
      }
    },
    onFault: (message) => void world.told.push(message),
    clock,
  });
  return { world, living };
}

describe('namespaces of a cluster', () => {
  it('X4 one that goes takes its issues along at once', async () => {
    const { world, living } = setUp();
    await using _ = living;
    const swept = world.nextSweep();
    world.say({ type: 'gone', name: 'shop' });
    await swept;
    expect(world.swept).toEqual(['shop']);
    expect(world.forgotten).toContain('shop');
  });

  it('one that begins to go is asked about again, and keeps its issues until it is gone', async () => {
    const { world, living } = setUp();
    await using _ = living;
    const swept = world.nextSweep();
    world.say({ type: 'going', name: 'shop' });
    world.say({ type: 'gone', name: 'other' });
    await swept;
    expect(world.forgotten.slice(0, 2)).toEqual(['shop', 'other']);
    expect(world.swept).toEqual(['other']);
  });

  it('X4 nobody reports into one of the same name before what the old one left is gone', async () => {
    const { world, living } = setUp();
    await using _ = living;
    world.uids.set('shop', 'old');
    await living.resolve('shop');
    expect(world.swept).toEqual(['shop']);
    // The same one again: nothing to look for.
    expect(await living.resolve('shop')).toEqual({ uid: 'old' } satisfies NamespaceIdentity);
    expect(world.swept).toEqual(['shop']);
    world.uids.set('shop', 'new');
    expect(await living.resolve('shop')).toEqual({ uid: 'new' });
    expect(world.swept).toEqual(['shop', 'shop']);
  });

  it('many reports into a new one look once for what an old one left', async () => {
    const { world, living } = setUp();
    await using _ = living;
    world.uids.set('shop', 'new');
    await Promise.all(Array.from({ length: 10 }, () => living.resolve('shop')));
    expect(world.swept).toEqual(['shop']);
  });

  it('while nobody can look, nothing is reported into it: what is stored might be of the old one', async () => {
    const { world, living } = setUp();
    await using _ = living;
    world.uids.set('shop', 'new');
    world.fault = new Error('the database is not available');
    await expect(living.resolve('shop')).rejects.toThrow('the database is not available');
    world.fault = undefined;
    expect(await living.resolve('shop')).toEqual({ uid: 'new' });
  });

  it('X4 one that went while the database was away is swept when it is back, and that is told once', async () => {
    const { world, living } = setUp();
    await using _ = living;
    world.fault = new Error('away');
    const failed = world.nextSweep();
    world.say({ type: 'gone', name: 'shop' });
    await failed;
    await world.nextSweep();
    world.fault = undefined;
    await world.nextSweep();
    expect(world.swept).toEqual(['shop']);
    expect(world.told).toEqual(['cannot take away the issues of a namespace that is gone: away']);
  });

  it('X4 one that went before the database was reached for the first time is swept then, and nobody is alarmed', async () => {
    const { world, living } = setUp({ database: false });
    await using _ = living;
    world.say({ type: 'gone', name: 'shop' });
    const swept = world.nextSweep();
    world.open();
    await swept;
    expect([world.swept, world.told]).toEqual([['shop'], []]);
  });

  it('ends also where the database was never reached', async () => {
    const { living } = setUp({ database: false });
    await living[Symbol.asyncDispose]();
  });

  it('X4 one that went while nobody watched is missing in the first list', async () => {
    const { world, living } = setUp();
    await using _ = living;
    world.visible = new Map([
      ['gone', 'u1'],
      ['again', 'u2'],
      ['there', 'u3'],
    ]);
    const swept = world.nextSweep();
    world.say({
      type: 'listed',
      uids: new Map([
        ['again', 'other'],
        ['there', 'u3'],
      ]),
    });
    await swept;
    await living[Symbol.asyncDispose]();
    expect(world.swept).not.toContain('there');
    expect(world.swept[0]).toBe('gone');
  });
});
