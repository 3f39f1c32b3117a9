import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { connect } from 'node:tls';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthenticator } from './kube/access/authenticator.ts';
import { certificateCredentials } from './kube/access/credentials.ts';
import type { Issued } from './kube/access/testing/authority.ts';
import { TestServer } from './server/testing/test-server.ts';

let test: TestServer;
let admin: Issued;
let stranger: Issued;

beforeAll(async () => {
  test = await TestServer.start({
    metrics: new Registry(),
    rest: [
      async (ctx, next) => {
        if (ctx.path === '/api/v1/reports') ctx.body = { caller: ctx.state.user };
        else if (ctx.path === '/api/v1/broken') throw new Error('password=hunter2');
        else if (ctx.path === '/api/v1/large') ctx.throw(413);
        else if (ctx.path === '/api/v1/away') throw Object.assign(new Error('no'), { name: 'StoreUnavailable' });
        else return next();
      },
    ],
    server: { ready: [{ name: 'db', healthy: () => false, decides: false }] },
  });
  test.put('one');
  admin = await test.admin();
  stranger = await test.user('stranger');
});
afterAll(() => test[Symbol.asyncDispose]());

const DATA_PATHS = [
  '/api/v1/reports',
  '/api/v1/broken',
  '/apis/example.dev/v1/widgets',
  '/apis/example.dev/v1/namespaces/team-a/widgets',
  '/apis/example.dev/v1/namespaces/team-a/widgets/one',
  '/apis/example.dev/v1/widgets?watch=true',
  '/metrics',
  '/api/v1/namespaces/team-a',
];
const KNOWN_PATHS = ['/', '/version', '/api', '/apis', '/apis/example.dev', '/apis/example.dev/v1', '/openapi/v3'];

describe('without an identity', () => {
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
  it.each([...DATA_PATHS, ...KNOWN_PATHS])(
    '%s answers 401 or 403 to every method, and says so in a Status',
    async (path) => {
      for (const method of methods) {
        const headers = { 'X-Remote-User': 'admin', 'X-Remote-Group': 'system:masters', Authorization: 'Bearer x' };
        const answer = await test.ask(path, { method, headers });
        expect([401, 403], `${method} ${path}`).toContain(answer.status);
        if (method !== 'HEAD') expect(answer.json()).toMatchObject({ kind: 'Status', code: answer.status });
      }
    },
  );

  it('a WebSocket is refused too', async () => {
    const answer = await test.ask('/apis/example.dev/v1/widgets?watch=true', {
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'eA==',
      },
    });
    expect(answer.status).toBe(403);
  });

  it('a certificate of another authority is 401 and no reason is given', async () => {
    await using other = await TestServer.start();
    const answer = await test.ask('/apis/example.dev/v1/widgets', { client: await other.admin() });
    expect(answer.status).toBe(401);
    expect(answer.json()).toMatchObject({ reason: 'Unauthorized', message: 'Unauthorized' });
  });
});

it('D9 O2 before it is known whom the cluster lets speak for its users, the aggregator is told 503 and nothing is 404', async () => {
  const authenticator = createAuthenticator({ credentials: certificateCredentials(() => undefined, Date.now) });
  await using starting = await TestServer.start({
    server: { authenticator, clientAuthorities: { current: undefined } },
  });
  const client = await starting.admin();
  for (const path of [...DATA_PATHS, ...KNOWN_PATHS, '/openapi/v2', '/openapi/v3/apis/example.dev/v1', '/nobody']) {
    const answer = await starting.ask(path, { client });
    expect(answer.json(), path).toMatchObject({ kind: 'Status', code: 503, reason: 'ServiceUnavailable' });
    expect(answer.headers['retry-after'], path).toBe('1');
  }
  const ready = await starting.ask('/readyz');
  expect([ready.status, ready.text]).toEqual([500, expect.stringContaining('[-]authentication-config failed')]);
});

