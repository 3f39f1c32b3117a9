import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import { isLoopback, KnownHosts } from './kite-hosts.ts';
import { type KiteListener, openKiteListener } from './kite-listener.ts';

/** The plain listener alone, in front of a route that says who asks. */

let listener: KiteListener | undefined;
afterEach(async () => listener?.[Symbol.asyncDispose]());

const silent = (): void => {};
async function open(hosts: readonly string[] = [], host = '127.0.0.1'): Promise<URL> {
  listener = await openKiteListener({
    ...{ listen: { host, port: 0 }, identity: { name: 'kite', groups: ['ui'] }, hosts, drainMs: 50 },
    tokens: {
      check: ({ headers }) =>
        headers.authorization === 'Bearer ada'
          ? { kind: 'user', user: { name: 'ada', groups: [] } }
          : { kind: headers.authorization?.startsWith('Bearer') ? 'invalid' : 'absent', message: 'no' },
    },
    routes: async (ctx) => {
      if (ctx.path === '/who') ctx.body = ctx.state.user;
      if (ctx.path === '/broken') throw new Error('a secret of ours');
    },
    logger: { info: silent, warn: silent, error: silent },
  });
  return new URL(listener.url);
}

/** Also what fetch does not let one send. */
function ask(url: URL, headers: Record<string, string> = {}, { method = 'GET', path = '/who', body = '' } = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const { hostname, port } = url;
  const sent = request(
    { hostname, port, path, method, headers: { Host: `localhost:${port}`, ...headers } },
    (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    },
  );
  sent.on('error', reject).end(body);
  return promise;
}

test('requests without a token are those of the identity, with one of its user, with a wrong one of nobody', async () => {
  const url = await open();
  expect(JSON.parse((await ask(url)).text)).toEqual({ name: 'kite', groups: ['ui', 'system:authenticated'] });
  expect(JSON.parse((await ask(url, { Authorization: 'Bearer ada' })).text)).toMatchObject({ name: 'ada' });
  expect((await ask(url, { Authorization: 'Bearer eve' })).status).toBe(401);
  expect((await ask(url, { Authorization: 'Basic eDp5' })).status).toBe(401);
});

test('W12 a token among subprotocols makes nobody the identity', async () => {
  const token = `base64url.bearer.authorization.k8s.io.${Buffer.from('eve').toString('base64url')}, base64.binary.k8s.io`;
  const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Protocol': token };
  expect((await ask(await open(), headers)).status).toBe(401);
});

test.each(['X-Remote-User', 'Impersonate-User'])('%s makes nobody of anybody', async (header) => {
  const answer = await ask(await open(), { [header]: 'admin' });
  expect(answer.status === 403 || JSON.parse(answer.text).name === 'kite').toBe(true);
  expect(answer.text).not.toContain('"name":"admin"');
});

/** An address of this machine that others could have: requests from it come from no loopback. */
const [outside] = Object.values(networkInterfaces()).flatMap((of) =>
  (of ?? []).flatMap(({ internal, family, address }) => (internal || family !== 'IPv4' ? [] : [address])),
);

test.skipIf(outside === undefined)(
  'a token from another machine is refused, right or wrong, and goes nowhere',
  async () => {
    const url = await open([], outside);
    expect((await ask(url)).status).toBe(200);
    for (const Authorization of ['Bearer ada', 'Bearer eve', 'Basic eDp5']) {
      const answer = await ask(url, { Authorization });
      expect(answer.status, Authorization).toBe(403);
      expect(answer.text).toContain('tokens are not taken over plain HTTP from another machine');
    }
  },
);

test('a page that reaches this machine by a name of its own is refused, unless somebody named it', async () => {
  const url = await open(['Kite.Example']);
  for (const host of ['evil.example', `evil.example:${url.port}`, 'localhost.evil.example', 'evil.example:x']) {
    expect((await ask(url, { Host: host })).status, host).toBeGreaterThanOrEqual(400);
  }
  for (const host of ['localhost', `127.0.0.1:${url.port}`, '[::1]:80', 'kite.example']) {
    expect((await ask(url, { Host: host })).status, host).toBe(200);
  }
});

test('a page of another origin cannot write, not even without a body', async () => {
  const url = await open();
  const resolve = (headers: Record<string, string>) => ask(url, headers, { method: 'POST' });
  expect((await resolve({ Origin: 'https://evil.example' })).status).toBe(403);
  expect((await resolve({ Origin: 'null' })).status).toBe(403);
  expect((await resolve({ Origin: `http://localhost:${url.port}` })).status).toBe(200);
  expect((await resolve({})).status).toBe(200);
});

test.each(['text/plain', 'application/x-www-form-urlencoded', ''])('a body of type "%s" is refused', async (type) => {
  const headers: Record<string, string> = type === '' ? {} : { 'Content-Type': type };
  const answer = await ask(await open(), headers, { method: 'POST', body: '{"a":1}' });
  expect(answer).toEqual({ status: 415, text: '{"error":"the body must be application/json"}' });
});

test('a body of JSON is taken', async () => {
  const type = { 'Content-Type': 'application/json; charset=utf-8' };
  expect((await ask(await open(), type, { method: 'POST', body: '{}' })).status).toBe(200);
});

test('a fault of ours is told to nobody', async () => {
  const answer = await ask(await open(), {}, { path: '/broken' });
  expect(answer).toEqual({ status: 500, text: '{"error":"Internal error"}' });
});

test('what nobody serves is answered as Kite answers', async () => {
  expect(await ask(await open(), {}, { path: '/api/v1/nothing' })).toEqual({ status: 404, text: '404 page not found' });
});

test.each([
  ['127.0.0.1', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['10.0.0.1', false],
  ['::ffff:10.0.0.1', false],
  ['1270.0.0.1', false],
  [undefined, false],
])('%s is this machine: %s', (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});

test('the address that is listened on is known', () => {
  expect(new KnownHosts('10.1.2.3').knows('10.1.2.3:8080')).toBe(true);
  expect(new KnownHosts('fd00::1').knows('[fd00::1]:8080')).toBe(true);
  expect(new KnownHosts('10.1.2.3').knows('10.1.2.4')).toBe(false);
});
