import Joi from 'joi';
import { describe, expect, test, vi } from 'vitest';
import type { KubernetesObject } from '../../../crds/meta.ts';
import { ApiError, type AuditRecord, type ModuleAction, type ResourceModule } from '../../kube/index.ts';
import { ArraySource } from '../../kube/testing/array-source.ts';
import { TestApi, type TestResponse } from '../../kube/testing/test-api.ts';
import { type OwnActionsOptions, ownActions } from './actions.ts';
import { ownResource } from './definition.ts';
import { moduleFaults, nameFaults } from './module-faults.ts';
import { type Gadget, gadgets } from './testing/gadgets.ts';

/** What a configuration's own resource lets callers do to its objects, over the wire. */
const RED = {
  ...{ apiVersion: 'faultline.dev/v1alpha1', kind: 'Gadget', spec: { color: 'red' } },
  metadata: {
    ...{ name: 'a', namespace: 'n', uid: 'u-1', resourceVersion: '7' },
    creationTimestamp: '2026-11-21T07:00:00Z',
  },
} satisfies KubernetesObject & Gadget;
const PATH = '/apis/faultline.dev/v1alpha1/namespaces/n/gadgets';

const perform = vi.fn<ModuleAction<Gadget>['perform']>(async ({ spec }) => ({ color: spec.color, coats: spec.coats }));
const paint: ModuleAction<Gadget> = {
  ...{ name: 'paint', kind: 'GadgetPainting', description: 'Gives it another color.' },
  spec: Joi.object({
    color: Joi.string().valid('red', 'blue').required().description('Which color it gets.'),
    coats: Joi.number().integer().default(1),
  }),
  status: Joi.object({ color: Joi.string().required(), coats: Joi.number() }),
  perform: (...given) => perform(...given),
};

function module(actions: readonly ModuleAction<Gadget>[] = [paint]): ResourceModule {
  return { ...gadgets(), actions } as unknown as ResourceModule;
}

const LOGGER = { info: () => {}, warn: () => {} };

async function served(options: Partial<OwnActionsOptions> = {}, audit?: (record: AuditRecord) => void) {
  perform.mockClear();
  const log = { read: async ([key]: readonly { name: string }[]) => (key?.name === 'a' ? [RED] : []) };
  const to = { log: { ...log, filled: async () => true }, options: { shade: 'dark' }, directory: '/etc/faultline' };
  const actions = ownActions(module(), { ...to, logger: LOGGER, now: () => 5, ...options });
  const definition = { ...ownResource(module(), new ArraySource<KubernetesObject>()), actions };
  return TestApi.start({ api: { resources: [definition], ...(audit && { audit }) } });
}

function post(api: TestApi, body: object, { name = 'a', query = '' } = {}): Promise<TestResponse> {
  return api.send(`${PATH}/${name}/paint${query}`, {
    ...{ method: 'POST', body: JSON.stringify(body) },
    headers: { 'content-type': 'application/json', 'audit-id': 'audit-1' },
  });
}