describe('with an identity', () => {
  it('A14 a user without rights is told what it may not do, in the words of Kubernetes', async () => {
    const answer = await test.ask('/apis/example.dev/v1/namespaces/team-a/widgets/one', { client: stranger });
    expect(answer.status).toBe(403);
    expect(answer.json()).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message:
        'widgets.example.dev "one" is forbidden: User "stranger" cannot get resource "widgets" in API group "example.dev" in the namespace "team-a"',
      reason: 'Forbidden',
      details: { name: 'one', group: 'example.dev', kind: 'widgets' },
      code: 403,
    });
  });

  it('D8 any user reads discovery and OpenAPI', async () => {
    for (const path of KNOWN_PATHS) expect((await test.ask(path, { client: stranger })).status, path).toBe(200);
  });

  it('a master reads data', async () => {
    const answer = await test.ask('/apis/example.dev/v1/widgets', { client: admin });
    expect(answer.json()).toMatchObject({ items: [{ metadata: { name: 'one' } }] });
  });

  it('REST routes are told who calls', async () => {
    const answer = await test.ask('/api/v1/reports', { client: stranger });
    expect(answer.json()).toEqual({ caller: { name: 'stranger', groups: ['system:authenticated'] } });
  });

  it('A13 impersonation is refused, not ignored', async () => {
    const answer = await test.ask('/apis/example.dev/v1/widgets', {
      client: admin,
      headers: { 'Impersonate-User': 'alice' },
    });
    expect(answer.status).toBe(403);
    expect(answer.json()).toMatchObject({ reason: 'Forbidden', message: expect.stringContaining('impersonation') });
  });

  it('metrics need the right to their path', async () => {
    expect((await test.ask('/metrics', { client: stranger })).status).toBe(403);
    const answer = await test.ask('/metrics', { client: admin });
    expect(answer.text).toContain('faultline_http_requests_total{method="GET",area="apis",code="403"}');
  });
});

describe('every answer', () => {
  it('carries the headers of L17 and the audit id that came with the request', async () => {
    const { headers } = await test.ask('/api/v1/reports', { client: stranger, headers: { 'Audit-Id': 'a-1' } });
    expect(headers).toMatchObject({
      'audit-id': 'a-1',
      'cache-control': 'no-cache, private',
      'x-content-type-options': 'nosniff',
    });
  });

  it.each([
    ['/api/v1/nothing', 404, 'NotFound'],
    ['/api/v1/large', 413, 'RequestEntityTooLarge'],
    ['/api/v1/away', 503, 'ServiceUnavailable'],
    ['/api/v1/broken', 500, 'InternalError'],
  ])('E1 of %s is a Status with code %i', async (path, code, reason) => {
    const answer = await test.ask(path, { client: stranger });
    expect(answer.status).toBe(code);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.json()).toMatchObject({ kind: 'Status', apiVersion: 'v1', code, reason });
    if (code === 503) expect(answer.headers['retry-after']).toBe('1');
  });

  it('keeps the text of an unexpected error for the log', async () => {
    const answer = await test.ask('/api/v1/broken', { client: stranger });
    expect(answer.text).not.toContain('hunter2');
    const { fields } = test.logged.findLast(({ level }) => level === 'error') ?? {};
    expect(fields).toMatchObject({ path: '/api/v1/broken', auditId: answer.headers['audit-id'] });
  });

  it('E1 of a request that is no HTTP is a Status too', async () => {
    const [url, socket] = [
      new URL(test.url),
      connect({ host: '127.0.0.1', port: new URL(test.url).port as never, ca: test.ca.cert }),
    ];
    await once(socket, 'secureConnect');
    socket.end(`GET / HTTP/1.1\r\nHost: ${url.host}\r\nno colon\r\n\r\n`);
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toMatchObject({ kind: 'Status', code: 400 });
  });
});

