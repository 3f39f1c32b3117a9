import Joi from 'joi';
import { describe, expect, it } from 'vitest';
import { type ActionDefinition, type ActionRequest, type ActionResult, checkPreconditions } from './action.ts';
import type { AuditRecord } from './audit.ts';
import { NO_METRICS } from './metrics.ts';
import type { ResourceDefinition } from './resource.ts';
import { conflict, notFound } from './status.ts';
import { TestApi, type TestApiOptions } from './testing/test-api.ts';
import { widgetDefinition, widgetSource } from './testing/widgets.ts';

const GADGETS = { group: 'example.dev', resource: 'gadgets' };
const PAINT = '/apis/example.dev/v1/namespaces/n/gadgets/a/paint';
const V2 = 'application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList';

type Perform = (request: ActionRequest) => Promise<ActionResult>;

function paint(perform: Perform): ActionDefinition {
  return {
    name: 'paint',
    kind: 'GadgetPainting',
    description: 'Gives a gadget another color.',
    spec: Joi.object({
      color: Joi.string().valid('red', 'blue').description('The color.'),
      coats: Joi.number().integer().min(1),
      until: Joi.string().custom((value: string) => {
        if (value !== 'noon') throw new Error('must be noon');
        return value;
      }, 'a time'),
      for: Joi.string(),
    })
      .xor('until', 'for')
      .required(),
    status: { type: 'object', description: 'The gadget afterwards.', properties: { color: { type: 'string' } } },
    perform,
  };
}

