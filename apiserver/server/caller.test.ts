import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { connect } from 'node:tls';
import type { Middleware } from 'koa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuthenticationConfig, parseAuthenticationConfig } from '../kube/access/authentication-config.ts';
import { createAuthenticator } from '../kube/access/authenticator.ts';
import { bearerTokenAuthenticator } from '../kube/access/bearer-token.ts';
import { certificateCredentials } from '../kube/access/credentials.ts';
import { createTestAuthority, type Issued, SERVER_AUTH, type TestAuthority } from '../kube/access/testing/authority.ts';
import { FakeClusterApi } from '../kube/access/testing/fake-cluster-api.ts';
import { rawRequest } from '../kube/access/testing/raw-request.ts';
import { TestServer } from './testing/test-server.ts';

/** Who a caller is, through the listener that serves users: every kind of certificate, over HTTP and over WebSocket. */
const HOUR = 3_600_000;
const WIDGETS = '/apis/example.dev/v1/widgets';
const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];
const ALICE = ['X-Remote-User: alice', 'X-Remote-Group: team-a'];

let test: TestServer;
let frontProxyCa: TestAuthority;
let clientCa: TestAuthority;
let original: AuthenticationConfig;
let current: AuthenticationConfig | undefined;
const faults: string[] = [];

function configOf(requestHeader: TestAuthority, more: Record<string, string> = {}): AuthenticationConfig {
  return parseAuthenticationConfig({
    'client-ca-file': clientCa.cert,
    'requestheader-client-ca-file': requestHeader.cert,
    'requestheader-allowed-names': '["front-proxy-client"]',
    'requestheader-username-headers': '["X-Remote-User"]',
    'requestheader-uid-headers': '["X-Remote-Uid"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
    ...more,
  });
}

/** Answers who the server thinks the caller is, and which credentials are left in what handlers see. */
const whoami: Middleware = async (ctx, next) => {
  if (ctx.path !== '/api/v1/whoami') return next();
  const { headers, headersDistinct, rawHeaders } = ctx.req;
  const names = [...Object.keys(headers), ...Object.keys(headersDistinct), ...rawHeaders.filter((_, i) => i % 2 === 0)];
  const left = names.filter((name) => /remote|authorization|impersonate|forwarded-user/i.test(name));
  ctx.body = { user: ctx.state.user, left };
};

beforeAll(async () => {
  [frontProxyCa, clientCa] = await Promise.all([
    createTestAuthority({ name: 'front-proxy-ca' }),
    createTestAuthority({ name: 'client-ca' }),
  ]);
  original = configOf(frontProxyCa);
  const api = new FakeClusterApi();
  api.answer = (_, body) => {
    const good = JSON.stringify(body).includes('good-token');
    return { status: { authenticated: good, user: { username: 'robot', groups: ['robots'] } } };
  };
  const config = () => current;
  const credentials = [...certificateCredentials(config, Date.now), bearerTokenAuthenticator({ api, now: Date.now })];
  const authenticator = createAuthenticator({ credentials, config, onFault: (fault) => faults.push(fault) });
  const rule = { verbs: ['list', 'watch'], groups: ['example.dev'], resources: ['widgets'] };
  test = await TestServer.start({
    rest: [whoami],
    authentication: { config, authenticator },
    grants: [{ user: 'alice', resources: [rule] }],
  });
});
beforeEach(() => {
  current = original;
  faults.length = 0;
});
afterAll(() => test[Symbol.asyncDispose]());

const frontProxy = (options: Parameters<TestAuthority['issue']>[0] = {}) =>
  frontProxyCa.issue({ name: 'front-proxy-client', ...options });
const raw = (path: string, lines: readonly string[], client?: Issued) =>
  rawRequest(`${test.url}${path}`, lines, { ca: test.ca.cert, ...client });
/** The user's name, or the code of the refusal. */
async function who(lines: readonly string[], client?: Issued): Promise<unknown> {
  const { status, body } = await raw('/api/v1/whoami', lines, client);
  if (status !== 200) return status;
  const { user, left } = JSON.parse(body) as { user: { name: string }; left: string[] };
  expect(left).toEqual([]);
  return user;
}
const named = (name: string, ...groups: string[]) => ({ name, groups: [...groups, 'system:authenticated'] });