describe('an action of a resource that a configuration adds', () => {
  test('D3 S1 is discovered and explained, and answered with its kind and what it says', async () => {
    await using api = await served();
    const { resources } = await api.json<{ resources: { name: string }[] }>('/apis/faultline.dev/v1alpha1');
    expect(resources.find(({ name }) => name === 'gadgets/paint')).toMatchObject({
      ...{ kind: 'GadgetPainting', namespaced: true, verbs: ['create'] },
    });
    const openapi = (await api.send('/openapi/v3/apis/faultline.dev/v1alpha1')).text;
    expect(openapi).toContain('Gives it another color.');
    expect(openapi).toContain('Which color it gets.');
    const answer = await post(api, { spec: { color: 'blue' } });
    expect([answer.status, answer.json()]).toEqual([
      201,
      {
        ...{ apiVersion: 'faultline.dev/v1alpha1', kind: 'GadgetPainting' },
        metadata: { name: 'a', namespace: 'n', uid: 'u-1', resourceVersion: '7' },
        ...{ spec: { color: 'blue' }, status: { color: 'blue', coats: 1 } },
      },
    ]);
  });

  test('is told of the object, the caller, the audit id and the options of the resource', async () => {
    await using api = await served();
    await post(api, { spec: { color: 'blue' } });
    const [request, context] = perform.mock.calls[0] ?? [];
    expect(request).toMatchObject({
      ...{ object: RED, spec: { color: 'blue', coats: 1 }, user: { name: 'u' }, dryRun: false, auditId: 'audit-1' },
    });
    expect(context).toMatchObject({ options: { shade: 'dark' }, directory: '/etc/faultline', logger: LOGGER });
    expect(context?.now()).toBe(5);
  });

  test('A8 X9 wants the right to create its subresource, and is audited however it ends', async () => {
    const records: AuditRecord[] = [];
    await using api = await served({}, (record) => records.push(record));
    await post(api, { spec: { color: 'green' } });
    api.allow = () => ({ allowed: false });
    expect((await post(api, { spec: { color: 'blue' } })).status).toBe(403);
    expect(api.asked.at(-1)).toMatchObject({ verb: 'create', resource: 'gadgets', subresource: 'paint', name: 'a' });
    expect(perform).not.toHaveBeenCalled();
    expect(records).toMatchObject([{ objectRef: { resource: 'gadgets', subresource: 'paint', name: 'a' }, code: 422 }]);
  });

  test('S2 a dry run is its to answer without doing anything', async () => {
    await using api = await served();
    expect((await post(api, { spec: { color: 'blue' } }, { query: '?dryRun=All' })).status).toBe(201);
    expect(perform.mock.calls[0]?.[0].dryRun).toBe(true);
  });

  test('S1 S4 what is no such object, another one than was seen, or no such request never reaches it', async () => {
    await using api = await served();
    expect((await post(api, { spec: { color: 'blue' } }, { name: 'b' })).json()).toMatchObject({
      ...{ code: 404, message: 'gadgets.faultline.dev "b" not found' },
    });
    const stale = await post(api, { metadata: { uid: 'u-0' }, spec: { color: 'blue' } });
    expect(stale.json()).toMatchObject({ code: 409, reason: 'Conflict' });
    const faults = (await post(api, { spec: { color: 'green', coats: 'x' } })).json<{
      details: { causes: object[] };
    }>();
    expect(faults.details.causes).toHaveLength(2);
    expect((await api.send(`${PATH}/a/paint`)).status).toBe(405);
    expect((await api.send(`${PATH}/a/polish`, { method: 'POST', body: '{}' })).status).toBe(404);
    expect(perform).not.toHaveBeenCalled();
  });

  test('E4 that nothing is stored yet is no proof that an object is not there', async () => {
    await using api = await served({ log: { read: async () => [], filled: async () => false } });
    expect((await post(api, { spec: { color: 'blue' } })).json()).toMatchObject({ code: 503 });
  });

  test('refuses in its own words, and what it did not mean to tell is a 500 of which the log knows why', async () => {
    await using api = await served();
    perform.mockRejectedValueOnce(new ApiError('Conflict', 'it is wet'));
    expect((await post(api, { spec: { color: 'blue' } })).json()).toMatchObject({ code: 409, message: 'it is wet' });
    perform.mockRejectedValueOnce(new Error('password of the database: x'));
    const broken = await post(api, { spec: { color: 'blue' } });
    expect([broken.status, broken.text.includes('password')]).toEqual([500, false]);
    perform.mockResolvedValueOnce({ colour: 'blue' });
    expect((await post(api, { spec: { color: 'blue' } })).status).toBe(500);
    expect(api.errors.map(String).join()).toContain('gadgets/paint happened, but answered what its status is not');
  });

  test('S3 that takes too long is told to stop, and its caller that it may have happened', async () => {
    await using api = await served({ within: 20 });
    const told = Promise.withResolvers<void>();
    perform.mockImplementationOnce(async ({ signal }) => {
      signal.addEventListener('abort', () => told.resolve());
      return new Promise(() => {});
    });
    const answer = await post(api, { spec: { color: 'blue' } });
    expect(answer.json()).toMatchObject({ code: 504, message: expect.stringContaining('it may have happened') });
    await told.promise;
  });
});

describe('what is wrong with actions is told when the configuration is read', () => {
  test.each<[unknown, string[]]>([
    [undefined, []],
    [[paint], []],
    ['paint', ['its actions must be a list']],
    [['paint'], ['its actions[0] must have a name, a kind, a description and a function perform']],
    [
      [{ ...paint, name: 'exec', kind: 'Gadget', description: '' }],
      [
        'its actions[0].name must be a verb such as "extend", each once: lower-case letters, digits and -, and none of attach, exec, log, portforward, proxy',
        'its actions[0].kind must be a Kind of its own, such as "FreezeExtension"',
        'its actions[0].description must be a sentence',
      ],
    ],
    [
      [paint, { ...paint, spec: {}, status: 1, perform: 'x' }],
      [
        expect.stringContaining('its actions[1].name must be'),
        expect.stringContaining('its actions[1].kind must be'),
        'its actions[1].spec must be a Joi schema: Joi.object({…})',
        'its actions[1].status must be a Joi schema: Joi.object({…})',
        'its actions[1].perform must be a function',
      ],
    ],
  ])('%#', (actions, faults) => {
    expect(moduleFaults({ ...gadgets(), actions })).toEqual(faults);
  });

  test('a kind that is posted is taken, by the product or by another resource', () => {
    const mine = module();
    const clash = module([{ ...paint, kind: 'IssueComment' }]);
    expect(nameFaults(mine, [])).toEqual([]);
    expect(nameFaults(clash, [])).toEqual([`the name "issuecomment" is taken by Faultline's own IssueComment`]);
    const other = { ...gadgets(), plural: 'paintings', kind: 'GadgetPainting' } as unknown as ResourceModule;
    expect(nameFaults(other, [{ module: mine, path: 'resources[0]' }])).toEqual([
      'the name "gadgetpainting" is taken by resources[0]',
    ]);
  });
});
