import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { parseAuthenticationConfig } from '../kube/access/authentication-config.ts';
import { createAuthenticator } from '../kube/access/authenticator.ts';
import { bearerTokenAuthenticator } from '../kube/access/bearer-token.ts';
import { ClusterApiError } from '../kube/access/cluster-api.ts';
import { certificateCredentials } from '../kube/access/credentials.ts';
import { createTestAuthority, type TestAuthority } from '../kube/access/testing/authority.ts';
import { FakeClusterApi } from '../kube/access/testing/fake-cluster-api.ts';
import { TestServer } from './testing/test-server.ts';

/** A watch over WebSocket by whoever has a token and no way to send a header: browsers, and kube clients that do as they do. */
const WATCH = '/apis/example.dev/v1/widgets?watch=true';
const PROTOCOL = 'base64.binary.k8s.io';
const TOKEN = 'eyJhbGciOi.good-token.~ø';
const encoded = (token: string | Buffer) => Buffer.from(token).toString('base64url');
const bearer = (token: string | Buffer) => `base64url.bearer.authorization.k8s.io.${encoded(token)}`;

let server: TestServer;
let frontProxyCa: TestAuthority;
let api: FakeClusterApi;
/** What handlers behind authentication saw of each request. */
const seen: string[] = [];
const faults: string[] = [];

const answer = (_: string, body?: unknown) => {
  const { token } = (body as { spec: { token: string } }).spec;
  return { status: { authenticated: token === TOKEN, user: { username: 'robot', groups: ['robots'] } } };
};

beforeAll(async () => {
  frontProxyCa = await createTestAuthority({ name: 'front-proxy-ca' });
  const current = parseAuthenticationConfig({
    'client-ca-file': (await createTestAuthority({ name: 'client-ca' })).cert,
    'requestheader-client-ca-file': frontProxyCa.cert,
    'requestheader-allowed-names': '[]',
    'requestheader-username-headers': '["X-Remote-User"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
  });
  const config = () => current;
  api = new FakeClusterApi();
  const tokens = bearerTokenAuthenticator({ api, now: Date.now, ttlMs: 0, backoffMs: [] });
  const credentials = [...certificateCredentials(config, Date.now), tokens];
  const known = createAuthenticator({ credentials, config, onFault: (fault) => faults.push(fault) });
  const authenticator = {
    authenticate: async (request: IncomingMessage) => {
      const result = await known.authenticate(request);
      seen.push(JSON.stringify([request.headers, request.headersDistinct, request.rawHeaders]));
      return result;
    },
  };
  const watch = { verbs: ['watch'], groups: ['example.dev'], resources: ['widgets'] };
  server = await TestServer.start({
    authentication: { config, authenticator },
    grants: ['robot', 'alice'].map((user) => ({ user, resources: [watch] })),
  });
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  api.asked.length = 0;
  api.answer = answer;
  seen.length = 0;
  faults.length = 0;
});

function open(protocols: string[], options: object = {}): WebSocket {
  const socket = new WebSocket(`${server.url.replace('https', 'wss')}${WATCH}`, protocols, {
    ca: server.ca.cert,
    ...options,
  });
  socket.on('error', () => undefined);
  return socket;
}

async function refusal(socket: WebSocket): Promise<{ status: number | undefined; text: string }> {
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  let text = `${response.rawHeaders.join()}\n`;
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, text };
}

const reviewed = () => api.asked.map(({ body }) => (body as { spec: { token: string } }).spec.token);