const CHAIN = async (delegate: TestAuthority) => {
  const leaf = await delegate.issue({ name: 'front-proxy-client' });
  return { cert: leaf.cert + delegate.cert, key: leaf.key };
};
type Row = [string, () => Promise<Issued | undefined>, unknown, number, number];
const OTHER = named('front-proxy-client');
const MATRIX: Row[] = [
  // certificate, whom it makes of X-Remote-User: alice, and the codes of a list and of a WebSocket of alice's widgets
  ['of the front proxy', () => frontProxy(), named('alice', 'team-a'), 200, 101],
  [
    'of an intermediate of the front proxy',
    async () => CHAIN(await frontProxyCa.delegate({ name: 'i' })),
    named('alice', 'team-a'),
    200,
    101,
  ],
  ['of the client authority with the same name', () => clientCa.issue({ name: 'front-proxy-client' }), OTHER, 403, 403],
  [
    'of an intermediate of the client authority',
    async () => CHAIN(await clientCa.delegate({ name: 'front-proxy-ca' })),
    OTHER,
    403,
    403,
  ],
  ['for servers', () => frontProxy({ usages: [SERVER_AUTH] }), 401, 401, 401],
  ['for no use', () => frontProxy({ usages: [] }), 401, 401, 401],
  ['that expired', () => frontProxy({ notAfter: Date.now() - HOUR }), 401, 401, 401],
  ['that is not valid yet', () => frontProxy({ notBefore: Date.now() + HOUR }), 401, 401, 401],
  ['with another name', () => frontProxy({ name: 'somebody' }), 401, 401, 401],
  [
    'of a stranger with the same names',
    async () => (await createTestAuthority({ name: 'front-proxy-ca' })).issue({ name: 'front-proxy-client' }),
    401,
    401,
    401,
  ],
  ['of its own making', async () => selfSigned(), 401, 401, 401],
  ['that is missing', async () => undefined, 401, 403, 403],
];

async function selfSigned(): Promise<Issued> {
  const { cert, key } = await createTestAuthority({ name: 'front-proxy-client', usages: ['1.3.6.1.5.5.7.3.2'] });
  return { cert, key };
}

describe('A1 A2 A5 W12 X-Remote-User: alice with a certificate', () => {
  it.each(MATRIX)('%s', async (_, client, user, list, socket) => {
    const certificate = await client();
    expect(await who(ALICE, certificate)).toEqual(user);
    expect((await raw(WIDGETS, ALICE, certificate)).status).toBe(list);
    expect((await raw(`${WIDGETS}?watch=true`, [...ALICE, ...UPGRADE], certificate)).status).toBe(socket);
  });
});

describe('P17 a refused certificate', () => {
  it.each<[() => Promise<Issued>, string]>([
    [() => frontProxy({ name: 'aggregator' }), 'front proxy: "aggregator" is not an allowed common name'],
    [() => frontProxy({ notAfter: Date.now() - HOUR }), 'client certificate: expired or not yet valid'],
    [() => frontProxy({ usages: [SERVER_AUTH] }), 'client certificate: not for client authentication'],
    [() => selfSigned(), 'client certificate: an authority cannot be a client'],
  ])('is explained to the log and to nobody else', async (client, why) => {
    const { body } = await raw(WIDGETS, ALICE, await client());
    expect(JSON.parse(body)).toMatchObject({ code: 401, message: 'Unauthorized' });
    expect(faults.join()).toContain(why);
  });
});

