import { describe, expect, it } from 'vitest';
import { AccessUnavailable } from './access/types.ts';
import type { CreateRequest, ResourceDefinition } from './resource.ts';
import { alreadyExists, invalid } from './status.ts';
import { TestApi } from './testing/test-api.ts';
import { WIDGETS_PATH, widget, widgetDefinition } from './testing/widgets.ts';

const IN_N = '/apis/example.dev/v1/namespaces/n/widgets';
const ORDERS = '/apis/example.dev/v1/namespaces/n/orders';

/** A resource that can only be created, like a SubjectAccessReview. */
function orders(create: (request: CreateRequest) => Promise<object>): ResourceDefinition {
  return {
    ...widgetDefinition(),
    plural: 'orders',
    singular: 'order',
    kind: 'Order',
    listKind: 'OrderList',
    readOnlyMessage: 'orders can only be created',
    create,
  };
}

const order = (more: object = {}) => JSON.stringify({ apiVersion: 'example.dev/v1', kind: 'Order', ...more });

describe('the filter chain', () => {
  it.each([
    ['GET', `${IN_N}/a`, { verb: 'get', namespace: 'n', name: 'a' }],
    ['GET', `${WIDGETS_PATH}?labelSelector=x`, { verb: 'list', labelSelector: 'x' }],
    [
      'GET',
      `${IN_N}?fieldSelector=metadata.name%3Da`,
      { verb: 'list', namespace: 'n', name: 'a', fieldSelector: 'metadata.name=a' },
    ],
    ['DELETE', `${IN_N}/a`, { verb: 'delete', namespace: 'n', name: 'a' }],
    ['DELETE', IN_N, { verb: 'deletecollection', namespace: 'n' }],
    ['POST', `${IN_N}/a/resolve`, { verb: 'create', namespace: 'n', name: 'a', subresource: 'resolve' }],
  ])('A8 A9 %s %s asks for exactly that right', async (method, path, attributes) => {
    await using api = await TestApi.start();
    await api.send(path, { method });
    const base = { kind: 'resource', group: 'example.dev', version: 'v1', resource: 'widgets' };
    expect(api.asked).toEqual([{ ...base, ...attributes }]);
  });

  it('A14 a denied request is 403 with the words of Kubernetes, for every method and before anything else', async () => {
    await using api = await TestApi.start();
    api.allow = () => ({ allowed: false, reason: 'no rule' });
    for (const method of ['GET', 'DELETE', 'PATCH', 'PUT']) {
      const answer = await api.send(`${IN_N}/a?fieldSelector=broken`, { method });
      expect(answer.status).toBe(403);
      expect(answer.json().message).toMatch(
        /^widgets\.example\.dev "a" is forbidden: User "u" cannot \w+ resource "widgets" in API group "example\.dev" in the namespace "n": no rule$/,
      );
    }
  });

  it('A6 E5 what the authenticator says becomes 401, 403 and 503', async () => {
    for (const [authentication, status] of [
      [{ outcome: 'invalid', message: 'expired' }, 401],
      [{ outcome: 'refused', user: { name: 'u', groups: [] }, message: 'no impersonation' }, 403],
      [{ outcome: 'unavailable', message: 'no cluster', retryAfterSeconds: 2 }, 503],
    ] as const) {
      const access = {
        authenticator: { authenticate: () => authentication },
        authorizer: { authorize: () => ({ allowed: true }) as const },
      };
      await using api = await TestApi.start({ api: { access } });
      const answer = await api.send(WIDGETS_PATH);
      expect(answer.status).toBe(status);
      expect(answer.json()).toMatchObject({ kind: 'Status', code: status });
      expect(answer.headers['retry-after']).toBe(status === 503 ? '2' : undefined);
    }
  });

  it('fails closed: an authorizer that fails is never an allowed request, and its words stay inside', async () => {
    for (const [failure, status, retryAfter] of [
      [new AccessUnavailable('10.0.0.1 keeps a secret', { retryAfterSeconds: 2 }), 500, '2'],
      [new Error('secret detail'), 500, undefined],
    ] as const) {
      const access = {
        authenticator: { authenticate: () => ({ outcome: 'user', user: { name: 'u', groups: [] } }) as const },
        authorizer: { authorize: () => Promise.reject(failure) },
      };
      await using api = await TestApi.start({ api: { access } });
      const answer = await api.send(WIDGETS_PATH);
      expect(answer.status).toBe(status);
      expect(answer.headers['retry-after']).toBe(retryAfter);
      expect(answer.text).not.toContain('secret');
    }
  });
});

