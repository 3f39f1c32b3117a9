import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { objectHash } from '../../crds/identity.ts';
import type { Report, ReportBody } from '../../crds/report.ts';
import type { Engine } from './engine.ts';
import { type ReportAccess, trustedAccess } from './ports.ts';
import {
  about,
  CALLER,
  cellsOf,
  EngineFixture,
  HEALTHY,
  HOUR,
  RED,
  type ServedIssue,
} from './testing/engine-fixture.ts';
import { finding, report, SUBJECT } from './testing/world.ts';

/** The right to lead in these namespaces, and in no other. */
const within = (...allowed: string[]): ReportAccess => ({
  ...trustedAccess,
  mayLead: (_, { namespaces }) =>
    namespaces.every((namespace) => allowed.includes(namespace))
      ? { allowed: true }
      : { allowed: false, reason: 'some namespaces only' },
});

/** Who leads a source, row 7, and what people do: on the real store, PGlite in memory. */

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

const run: EngineFixture['run'] = (...args) => fixture.run(...args);
const issues = (): Promise<ServedIssue[]> => fixture.issues();
const cells = (reports: unknown, by: Engine = engine): Promise<string[][]> => cellsOf(by, reports);

describe('leading', () => {
  const source = { name: 'deployments', class: 'state' as const, filter: { namespaces: ['*'], labelSelector: '' } };
  const lead = async (): Promise<number> =>
    (await engine.lead({ manager: 'm', sources: [source] }, CALLER)).sources[0]?.epoch as number;
  const look = (epoch: number, sequence: number, body: ReportBody, name = 'web'): Report => ({
    ...report({ class: 'state', epoch, sequence }, body, about(name)),
    source: 'deployments',
    observed: { apiVersion: 'apps/v1', kind: 'Deployment', name, uid: name },
  });
  const listed = (...names: string[]): string[] =>
    names.map((name) => objectHash('apps/v1', 'Deployment', 'team-a', name));
  const sync = (epoch: number, objects: string[], namespaces = ['*']) =>
    engine.sync('deployments', { epoch, filter: { namespaces, labelSelector: '' }, objects }, CALLER);

  test('a lead may say what it knows nothing about: that is not absent', async () => {
    const absent = async () => (await fixture.store.source('deployments', ''))?.absentSince !== undefined;
    await lead();
    await engine.lead({ manager: 'm', sources: [], unknown: ['deployments'] }, CALLER);
    expect(await absent()).toBe(false);
    await engine.lead({ manager: 'm', sources: [] }, CALLER);
    expect(await absent()).toBe(true);
  });

  test('fences the looks of older epochs in class state', async () => {
    const old = await lead();
    await engine.submit(look(old, 1, RED), CALLER);
    const epoch = await lead();
    expect(epoch).toBeGreaterThan(old);
    expect(await cells(look(old, 2, HEALTHY))).toEqual([[expect.stringMatching(/^409 fenced: epoch/)]]);
    expect(await cells(look(epoch, 1, RED))).toEqual([['3B run']]);
  });

  test('a source that becomes one of runs is heard again, and its old looks are fenced', async () => {
    const old = await lead();
    await engine.submit(look(old, 1, RED), CALLER);
    await engine.lead({ manager: 'm', sources: [{ ...source, class: 'run' }] }, CALLER);
    const healthy = { ...look(old, 2, HEALTHY), order: run(HOUR) };
    expect(await cells(healthy)).toEqual([['4B run']]);
    expect(await cells(look(old, 3, RED))).toEqual([[expect.stringMatching(/^409 fenced: epoch/)]]);
  });

  test("does not fence runs: an old leader's run is ordinary data", async () => {
    await engine.lead({ manager: 'm', sources: [{ ...source, name: 'tekton-pipelinerun', class: 'run' }] }, CALLER);
    expect(await cells(report(run(HOUR), RED))).toEqual([['3A run']]);
  });

  test('row 7: a sync resolves what is gone and was not looked at since', async () => {
    const old = await lead();
    await engine.submit([look(old, 1, RED, 'gone'), look(old, 2, RED, 'undecided'), look(old, 3, RED, 'seen')], CALLER);
    const epoch = await lead();
    await engine.submit(look(epoch, 1, RED, 'seen'), CALLER);
    expect(await sync(epoch, listed('undecided'))).toEqual({ resolved: 1, kept: 2 });
    const state = Object.fromEntries((await issues()).map(({ spec, status }) => [spec.subject.name, status]));
    expect(state).toMatchObject({
      gone: { state: 'Resolved', resolvedReason: 'SubjectDeleted' },
      undecided: { state: 'Active' },
      seen: { state: 'Active' },
    });
    expect(await sync(epoch, listed('undecided'))).toEqual({ resolved: 0, kept: 2 });
  });

  test.each([
    ['its namespaces', ['team-b', 'team-c-*'], { resolved: 0, kept: 0 }],
    ['exclusions', ['!team-a'], { resolved: 0, kept: 0 }],
    ['none: nothing was listed', [], { resolved: 0, kept: 0 }],
    ['a glob', ['team-*'], { resolved: 1, kept: 0 }],
  ])('row 7: a sync says nothing about what is outside its filter: %s', async (_what, namespaces, expected) => {
    await engine.submit(look(await lead(), 1, RED), CALLER);
    expect(await sync(await lead(), [], namespaces)).toEqual(expected);
  });

  test('row 7: the right in some namespaces is not one about cluster-scoped subjects and those of other namespaces', async () => {
    const node = { namespace: 'faultline-system', subject: { apiVersion: 'v1', kind: 'Node', name: 'node-1' } };
    const elsewhere = { subject: { ...SUBJECT, namespace: 'team-b' } };
    const old = await lead();
    const looks = [look(old, 1, RED), look(old, 2, RED, 'x'), look(old, 3, RED, 'y')];
    const placed = [looks[0], { ...looks[1], ...node }, { ...looks[2], ...elsewhere }];
    expect(await cells(placed)).toEqual([['3A run'], ['3A run'], ['3A run']]);
    const epoch = await lead();
    const filter = { namespaces: ['team-a', 'faultline-system'], labelSelector: '' };
    await using limited = fixture.start({ access: within('team-a', 'faultline-system') });
    expect(await limited.sync('deployments', { epoch, filter, objects: [] }, CALLER)).toEqual({ resolved: 1, kept: 0 });
    expect(await sync(epoch, [], filter.namespaces)).toEqual({ resolved: 2, kept: 0 });
  });

  test('the right in some namespaces neither takes a source over that is led in others, nor narrows or rewrites it', async () => {
    const refused = { name: 'NotAllowed', message: 'some namespaces only' };
    const here = { namespaces: ['team-b'], labelSelector: '' };
    const leadHere = (by: Engine, more: object = {}, caller = { name: 'b', groups: [] }) =>
      by.lead({ manager: 'b', sources: [{ ...source, filter: here, ...more }] }, caller);
    await using limited = fixture.start({ access: within('team-b') });
    await expect(leadHere(limited)).resolves.toBeDefined();
    await expect(leadHere(limited, {}, { name: 'another of team-b', groups: [] })).resolves.toBeDefined();

    const epoch = await lead(); // by somebody with the right for the whole cluster
    await expect(leadHere(limited)).rejects.toMatchObject(refused);
    await engine.submit(look(epoch, 1, RED), CALLER);
    const another = { name: 'cronjobs', class: 'state' as const };
    await expect(leadHere(limited, another)).resolves.toBeDefined();
    await engine.submit({ ...look(epoch, 1, RED), source: 'kite', order: { class: 'received' } }, CALLER);
    await expect(leadHere(limited, { name: 'kite' })).rejects.toMatchObject(refused); // never led, and reports elsewhere
    expect(await cells(look(epoch, 2, RED))).toEqual([['3B run']]);
  });

  test('row 7: what other labels may leave out is not taken for deleted; what they selected once is', async () => {
    const before = await lead();
    await engine.submit([look(before, 1, RED), look(before, 2, RED, 'kept')], CALLER);
    const filter = { namespaces: ['*'], labelSelector: 'tier=web' };
    const narrowed = async (): Promise<number> =>
      (await engine.lead({ manager: 'm', sources: [{ ...source, filter }] }, CALLER)).sources[0]?.epoch as number;
    const epoch = await narrowed();
    await engine.submit(look(epoch, 1, RED, 'kept'), CALLER);
    const listing = (of: number, ...names: string[]) =>
      engine.sync('deployments', { epoch: of, filter, objects: listed(...names) }, CALLER);
    expect(await listing(epoch, 'kept')).toEqual({ resolved: 0, kept: 2 });
    expect(await listing(await narrowed())).toEqual({ resolved: 1, kept: 1 });
    const active = (await issues()).filter(({ status }) => status.state === 'Active');
    expect(active.map(({ spec }) => spec.subject.name)).toEqual(['web']);
  });

  test('row 7: a sync of an older epoch, or of nobody, is fenced', async () => {
    const old = await lead();
    await lead();
    await expect(sync(old, [])).rejects.toMatchObject({ name: 'Fenced' });
    await expect(
      engine.sync('nobody', { epoch: 1, filter: { namespaces: ['*'], labelSelector: '' }, objects: [] }, CALLER),
    ).rejects.toMatchObject({ name: 'Fenced' });
  });

  test('tells what the engine believes', async () => {
    const epoch = await lead();
    const two: ReportBody = { complete: true, findings: [finding('a'), finding('b')] };
    await engine.submit([look(epoch, 1, two), look(epoch, 2, HEALTHY, 'fine')], CALLER);
    const { subjects } = await engine.subjects('deployments', CALLER);
    expect(subjects).toEqual([
      {
        namespace: 'team-a',
        subject: { ...SUBJECT, name: 'web' },
        keys: expect.arrayContaining(['a', 'b']),
        observed: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'web' },
      },
    ]);
  });

  test('needs the right to speak as the source', async () => {
    await using strict = fixture.start({
      access: { ...trustedAccess, mayLead: (_, { source: name }) => ({ allowed: false, reason: `not ${name}` }) },
    });
    const filter = { namespaces: ['*'], labelSelector: '' };
    const refused = { name: 'NotAllowed', message: 'not deployments' };
    await expect(strict.lead({ manager: 'm', sources: [source] }, CALLER)).rejects.toMatchObject(refused);
    await expect(strict.sync('deployments', { epoch: 1, filter, objects: [] }, CALLER)).rejects.toMatchObject(refused);
    await expect(strict.subjects('deployments', CALLER)).rejects.toMatchObject(refused);
  });

  test('a manager can leave out only its own sources: its name belongs to who uses it', async () => {
    await lead();
    await engine.lead({ manager: 'm', sources: [] }, { name: 'mallory', groups: [] });
    expect((await fixture.store.source('deployments', ''))?.absentSince).toBeUndefined();
    await engine.lead({ manager: 'm', sources: [] }, CALLER);
    expect((await fixture.store.source('deployments', ''))?.absentSince).toEqual(expect.any(Number));
  });

  test('malformed requests name every fault', async () => {
    await expect(engine.lead({ sources: [{ name: '-' }] }, CALLER)).rejects.toMatchObject({
      name: 'InvalidInput',
      faults: expect.arrayContaining([
        expect.objectContaining({ path: 'manager' }),
        expect.objectContaining({ path: 'sources[0].name' }),
      ]),
    });
    await expect(engine.sync('x', {}, CALLER)).rejects.toMatchObject({ name: 'InvalidInput' });
    await expect(engine.subjects('UPPER', CALLER)).rejects.toMatchObject({ name: 'InvalidInput' });
  });
});