describe('A5 headers that only look like an identity', () => {
  const spoofs: [string, string[]][] = [
    ['plain', ['X-Remote-User: admin', 'X-Remote-Group: system:masters']],
    ['shouted', ['X-REMOTE-USER: admin', 'X-REMOTE-GROUP: system:masters', 'X-REMOTE-EXTRA-SCOPES: all']],
    ['whispered', ['x-remote-user: admin', 'x-remote-group: system:masters', 'x-remote-uid: 0']],
    [
      'given twice',
      ['X-Remote-User: bob', 'x-remote-user: admin', 'X-Remote-Group: a', 'X-Remote-Group: system:masters'],
    ],
    [
      'named as connection headers',
      ['Connection: X-Remote-User', 'X-Remote-User: admin', 'X-Remote-Group: system:masters'],
    ],
    ['with underscores', ['X_Remote_User: admin', 'X_Remote_Group: system:masters']],
  ];
  it.each(spoofs)('%s', async (_, lines) => {
    const bob = await clientCa.issue({ name: 'bob', organizations: ['team-b'] });
    const underscores = lines.join().includes('_');
    if (!underscores) expect(await who(lines)).toBe(401);
    for (const [client, credential, user] of [
      [bob, [], named('bob', 'team-b')],
      [undefined, ['Authorization: Bearer good-token'], named('robot', 'robots')],
    ] as const) {
      if (!underscores) expect(await who([...lines, ...credential], client)).toEqual(user);
      expect((await raw(WIDGETS, [...lines, ...credential], client)).status).toBe(403);
      expect((await raw(`${WIDGETS}?watch=true`, [...lines, ...credential, ...UPGRADE], client)).status).toBe(403);
    }
    const bad = ['Authorization: Bearer bad-token'];
    expect((await raw(WIDGETS, [...lines, ...bad])).status).toBe(401);
    expect((await raw(`${WIDGETS}?watch=true`, [...lines, ...bad, ...UPGRADE])).status).toBe(401);
  });
});

describe('A3 what the front proxy says', () => {
  it('is taken header by header: the first name, every group, keys decoded, empty ones and commas as they are', async () => {
    const lines = [
      'x-REMOTE-user: alice',
      'X-Remote-User: mallory',
      'X-Remote-Uid: u-1',
      'X-Remote-Group: cn=a,ou=b',
      'X-Remote-Group:',
      'x-remote-group: two, three',
      'X-Remote-Extra-Example.com%2fa%25b: 1,2',
      'x-remote-extra-example.com%2Fa%25b: 3',
      'X-Remote-Extra-Broken%zz: kept',
      'X-Remote-Extra-__proto__: x',
    ];
    expect(await who(lines, await frontProxy())).toEqual({
      name: 'alice',
      uid: 'u-1',
      groups: ['cn=a,ou=b', 'two, three', 'system:authenticated'],
      extra: { 'example.com/a%b': ['1,2', '3'], 'broken%zz': ['kept'], ['__proto__']: ['x'] },
    });
  });

  it('and a certificate may be in any script', async () => {
    const lines = ['X-Remote-User: Zoë', 'X-Remote-Group: Développeurs', 'X-Remote-Extra-Team: 開発'];
    expect(await who(lines, await frontProxy())).toEqual({
      ...named('Zoë', 'Développeurs'),
      extra: { team: ['開発'] },
    });
    const own = await clientCa.issue({ name: 'Zoë', organizations: ['開発'] });
    expect(await who([], own)).toEqual(named('Zoë', '開発'));
  });
});

describe('A13 somebody else’s name', () => {
  it.each([
    'Impersonate-User: alice',
    'impersonate-user: alice',
    'IMPERSONATE-GROUP: system:masters',
    'Impersonate-Uid: 1',
    'Impersonate-Extra-Scopes: all',
  ])('is refused on a direct call: %s', async (line) => {
    for (const client of [await clientCa.issue({ name: 'alice' }), undefined]) {
      const { status, body } = await raw(WIDGETS, [line], client);
      expect(status).toBe(403);
      expect(JSON.parse(body)).toMatchObject({ kind: 'Status', reason: 'Forbidden', code: 403 });
      expect((await raw(`${WIDGETS}?watch=true`, [line, ...UPGRADE], client)).status).toBe(403);
    }
    expect((await raw(WIDGETS, [line, ...ALICE], await frontProxy())).status).toBe(403);
  });
});

