import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Engine } from '../ingest/engine.ts';
import { InvalidInput } from '../ingest/input.ts';
import { reportRoutes } from './reports.ts';

/** The routes alone: an engine that notes what it was asked, behind a middleware that says who asks. */

const USER = { name: 'faultline-controllers', groups: ['system:authenticated'] };
let user: unknown;
let asked: unknown[][];
let throws: Error | undefined;
let server: Server;
let url: string;

const note =
  (name: string, result: unknown) =>
  async (...args: unknown[]): Promise<never> => {
    if (throws) throw throws;
    asked.push([name, ...args]);
    return result as never;
  };
const engine = {
  submit: note('submit', { results: [], resourceVersion: '7' }),
  lead: note('lead', { sources: [] }),
  sync: note('sync', { resolved: 0, kept: 0 }),
  subjects: note('subjects', { subjects: [] }),
  resolve: note('resolve', undefined),
  [Symbol.asyncDispose]: async () => {},
} as unknown as Engine;

beforeEach(async () => {
  [user, asked, throws] = [USER, [], undefined];
  const app = new Koa();
  app.silent = true;
  app.use((ctx, next) => {
    ctx.state.user = user;
    return next();
  });
  app.use(reportRoutes(engine));
  server = createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => new Promise((resolve) => void server.close(resolve).closeAllConnections()));

const JSON_TYPE = { 'content-type': 'application/json' };
async function post(path: string, body: string, headers: Record<string, string> = JSON_TYPE) {
  const response = await fetch(url + path, { method: 'POST', body, headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text.startsWith('{') ? JSON.parse(text) : text };
}

test.each([
  ['/api/v1/reports', ['submit', { a: 1 }, USER], { results: [], resourceVersion: '7' }],
  ['/api/v1/lead', ['lead', { a: 1 }, USER], { sources: [] }],
  ['/api/v1/sources/rule.x/sync', ['sync', 'rule.x', { a: 1 }, USER], { resolved: 0, kept: 0 }],
])('POST %s hands the body and the caller to the engine', async (path, call, body) => {
  expect(await post(path, '{"a":1}')).toMatchObject({ status: 200, body });
  expect(asked).toEqual([call]);
});

test('what an answer quotes of its caller is escaped: nothing of it acts on a terminal', async () => {
  const hostile = 'a\u009b31m\u202egnp\u2028\u0007';
  throws = new InvalidInput('no', [{ path: hostile, message: hostile, value: hostile }]);
  const response = await fetch(`${url}/api/v1/reports`, { method: 'POST', body: '{}', headers: JSON_TYPE });
  const text = await response.text();
  expect(text).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
  expect(JSON.parse(text)).toEqual({ error: 'no', details: [{ path: hostile, message: hostile, value: hostile }] });
  expect(response.headers.get('content-type')).toBe('application/json');
});

test('GET subjects, Active ones only', async () => {
  const get = (query: string): Promise<Response> => fetch(`${url}/api/v1/sources/tekton/subjects${query}`);
  expect(await (await get('?state=Active')).json()).toEqual({ subjects: [] });
  expect((await get('')).status).toBe(200);
  expect((await get('?state=Resolved')).status).toBe(400);
  expect(asked).toEqual([
    ['subjects', 'tekton', USER],
    ['subjects', 'tekton', USER],
  ]);
});

describe('without an identity', () => {
  test.each([undefined, { name: 'system:anonymous', groups: [] }])(
    '%j is answered 401 and nothing else',
    async (nobody) => {
      user = nobody;
      expect((await post('/api/v1/reports', '[]')).status).toBe(401);
      expect((await fetch(`${url}/api/v1/sources/tekton/subjects`)).status).toBe(401);
      expect(asked).toEqual([]);
    },
  );
});

describe('a body', () => {
  test('that is no JSON is 400, with the place', async () => {
    const { status, body } = await post('/api/v1/reports', '[{"source": }]');
    expect([status, body.error]).toEqual([400, expect.stringContaining('not JSON')]);
  });

  test('of another media type is 415; parameters and no type at all are taken', async () => {
    expect((await post('/api/v1/reports', '[]', { 'content-type': 'text/yaml' })).status).toBe(415);
    expect((await post('/api/v1/reports', '[]', { 'content-type': 'Application/JSON; charset=utf-8' })).status).toBe(
      200,
    );
  });

  test('above 3 MiB is 413, announced or not', async () => {
    const large = JSON.stringify('x'.repeat(3 * 1024 * 1024));
    expect((await post('/api/v1/reports', large)).status).toBe(413);
    expect(await chunked(large)).toBe(413);
    expect(asked).toEqual([]);
    expect((await post('/api/v1/reports', JSON.stringify('x'.repeat(3 * 1024 * 1024 - 2)))).status).toBe(200);
  });

  /** Without Content-Length. The server may answer and close before everything is sent. */
  function chunked(body: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(`${url}/api/v1/reports`, { method: 'POST', headers: JSON_TYPE });
      let answered = false;
      request.on('response', (response) => {
        answered = true;
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      request.on('error', (error) => void (answered || reject(error)));
      request.write(body.slice(0, body.length / 2));
      request.end(body.slice(body.length / 2));
    });
  }
});

describe('what the engine throws', () => {
  const named = (name: string, more: object = {}): Error => Object.assign(new Error(`the ${name}`), { name, ...more });

  test.each([
    ['InvalidInput', 400, null],
    ['NotAllowed', 403, null],
    ['Fenced', 409, null],
    ['TooManyReports', 429, '1'],
    ['NamespacesUnavailable', 503, '1'],
    ['AccessUnavailable', 503, '1'],
  ])('%s is %i', async (name, status, retryAfter) => {
    throws = named(name);
    const answer = await post('/api/v1/reports', '[]');
    expect([answer.status, answer.body, answer.headers.get('retry-after')]).toEqual([
      status,
      { error: `the ${name}` },
      retryAfter,
    ]);
  });

  test('says how long to wait, when it knows', async () => {
    throws = named('AccessUnavailable', { retryAfterSeconds: 5 });
    expect((await post('/api/v1/reports', '[]')).headers.get('retry-after')).toBe('5');
  });

  test('a database that is away is 503, without what it says about itself', async () => {
    throws = named('StoreUnavailable', { message: 'connect ECONNREFUSED 10.0.0.7:5432 user=faultline' });
    const { status, body } = await post('/api/v1/lead', '{}');
    expect([status, JSON.stringify(body)]).toEqual([503, expect.not.stringContaining('10.0.0.7')]);
  });

  test('faults come as details, each with its path', async () => {
    const details = [{ path: 'sources[0].name', message: 'is required' }];
    throws = new InvalidInput('the lead request is invalid', details);
    expect((await post('/api/v1/lead', '{}')).body).toEqual({ error: 'the lead request is invalid', details });
  });

  test('anything else is left to the server, which answers 500 without the text', async () => {
    throws = new TypeError('secret');
    const { status, body } = await post('/api/v1/reports', '[]');
    expect([status, String(body)]).toEqual([500, expect.not.stringContaining('secret')]);
  });
});

test('paths of others are passed on', async () => {
  expect((await fetch(`${url}/api/v1/namespaces`)).status).toBe(404);
  expect(asked).toEqual([]);
});