describe('errors', () => {
  it.each(['PUT', 'PATCH', 'DELETE', 'POST'])(
    'S7 E1 %s on an object is 405 and says what the resource is',
    async (method) => {
      await using api = await TestApi.start();
      const answer = await api.send(`${IN_N}/a`, { method, body: '{}' });
      expect(answer.status).toBe(405);
      expect(answer.json()).toMatchObject({
        kind: 'Status',
        reason: 'MethodNotAllowed',
        message: 'widgets are read-only: they grow by themselves',
        details: { group: 'example.dev', kind: 'widgets' },
      });
    },
  );

  it.each(['POST', 'DELETE'])('S7 %s on the collection is 405 too: kubectl create and delete --all', async (method) => {
    await using api = await TestApi.start();
    expect((await api.send(IN_N, { method, body: '{}' })).json().message).toContain('read-only');
  });

  it.each([
    ['GET', '/apis/nobody.dev', 404],
    ['GET', '/openapi/v4', 404],
    ['POST', '/apis', 405],
    ['GET', '/apis/%E', 400],
    ['GET', `${WIDGETS_PATH}?labelSelector=(`, 400],
  ])('E1 E2 %s %s is a Status with the code of the answer', async (method, path, code) => {
    await using api = await TestApi.start();
    const answer = await api.send(path, { method });
    expect(answer.status).toBe(code);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.json()).toMatchObject({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code });
  });

  it('kubectl names the missing object: a namespace is refused, not missing', async () => {
    await using api = await TestApi.start();
    expect((await api.send('/api/v1/namespaces/n')).status).toBe(405);
  });

  it('H1 H3 no answer is a redirect, and other paths are left to others', async () => {
    await using api = await TestApi.start();
    for (const path of ['/apis/', `${WIDGETS_PATH}/`, '/openapi/v3/', '/openapi']) {
      const { status, headers } = await api.send(path);
      expect(status).not.toBe(301);
      expect(headers.location).toBeUndefined();
    }
    expect((await api.send('/api/v1/reports')).text).toBe('Not Found'); // Koa's: nobody answered
  });

  it('a known caller is not authenticated again', async () => {
    await using api = await TestApi.start();
    const { req, res, asked } = await fakeExchange(WIDGETS_PATH);
    api.allow = (user) => (user.name === 'known' ? { allowed: true } : { allowed: false });
    await api.api.handle(req, res, { name: 'known', groups: [] });
    expect(asked()).toBe(200);
  });
});