describe('A4 when the authority of the front proxy changes', () => {
  it('open connections lose what they had at once, the new authority has it, and open watches go on', async () => {
    const rotated = await createTestAuthority({ name: 'rotated' });
    const [before, after] = [await frontProxy(), await rotated.issue({ name: 'front-proxy-client' })];
    const headers = { 'X-Remote-User': 'alice' };
    const agent = new Agent({ ca: test.ca.cert, ...before, keepAlive: true, maxSockets: 1 });
    const send = async (path: string, using = agent) => {
      const [response] = await once(request(`${test.url}${path}`, { agent: using, headers }).end(), 'response');
      return response as IncomingMessage;
    };
    const status = async () => {
      const response = await send(WIDGETS);
      const { localPort } = response.socket;
      for await (const _ of response);
      return [response.statusCode, localPort];
    };
    const watching = new Agent({ ca: test.ca.cert, ...before });
    const watch = await send(`${WIDGETS}?watch=true`, watching);
    const [first, port] = await status();
    expect(first).toBe(200);

    current = configOf(rotated);
    expect(await status()).toEqual([401, port]);
    expect((await raw(WIDGETS, ALICE, after)).status).toBe(200);
    test.put('after-the-rotation');
    const [line] = await once(watch.setEncoding('utf8'), 'data');
    expect(line).toContain('after-the-rotation');

    current = original;
    expect(await status()).toEqual([200, port]);
    watching.destroy();
    agent.destroy();
  });

  it('and when the allowed names or the header names change', async () => {
    const client = await frontProxy();
    current = configOf(frontProxyCa, { 'requestheader-allowed-names': '["another"]' });
    expect(await who(ALICE, client)).toBe(401);
    current = configOf(frontProxyCa, { 'requestheader-username-headers': '["X-Forwarded-User"]' });
    expect(await who(['X-Forwarded-User: carol', ...ALICE], client)).toEqual(named('carol', 'team-a'));
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'a session of %s cannot be resumed, so it brings no old verdict',
    async (version) => {
      const client = await frontProxy();
      const options = {
        ...{ host: '127.0.0.1', port: Number(new URL(test.url).port), ca: test.ca.cert },
        ...{ minVersion: version, maxVersion: version },
        ...client,
      };
      const first = connect(options);
      const sessions: Buffer[] = [];
      first.on('session', (session) => sessions.push(session));
      await once(first, 'secureConnect');
      first.write(`GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n`);
      await once(first, 'data');
      const session = first.getSession() ?? sessions.at(-1);
      first.destroy();
      const second = connect({ ...options, ...(session && { session }) });
      await once(second, 'secureConnect');
      expect(second.isSessionReused()).toBe(false);
      second.destroy();
    },
  );
});

it('A6 nobody is anonymous on the Kubernetes API, and unknown on REST', async () => {
  const { status, body } = await raw(WIDGETS, []);
  expect(status).toBe(403);
  expect(body).toContain('User \\"system:anonymous\\" cannot list resource \\"widgets\\"');
  expect((await raw('/api/v1/whoami', [])).status).toBe(401);
});

it('A8 A14 whoever has no right to a path does not learn whether it exists', async () => {
  const bob = await clientCa.issue({ name: 'bob' });
  const { status, body } = await raw('/nobody-serves-this', [], bob);
  expect(status).toBe(403);
  expect(JSON.parse(body)).toEqual({
    ...{
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      reason: 'Forbidden',
      details: {},
      code: 403,
    },
    message: 'forbidden: User "bob" cannot get path "/nobody-serves-this"',
  });
  const admin = await clientCa.issue({ name: 'root', organizations: ['system:masters'] });
  expect((await raw('/nobody-serves-this', [], admin)).status).toBe(404);
});

it('D8 O8 the aggregator’s own users read discovery and OpenAPI without any group', async () => {
  const client = await frontProxy();
  for (const user of ['system:kube-aggregator', 'system:aggregator']) {
    for (const path of [
      '/apis',
      '/apis/example.dev/v1',
      '/openapi/v2',
      '/openapi/v3',
      '/openapi/v3/apis/example.dev/v1',
    ]) {
      expect((await raw(path, [`X-Remote-User: ${user}`, 'Accept: application/json'], client)).status, path).toBe(200);
    }
  }
});

it('D9 O2 nothing is 404 while it is not known whom to believe', async () => {
  current = undefined;
  const client = await frontProxy();
  for (const path of ['/', '/apis', '/apis/example.dev/v1', '/openapi/v2', '/openapi/v3', WIDGETS, '/nobody']) {
    expect((await raw(path, ALICE, client)).status, path).toBe(503);
  }
  expect((await raw(`${WIDGETS}?watch=true`, [...ALICE, ...UPGRADE], client)).status).toBe(503);
});