describe('W12 a token among the subprotocols of a watch', () => {
  test.each([
    ['first', [bearer(TOKEN), PROTOCOL]],
    ['last', [PROTOCOL, bearer(TOKEN)]],
    ['between others', ['v4.channel.k8s.io', bearer(TOKEN), PROTOCOL]],
  ])('that comes %s says who asks, and is in no answer, in no log and in nothing behind', async (_, protocols) => {
    const socket = open(protocols);
    const upgraded = once(socket, 'upgrade') as Promise<[IncomingMessage]>;
    await once(socket, 'open');
    const [response] = await upgraded;
    expect(socket.protocol).toBe(protocols.find((name) => !name.includes('bearer')));
    const message = once(socket, 'message');
    server.put(`seen-${_.replace(' ', '-')}`);
    await message;
    expect(reviewed()).toEqual([TOKEN]);
    const told = [seen, faults, response.rawHeaders, server.logged].map((all) => JSON.stringify(all)).join();
    expect(told).not.toContain(encoded(TOKEN));
    expect(told).not.toContain(TOKEN);
    expect(seen.join()).toContain('base64.binary.k8s.io');
    socket.terminate();
  });

  test.each<[string, string[], string]>([
    ['is not valid', [bearer('bad-token'), PROTOCOL], 'bearer token: not valid'],
    ['is alone, so that nothing could be answered', [bearer(TOKEN)], 'a further subprotocol must be asked for'],
    ['is there twice', [bearer(TOKEN), bearer('other'), PROTOCOL], 'several of them are among the subprotocols'],
    ['is no base64url', [`${bearer(TOKEN)}~`, PROTOCOL], 'its subprotocol is not base64url without padding'],
    ['is no text', [bearer(Buffer.from([0xff, 0xfe])), PROTOCOL], 'its subprotocol is no text'],
  ])('that %s is 401, and the log says why without it', async (_, protocols, why) => {
    const { status, text } = await refusal(open(protocols));
    expect(status).toBe(401);
    expect(faults.join()).toContain(why);
    const told = [text, JSON.stringify([seen, faults, server.logged])].join();
    for (const protocol of protocols.filter((name) => name.includes('bearer'))) {
      expect(told).not.toContain(protocol.split('.').at(-1));
    }
    expect(told).not.toContain(TOKEN);
  });

  test('that cannot be checked now is 503, and that is of no user with a right 403', async () => {
    api.answer = () => {
      throw new ClusterApiError(`Bearer ${TOKEN}`, 500);
    };
    const unknown = await refusal(open([bearer(TOKEN), PROTOCOL]));
    expect(unknown.status).toBe(503);
    api.answer = () => ({ status: { authenticated: true, user: { username: 'eve' } } });
    const refused = await refusal(open([bearer(TOKEN), PROTOCOL]));
    expect(refused.status).toBe(403);
    const told = JSON.stringify([unknown, refused, faults, seen, server.logged]);
    expect(told).not.toContain(TOKEN);
    expect(told).not.toContain(encoded(TOKEN));
  });

  test('that is empty is none', async () => {
    const { status, text } = await refusal(open([bearer(''), PROTOCOL]));
    expect(status).toBe(403);
    expect(text).toContain('system:anonymous');
    expect(api.asked).toEqual([]);
  });

  test('counts only for a WebSocket: elsewhere it is nothing, and gone', async () => {
    const headers = { 'Sec-WebSocket-Protocol': `${bearer(TOKEN)}, ${PROTOCOL}` };
    const { status, text } = await server.ask(WATCH, { headers });
    expect(status).toBe(403);
    expect(text).toContain('system:anonymous');
    expect(api.asked).toEqual([]);
    expect(seen.join()).not.toContain(encoded(TOKEN));
  });

  test('comes after the header Authorization', async () => {
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const socket = open([bearer('bad-token'), PROTOCOL], { headers });
    await once(socket, 'open');
    expect(reviewed()).toEqual([TOKEN]);
    expect(seen.join()).not.toContain(encoded('bad-token'));
    socket.terminate();
  });
});

test('W12 A1 who comes through the aggregator is whom it speaks for, whatever subprotocols are asked for', async () => {
  const client = await frontProxyCa.issue({ name: 'front-proxy-client' });
  const headers = { 'X-Remote-User': 'alice', 'X-Remote-Group': 'team-a' };
  for (const protocols of [[PROTOCOL], [bearer(TOKEN), PROTOCOL], [bearer('bad-token')]]) {
    const socket = open(protocols, { ...client, headers });
    const opened = once(socket, 'upgrade') as Promise<[IncomingMessage]>;
    const [response] = await opened;
    expect(response.headers['sec-websocket-protocol']).toBe(protocols.includes(PROTOCOL) ? PROTOCOL : undefined);
    socket.terminate();
  }
  expect(api.asked).toEqual([]);
  expect(seen.join()).not.toContain('bearer.authorization');
});