describe('create', () => {
  it('S1 D2 a create-only resource is discovered as such and answers 201', async () => {
    const requests: CreateRequest[] = [];
    const create = async (request: CreateRequest) => {
      requests.push(request);
      return { kind: 'Order', status: { done: true } };
    };
    await using api = await TestApi.start({ more: [orders(create)] });
    const { resources } = await api.json<{ resources: { name: string; verbs: string[] }[] }>('/apis/example.dev/v1');
    expect(resources[1]).toMatchObject({ name: 'orders', verbs: ['create'] });
    const answer = await api.send(`${ORDERS}?fieldManager=kubectl&fieldValidation=Strict`, {
      method: 'POST',
      body: order({ spec: { size: 1 } }),
      headers: { 'content-type': 'application/json', 'audit-id': 'aa' },
    });
    expect(answer.status).toBe(201);
    expect(answer.json()).toEqual({ kind: 'Order', status: { done: true } });
    expect(requests[0]).toMatchObject({
      namespace: 'n',
      dryRun: false,
      auditId: 'aa',
      user: { name: 'u' },
      object: { spec: { size: 1 } },
    });
    expect((await api.send(ORDERS)).json()).toMatchObject({ code: 405, message: 'orders can only be created' });
  });

  it.each([
    ['text/plain', order(), '', 415, 'UnsupportedMediaType'],
    ['application/json', '{', '', 400, 'BadRequest'],
    ['application/json', '[]', '', 400, 'BadRequest'],
    ['', '{"apiVersion":"example.dev/v1","kind":"Widget"}', '', 400, 'BadRequest'],
    ['application/json', order({ metadata: { namespace: 'other' } }), '', 400, 'BadRequest'],
    ['application/json', order(), '?dryRun=Some', 400, 'BadRequest'],
    ['application/json', order({ note: 'x'.repeat(3 * 1024 * 1024) }), '', 413, 'RequestEntityTooLarge'],
  ])('S1 S2 S5 Content-Type %j with body %.20s and query %j is %i', async (type, body, query, code, reason) => {
    await using api = await TestApi.start({ more: [orders(() => Promise.reject(new Error('must not be called')))] });
    const headers = { ...(type && { 'content-type': type }) };
    const answer = await api.send(`${ORDERS}${query}`, { method: 'POST', body, headers });
    expect(answer.json()).toMatchObject({ code, reason });
  });

  it('S5 a body that does not say how large it is, is 413 as soon as it is too large', async () => {
    await using api = await TestApi.start({ more: [orders(() => Promise.reject(new Error('must not be called')))] });
    const body = order({ note: 'x'.repeat(4 * 1024 * 1024) });
    const answer = await api.send(ORDERS, { method: 'POST', body, headers: { 'transfer-encoding': 'chunked' } });
    expect(answer.json()).toMatchObject({ code: 413, reason: 'RequestEntityTooLarge' });
  });

  it('S2 dryRun=All reaches the handler', async () => {
    let dryRun: boolean | undefined;
    const create = async (request: CreateRequest) => {
      dryRun = request.dryRun;
      return {};
    };
    await using api = await TestApi.start({ more: [orders(create)] });
    await api.send(`${ORDERS}?dryRun=All`, { method: 'POST', body: order() });
    expect(dryRun).toBe(true);
  });

  it('E6 S4 what the handler refuses is answered as it says', async () => {
    const failures = [
      invalid({ group: 'example.dev', kind: 'Order' }, '', [
        { reason: 'FieldValueRequired', field: 'spec', message: 'say what' },
      ]),
      alreadyExists({ group: 'example.dev', resource: 'orders' }, 'x'),
      Object.assign(new Error('away'), { name: 'StoreUnavailable' }),
    ];
    await using api = await TestApi.start({ more: [orders(() => Promise.reject(failures.shift()))] });
    const codes: unknown[] = [];
    for (let count = 0; count < 3; count++)
      codes.push((await api.send(ORDERS, { method: 'POST', body: order() })).json().code);
    expect(codes).toEqual([422, 409, 503]);
  });
});

/** A request and response without a socket. */
async function fakeExchange(path: string) {
  const { IncomingMessage, ServerResponse } = await import('node:http');
  const { Socket } = await import('node:net');
  const req = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url: path, complete: true });
  const res = new ServerResponse(req);
  return { req, res, asked: () => res.statusCode };
}

describe('many resources', () => {
  it('several groups are discovered and served side by side', async () => {
    const reviews = { ...orders(async () => ({})), group: 'other.dev', plural: 'reviews', namespaced: false };
    await using api = await TestApi.start({ more: [reviews] });
    api.source.put(widget());
    expect(await api.json('/apis')).toMatchObject({ groups: [{ name: 'example.dev' }, { name: 'other.dev' }] });
    const body = JSON.stringify({ apiVersion: 'other.dev/v1', kind: 'Order' });
    expect((await api.send('/apis/other.dev/v1/reviews', { method: 'POST', body })).status).toBe(201);
    expect((await api.send('/apis/other.dev/v1/namespaces/n/reviews', { method: 'POST', body })).status).toBe(404);
  });
});
