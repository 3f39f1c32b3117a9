import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { objectHash } from '../../crds/identity.ts';
import type { Report, ReportBody } from '../../crds/report.ts';
import { type Shard, shardName, shardOf } from '../../crds/shard.ts';
import { sweepOnce } from '../store/sweeper.ts';
import type { Engine } from './engine.ts';
import { about, CALLER, cellsOf, EngineFixture, HEALTHY, RED } from './testing/engine-fixture.ts';
import { report, SUBJECT } from './testing/world.ts';

/** Rows 7 and 8 and the fence where several processes lead parts of one source: on the real store, PGlite in memory. */
let fixture: EngineFixture;
let engine: Engine;
beforeAll(async () => {
  fixture = await EngineFixture.open();
});
afterAll(() => fixture[Symbol.asyncDispose]());
beforeEach(async () => {
  await fixture.empty();
  engine = fixture.start();
});
afterEach(() => engine[Symbol.asyncDispose]());

const part = (index: number, count = 2): Shard => ({ index, count });
/** The first namespace of this shard. */
const inside = ({ index, count }: Shard): string => {
  for (let n = 0; ; n++) if (shardOf(`team-${n}`, count) === index) return `team-${n}`;
};
const FIRST = inside(part(0));
const SECOND = inside(part(1));

const lead = async (shard?: Shard, manager = 'm'): Promise<number> => {
  const filter = { namespaces: ['*'], labelSelector: '', ...(shard && { shard }) };
  const request = { manager, ...(shard && { shard: shardName(shard) }) };
  const led = await engine.lead({ ...request, sources: [{ name: 'deployments', class: 'state', filter }] }, CALLER);
  return led.sources[0]?.epoch as number;
};
const look = (epoch: number, sequence: number, body: ReportBody, where: object): Report => ({
  ...report({ class: 'state', epoch, sequence }, body, about('web')),
  source: 'deployments',
  observed: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'web' },
  ...where,
});
const here = (namespace: string) => ({ namespace, subject: { ...SUBJECT, name: 'web', namespace } });
const sync = (epoch: number, shard: Shard, ...namespaces: string[]) => {
  const objects = namespaces.map((namespace) => objectHash('apps/v1', 'Deployment', namespace, 'web'));
  const filter = { namespaces: ['*'], labelSelector: '', shard };
  return engine.sync('deployments', { epoch, shard: shardName(shard), filter, objects }, CALLER);
};
const cells = (reports: unknown): Promise<string[][]> => cellsOf(engine, reports);
const fencedOff = [[expect.stringMatching(/^409 fenced: epoch/)]];
const sweep = async (): Promise<number> => (await sweepOnce(fixture.store)).absent;
const active = async (): Promise<string[]> =>
  (await fixture.issues()).filter(({ status }) => status.state === 'Active').map(({ metadata }) => metadata.namespace);

test('the looks of every shard count, and those of a shard that another process leads now do not', async () => {
  const [first, second] = [await lead(part(0)), await lead(part(1))];
  expect(await cells(look(first, 1, RED, here(FIRST)))).toEqual([['3A run']]);
  expect(await cells(look(second, 1, RED, here(SECOND)))).toEqual([['3A run']]);
  const next = await lead(part(0), 'another');
  expect(await cells(look(first, 2, HEALTHY, here(FIRST)))).toEqual(fencedOff);
  expect(await cells(look(second, 2, RED, here(SECOND)))).toEqual([['3B run']]);
  expect(await cells(look(next, 1, RED, here(FIRST)))).toEqual([['3B run']]);
});

test('row 7: what one shard has listed says nothing about another', async () => {
  const before = await lead();
  await engine.submit([look(before, 1, RED, here(FIRST)), look(before, 2, RED, here(SECOND))], CALLER);
  const [first, second] = [await lead(part(0)), await lead(part(1))];
  expect(await sync(first, part(0), FIRST)).toEqual({ resolved: 0, kept: 1 });
  expect(await active()).toEqual([FIRST, SECOND].sort());
  expect(await sync(second, part(1))).toEqual({ resolved: 1, kept: 0 });
  expect(await active()).toEqual([FIRST]);
});

test('row 7: an issue whose object may be of either of two shards is resolved by neither', async () => {
  const before = await lead();
  const between = { namespace: FIRST, subject: { ...SUBJECT, name: 'web', namespace: SECOND } };
  await engine.submit(look(before, 1, RED, between), CALLER);
  const [first, second] = [await lead(part(0)), await lead(part(1))];
  expect(await sync(first, part(0))).toEqual({ resolved: 0, kept: 0 });
  expect(await sync(second, part(1))).toEqual({ resolved: 0, kept: 0 });
  expect(await active()).toEqual([FIRST]);
});

test('another number of shards ends those of before: their looks and syncs are fenced', async () => {
  const whole = await lead();
  const [first] = [await lead(part(0)), await lead(part(1))];
  expect(await cells(look(whole, 1, RED, here(FIRST)))).toEqual(fencedOff);
  const anew = await lead(part(2, 3));
  expect(await cells(look(first, 1, RED, here(FIRST)))).toEqual(fencedOff);
  await expect(sync(first, part(0))).rejects.toMatchObject({ name: 'Fenced' });
  expect(await cells(look(anew, 1, RED, here(inside(part(2, 3)))))).toEqual([['3A run']]);
});

test('a sync of an older epoch of its shard is fenced, one of another shard is not concerned', async () => {
  const [first, second] = [await lead(part(0)), await lead(part(1))];
  await lead(part(0));
  await expect(sync(first, part(0))).rejects.toMatchObject({ name: 'Fenced' });
  await expect(sync(second, part(1))).resolves.toEqual({ resolved: 0, kept: 0 });
});

test('row 8: what nobody leads yet is covered all the same, until all shards are left out', async () => {
  await engine.submit(look(await lead(), 1, RED, here(SECOND)), CALLER);
  await lead(part(0));
  expect(await sweep()).toBe(0);
  await lead(part(1));
  const leave = (shard: Shard) => engine.lead({ manager: 'm', shard: shardName(shard), sources: [] }, CALLER);
  await leave(part(1));
  expect(await sweep()).toBe(0);
  await leave(part(0));
  expect(await sweep()).toBe(1);
});

test('the subjects of a source are told to a process that leads a part of it', async () => {
  const [first] = [await lead(part(0)), await lead(part(1))];
  await engine.submit(look(first, 1, RED, here(FIRST)), CALLER);
  expect((await engine.subjects('deployments', CALLER)).subjects).toHaveLength(1);
});

test('a shard is called by its name, and is one of at most 32', async () => {
  const leadAs = (shard: string, filter: object) => {
    const all = { namespaces: ['*'], labelSelector: '', ...filter };
    return engine.lead({ manager: 'm', shard, sources: [{ name: 'x', class: 'state', filter: all }] }, CALLER);
  };
  const faulty = (path: string) => ({ name: 'InvalidInput', faults: [expect.objectContaining({ path })] });
  await expect(leadAs('1-of-2', { shard: part(0) })).rejects.toMatchObject(faulty('sources[0].filter.shard'));
  await expect(leadAs('1-of-2', {})).rejects.toMatchObject(faulty('sources[0].filter.shard'));
  await expect(leadAs('2-of-2', { shard: part(2) })).rejects.toMatchObject(faulty('sources[0].filter.shard.index'));
  await expect(leadAs('0-of-33', { shard: part(0, 33) })).rejects.toMatchObject(
    faulty('sources[0].filter.shard.count'),
  );
  await expect(leadAs('rules', {})).resolves.toBeDefined();
});