describe('the connection', () => {
  it.each([
    ['an expectation that is not met', 'Expect: x', 417],
    ['an upgrade that is refused', 'Connection: Upgrade\r\nUpgrade: websocket', 403],
  ])('H3 has nothing behind the headers of an answer to HEAD: %s', async (_what, header, code) => {
    await using own = await TestServer.start();
    const socket = connect({ host: '127.0.0.1', port: new URL(own.url).port as never, ca: own.ca.cert });
    await once(socket, 'secureConnect');
    socket.write(`HEAD /version HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n`);
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${code} [^]*\r\n\r\n$`));
  });

  it('H1 is HTTP/1.1, whatever the client offers, on TLS 1.2 or later', async () => {
    const socket = connect({
      port: new URL(test.url).port as never,
      host: '127.0.0.1',
      ca: test.ca.cert,
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe('http/1.1');
    socket.destroy();
    const old = connect({
      port: new URL(test.url).port as never,
      host: '127.0.0.1',
      ca: test.ca.cert,
      maxVersion: 'TLSv1.1',
    });
    await expect(once(old, 'secureConnect')).rejects.toThrow();
  });

  it('H1 is kept open for longer than the 90 s of Go clients', async () => {
    const agent = new Agent({ ca: test.ca.cert, keepAlive: true });
    const [response] = await once(request(`${test.url}/readyz`, { agent }).end(), 'response');
    response.resume();
    expect(Number(/timeout=(\d+)/.exec(response.headers['keep-alive'])?.[1])).toBeGreaterThanOrEqual(95);
    agent.destroy();
  });

  it('H5 takes 48 KiB of headers, and answers 431 above 64 KiB', async () => {
    const groups = (count: number) => ({
      'X-Remote-Group': Array.from({ length: count }, (_, i) => `group-${i}`.padEnd(200, 'x')),
    });
    expect((await test.ask('/version', { client: stranger, headers: groups(220) })).status).toBe(200);
    expect((await test.ask('/version', { client: stranger, headers: groups(400) })).status).toBe(431);
  });

  it('is served with another certificate once there is one', async () => {
    await using own = await TestServer.start();
    const renewed = await own.ca.issue({ name: 'renewed', hosts: ['127.0.0.1'], usages: ['1.3.6.1.5.5.7.3.1'] });
    own.server.setCertificate(renewed);
    const socket = connect({ port: new URL(own.url).port as never, host: '127.0.0.1', ca: own.ca.cert });
    await once(socket, 'secureConnect');
    expect(socket.getPeerCertificate().subject.CN).toBe('renewed');
    socket.destroy();
  });
});

describe('X1 health', () => {
  it.each(['/healthz', '/livez', '/readyz'])('%s answers ok to anybody', async (path) => {
    const answer = await test.ask(path);
    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([
      200,
      'ok',
      'text/plain; charset=utf-8',
    ]);
  });

  it('X3 reports the database and stays ready without it', async () => {
    const answer = await test.ask('/readyz?verbose');
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(
      '[+]ping ok\n[+]tls ok\n[+]authentication-config ok\n[+]shutdown ok\n[-]db failed: reason withheld (reported only)\nreadyz check passed\n',
    );
    expect((await test.ask('/readyz/db')).status).toBe(500);
  });
});

describe('kubectl auth against the embedded server', () => {
  const post = async (path: string, body: object, client: Issued) =>
    (
      await test.ask(path, {
        method: 'POST',
        client,
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json' },
      })
    ).json();
  const canI = (client: Issued, spec: object) =>
    post(
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec },
      client,
    );

  it('answers can-i as the authorizer decides', async () => {
    const spec = {
      resourceAttributes: { verb: 'list', group: 'example.dev', resource: 'widgets', namespace: 'team-a' },
    };
    expect(await canI(admin, spec)).toMatchObject({ kind: 'SelfSubjectAccessReview', status: { allowed: true } });
    expect(await canI(stranger, spec)).toMatchObject({ status: { allowed: false } });
    expect(await canI(stranger, { nonResourceAttributes: { verb: 'get', path: '/version' } })).toMatchObject({
      status: { allowed: true },
    });
  });

  it('reads the protobuf of kubectl, and answers in JSON', async () => {
    const field = (number: number, content: string | Buffer) =>
      Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), Buffer.from(content)]);
    const attributes = Buffer.concat([field(2, 'list'), field(3, 'example.dev'), field(5, 'widgets')]);
    const type = Buffer.concat([field(1, 'authorization.k8s.io/v1'), field(2, 'SelfSubjectAccessReview')]);
    const body = Buffer.concat([Buffer.from('k8s\0'), field(1, type), field(2, field(2, field(1, attributes)))]);
    for (const [client, allowed] of [
      [admin, true],
      [stranger, false],
    ] as const) {
      const answer = await test.ask('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        method: 'POST',
        client,
        body,
        headers: { 'Content-Type': 'application/vnd.kubernetes.protobuf' },
      });
      expect(answer.json()).toMatchObject({ kind: 'SelfSubjectAccessReview', status: { allowed } });
    }
  });

  it('refuses a question about nothing, or about two things', async () => {
    expect(await canI(admin, {})).toMatchObject({ code: 400 });
    expect(await canI(admin, { resourceAttributes: {}, nonResourceAttributes: {} })).toMatchObject({ code: 400 });
  });

  it('lists rules and says who one is', async () => {
    const rules = await post(
      '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
      { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace: 'default' } },
      admin,
    );
    expect(rules).toMatchObject({ status: { resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] } });
    const who = await post(
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
      stranger,
    );
    expect(who).toMatchObject({ status: { userInfo: { username: 'stranger', groups: ['system:authenticated'] } } });
  });
});