function gadgets(perform: Perform): ResourceDefinition {
  const names = { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList', shortNames: [] };
  return { ...widgetDefinition(widgetSource()), ...names, actions: [paint(perform)] } as unknown as ResourceDefinition;
}

/** An API on which painting succeeds unless told otherwise, with what arrived. */
async function start(
  perform: Perform = async () => DONE,
  options: TestApiOptions['api'] = {},
): Promise<{ api: TestApi; requests: ActionRequest[]; audited: AuditRecord[] } & AsyncDisposable> {
  const requests: ActionRequest[] = [];
  const audited: AuditRecord[] = [];
  const recording = (request: ActionRequest) => {
    requests.push(request);
    return perform(request);
  };
  const audit = (record: AuditRecord) => void audited.push(record);
  const api = await TestApi.start({ more: [gadgets(recording)], api: { audit, ...options } });
  return { api, requests, audited, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

const DONE = { metadata: { uid: 'u-1', resourceVersion: '42' }, status: { color: 'red' } };
const body = (more: object = {}) =>
  JSON.stringify({ apiVersion: 'example.dev/v1', kind: 'GadgetPainting', spec: { for: 'ever' }, ...more });
const post = (api: TestApi, query = '', text = body(), headers: Record<string, string> = {}) =>
  api.send(`${PAINT}${query}`, {
    method: 'POST',
    body: text,
    headers: { 'content-type': 'application/json', ...headers },
  });

describe('discovery of actions', () => {
  it('D3 D6 a subresource is an entry of its own with its own kind and the verb create', async () => {
    await using t = await start();
    const { resources } = await t.api.json<{ resources: { name: string }[] }>('/apis/example.dev/v1');
    expect(resources.filter(({ name }) => name.startsWith('gadgets'))).toEqual([
      expect.objectContaining({ name: 'gadgets', verbs: ['get', 'list', 'watch'] }),
      {
        name: 'gadgets/paint',
        singularName: '',
        namespaced: true,
        kind: 'GadgetPainting',
        verbs: ['create'],
      },
    ]);
  });

  it('D3 D4 aggregated discovery lists it below its resource; a resource without actions has none', async () => {
    await using t = await start();
    const { items } = await t.api.json<{ items: { versions: { resources: object[] }[] }[] }>('/apis', V2);
    const [widgets, own] = items[0]?.versions[0]?.resources ?? [];
    expect(own).toMatchObject({
      resource: 'gadgets',
      subresources: [
        {
          subresource: 'paint',
          responseKind: { group: 'example.dev', version: 'v1', kind: 'GadgetPainting' },
          verbs: ['create'],
        },
      ],
    });
    expect(widgets).not.toHaveProperty('subresources');
  });

  it('O7 OpenAPI describes the request, the answer and the action', async () => {
    await using t = await start();
    const { paths, components } = await t.api.json<Document>('/openapi/v3/apis/example.dev/v1');
    const gvk = { group: 'example.dev', version: 'v1', kind: 'GadgetPainting' };
    const $ref = '#/components/schemas/dev.example.v1.GadgetPainting';
    const path = paths['/apis/example.dev/v1/namespaces/{namespace}/gadgets/{name}/paint'];
    expect(path?.parameters?.map(({ name }) => name)).toEqual(['namespace', 'name']);
    expect(Object.keys(path ?? {})).toEqual(['parameters', 'post']);
    expect(path?.post).toMatchObject({
      operationId: 'createNamespacedGadgetPaint',
      description: 'Gives a gadget another color.',
      'x-kubernetes-action': 'post',
      'x-kubernetes-group-version-kind': gvk,
      requestBody: { required: true, content: { 'application/json': { schema: { $ref } } } },
      responses: { 201: { content: { 'application/json': { schema: { $ref } } } } },
    });
    expect(components.schemas['dev.example.v1.GadgetPainting']).toMatchObject({
      'x-kubernetes-group-version-kind': [gvk],
      properties: {
        spec: { properties: { color: { enum: ['red', 'blue'], description: 'The color.' } } },
        status: { description: 'The gadget afterwards.' },
      },
    });
  });
});

interface Document {
  paths: Record<string, { parameters?: { name: string }[]; post?: object }>;
  components: { schemas: Record<string, object> };
}

describe('an action', () => {
  it('S1 answers 201 with the kind that discovery promised, about the object as it is afterwards', async () => {
    await using t = await start();
    const answer = await post(t.api, '?fieldManager=kubectl&fieldValidation=Strict&pretty=false', body(), {
      'audit-id': 'audit-1',
    });
    expect(answer.status).toBe(201);
    expect(answer.json()).toEqual({
      apiVersion: 'example.dev/v1',
      kind: 'GadgetPainting',
      metadata: { name: 'a', namespace: 'n', uid: 'u-1', resourceVersion: '42' },
      spec: { for: 'ever' },
      status: { color: 'red' },
    });
    expect(t.requests[0]).toMatchObject({
      ...{ namespace: 'n', name: 'a', spec: { for: 'ever' }, preconditions: {}, dryRun: false, auditId: 'audit-1' },
      user: { name: 'u' },
    });
  });

  it('A8 A9 asks for the right to create the subresource of that object, and nothing is read before', async () => {
    await using t = await start();
    t.api.allow = () => ({ allowed: false, reason: 'no rule' });
    const answer = await post(t.api, '', 'not JSON');
    expect(answer.json()).toMatchObject({
      code: 403,
      message:
        'gadgets.example.dev "a" is forbidden: User "u" cannot create resource "gadgets/paint" in API group "example.dev" in the namespace "n": no rule',
    });
    expect(t.api.asked).toEqual([
      {
        ...{ kind: 'resource', verb: 'create', group: 'example.dev', version: 'v1', resource: 'gadgets' },
        ...{ subresource: 'paint', namespace: 'n', name: 'a' },
      },
    ]);
    expect(t.requests).toEqual([]);
    expect(t.audited).toEqual([]);
  });

  it.each([
    ['without apiVersion and kind', '{"spec":{"for":"ever"}}'],
    [
      'with what Go clients send besides',
      body({ metadata: { name: 'a', namespace: 'n', creationTimestamp: null }, status: {} }),
    ],
    ['with empty preconditions', body({ metadata: { uid: '', resourceVersion: '' } })],
  ])('S1 takes a body %s', async (_what, text) => {
    await using t = await start();
    expect((await post(t.api, '', text)).status).toBe(201);
    expect(t.requests[0]?.preconditions).toEqual({});
  });

  it.each([
    ['text/plain', body(), 415, 'UnsupportedMediaType', 'accepted media types include: application/json'],
    ['application/yaml', body(), 415, 'UnsupportedMediaType', 'accepted media types'],
    ['application/json', '', 400, 'BadRequest', 'not JSON'],
    ['application/json', '{', 400, 'BadRequest', 'not JSON'],
    ['application/json', '[]', 400, 'BadRequest', 'not a JSON object'],
    [
      'application/json',
      body({ kind: 'Gadget' }),
      400,
      'BadRequest',
      'must be of type example.dev/v1, Kind=GadgetPainting',
    ],
    ['application/json', body({ apiVersion: 'v1' }), 400, 'BadRequest', 'v1, Kind=GadgetPainting'],
    ['application/json', body({ metadata: [] }), 400, 'BadRequest', 'metadata must be an object'],
    ['application/json', body({ metadata: { uid: 7 } }), 400, 'BadRequest', 'metadata.uid must be a string'],
    [
      'application/json',
      body({ metadata: { name: 'b' } }),
      400,
      'BadRequest',
      'does not match the name on the URL (a)',
    ],
    ['application/json', body({ metadata: { namespace: 'm' } }), 400, 'BadRequest', 'does not match the namespace'],
  ])('S1 Content-Type %s with %.40s is %i', async (type, text, code, reason, message) => {
    await using t = await start();
    const answer = await post(t.api, '', text, { 'content-type': type });
    expect(answer.json()).toMatchObject({ kind: 'Status', code, reason, message: expect.stringContaining(message) });
    expect(answer.status).toBe(code);
    expect(t.requests).toEqual([]);
  });

  it('S1 E6 what is wrong with the spec is 422 with every cause at its field', async () => {
    await using t = await start();
    const spec = { color: 'green', coats: 0, until: 'night', for: 'ever', shade: 1 };
    expect((await post(t.api, '', body({ spec }))).json()).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: expect.stringContaining('GadgetPainting.example.dev "a" is invalid: ['),
      details: {
        name: 'a',
        group: 'example.dev',
        kind: 'GadgetPainting',
        causes: [
          {
            reason: 'FieldValueNotSupported',
            field: 'spec.color',
            message: 'Unsupported value: "green": must be one of red, blue',
          },
          {
            reason: 'FieldValueInvalid',
            field: 'spec.coats',
            message: expect.stringContaining('Invalid value: 0: must be'),
          },
          { reason: 'FieldValueInvalid', field: 'spec.until', message: 'Invalid value: "night": must be noon' },
          { reason: 'FieldValueForbidden', field: 'spec.shade', message: 'Forbidden: is not allowed' },
          { reason: 'FieldValueForbidden', field: 'spec', message: 'Forbidden: only one of until, for may be set' },
        ],
      },
    });
    expect(t.requests).toEqual([]);
  });

  it.each([
    ['missing', body({ spec: undefined })],
    ['null', body({ spec: null })],
    ['empty', body({ spec: {} })],
  ])('E6 a spec that is %s lacks what is required', async (_how, text) => {
    await using t = await start();
    expect((await post(t.api, '', text)).json().details).toMatchObject({
      causes: [
        { reason: 'FieldValueRequired', field: 'spec', message: 'Required value: one of until, for is required' },
      ],
    });
  });

  it('E6 a spec that is no object is told so', async () => {
    await using t = await start();
    expect((await post(t.api, '', body({ spec: 'x' }))).json()).toMatchObject({
      code: 422,
      message: expect.stringContaining('object'),
    });
  });

  it('S2 dryRun=All reaches the handler, any other value is 400', async () => {
    await using t = await start();
    expect((await post(t.api, '?dryRun=All')).status).toBe(201);
    expect(t.requests[0]?.dryRun).toBe(true);
    for (const query of ['?dryRun=true', '?dryRun=All&dryRun=Some']) {
      expect((await post(t.api, query)).json()).toMatchObject({ code: 400, reason: 'BadRequest' });
    }
    expect(t.requests).toHaveLength(1);
  });

  it('S4 preconditions reach the handler; those that do not hold are 409 in the words of Kubernetes', async () => {
    const stored = { name: 'a', uid: 'u-1', resourceVersion: '42' };
    await using t = await start(async ({ preconditions }) => {
      checkPreconditions(GADGETS, stored, preconditions);
      return DONE;
    });
    const given = (metadata: object) => post(t.api, '', body({ metadata }));
    expect((await given({ uid: 'u-1', resourceVersion: '42' })).status).toBe(201);
    expect((await given({ resourceVersion: '41' })).json()).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on gadgets.example.dev "a": the ResourceVersion in the precondition (41) does not match the ResourceVersion in record (42). The object might have been modified',
      details: { name: 'a', group: 'example.dev', kind: 'gadgets' },
    });
    expect((await given({ uid: 'u-0' })).json().message).toContain(
      'the UID in the precondition (u-0) does not match the UID in record (u-1). The object might have been deleted and then recreated',
    );
  });

  it('S5 a body above 3 MiB is 413, also one that does not say how large it is', async () => {
    await using t = await start();
    const text = body({ note: 'x'.repeat(3 * 1024 * 1024) });
    expect((await post(t.api, '', text)).json()).toMatchObject({ code: 413, reason: 'RequestEntityTooLarge' });
    expect((await post(t.api, '', text, { 'transfer-encoding': 'chunked' })).json()).toMatchObject({ code: 413 });
  });

  it('L2 who accepts no JSON is 406 before anything is done', async () => {
    await using t = await start();
    expect((await post(t.api, '', body(), { accept: 'application/vnd.kubernetes.protobuf' })).status).toBe(406);
    expect(t.requests).toEqual([]);
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE'])('S7 %s on a subresource is 405 and says what to do', async (method) => {
    await using t = await start();
    expect((await t.api.send(PAINT, { method, body: body() })).json()).toMatchObject({
      code: 405,
      reason: 'MethodNotAllowed',
      message: expect.stringContaining('gadgets/paint can only be created: POST'),
      details: { group: 'example.dev', kind: 'gadgets' },
    });
  });

  it.each([
    ['an unknown subresource', '/apis/example.dev/v1/namespaces/n/gadgets/a/polish'],
    ['a subresource of a resource without actions', '/apis/example.dev/v1/namespaces/n/widgets/a/paint'],
    ['a deeper path', `${PAINT}/twice`],
    ['a path without its namespace', '/apis/example.dev/v1/gadgets/a/paint'],
  ])('E3 %s is an unknown path: 404', async (_what, path) => {
    await using t = await start();
    const answer = await t.api.send(path, { method: 'POST', body: body() });
    expect(answer.json()).toMatchObject({ code: 404, message: 'the server could not find the requested resource' });
  });

  it('E3 E5 what the handler throws is answered: 404, 409, and 503 with Retry-After for what is away', async () => {
    const failures: Error[] = [
      notFound(GADGETS, 'a'),
      conflict(GADGETS, 'a', 'it is gone'),
      Object.assign(new Error('host:5432 refused'), { name: 'StoreUnavailable' }),
      new Error('secret detail'),
    ];
    await using t = await start(() => Promise.reject(failures.shift()));
    const answers = [await post(t.api), await post(t.api), await post(t.api), await post(t.api)];
    expect(answers.map(({ status }) => status)).toEqual([404, 409, 503, 500]);
    expect(answers.map(({ headers }) => headers['retry-after'])).toEqual([undefined, undefined, '1', undefined]);
    expect(answers[2]?.json().details).toMatchObject({ retryAfterSeconds: 1 });
    expect(answers.map(({ text }) => text).join()).not.toMatch(/5432|secret/);
    expect(t.audited.map(({ code, reason }) => [code, reason])).toEqual([
      [404, 'NotFound'],
      [409, 'Conflict'],
      [503, 'ServiceUnavailable'],
      [500, 'InternalError'],
    ]);
  });

  it('X9 every action is audited with who, what and how it ended, under the id of kube-apiserver', async () => {
    await using t = await start();
    t.api.user = { name: 'ada', uid: '7', groups: ['team,a', 'system:authenticated'] };
    await post(t.api, '?dryRun=All', body(), { 'audit-id': 'audit-1' });
    expect(t.audited).toEqual([
      {
        auditId: 'audit-1',
        user: { username: 'ada', uid: '7', groups: ['team,a', 'system:authenticated'] },
        verb: 'create',
        objectRef: {
          ...{ apiGroup: 'example.dev', apiVersion: 'v1', resource: 'gadgets', subresource: 'paint' },
          ...{ namespace: 'n', name: 'a' },
        },
        dryRun: true,
        code: 201,
      },
    ]);
  });

  it('X11 requests are counted under the subresource, and only under one that is served', async () => {
    const counted: string[] = [];
    const metrics = { requestFinished: ({ resource }: { resource: string }) => counted.push(resource) };
    await using t = await start(undefined, { metrics: { ...NO_METRICS, ...metrics } });
    await post(t.api);
    await t.api.send(`${PAINT}x`, { method: 'POST', body: body() });
    expect(counted).toEqual(['gadgets/paint', '']);
  });
});
