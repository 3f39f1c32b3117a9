import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ClusterApiError, createClusterApi } from './cluster-api.ts';
import { createTestAuthority, type Issued, SERVER_AUTH, type TestAuthority } from './testing/authority.ts';

let ca: TestAuthority;
let client: Issued;
let server: string;
let handle: (request: IncomingMessage, response: ServerResponse, body: string) => void;
const closing: (() => void)[] = [];

beforeAll(async () => {
  ca = await createTestAuthority({ name: 'cluster-ca' });
  client = await ca.issue({ name: 'faultline-server' });
  const serving = await ca.issue({ name: 'kubernetes', hosts: ['kubernetes.default'], usages: [SERVER_AUTH] });
  const options = { ...serving, ca: ca.cert, requestCert: true, rejectUnauthorized: false };
  const listening = createServer(options, async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    handle(request, response, body);
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  server = `https://127.0.0.1:${(listening.address() as AddressInfo).port}`;
  closing.push(
    () => listening.closeAllConnections(),
    () => listening.close(),
  );
});
afterAll(() => {
  for (const close of closing) close();
});
beforeEach(() => {
  handle = (_, response) => response.end('{}');
});

const connect = (more: object = {}) =>
  createClusterApi({ server, ca: ca.cert, serverName: 'kubernetes.default', ...more });

it('sends JSON with certificate and headers, below the path of the server', async () => {
  await using api = connect({
    ...client,
    server: `${server}/k8s/`,
    headers: async () => ({ authorization: 'Bearer t' }),
  });
  handle = ({ method, url, headers, socket }, response, body) => {
    const peer = socket instanceof TLSSocket ? socket.getPeerCertificate().subject.CN : undefined;
    const { authorization, 'content-type': type } = headers;
    response.end(JSON.stringify({ method, url, authorization, type, peer, body }));
  };
  expect(await api.post('/apis/x', { a: 1 })).toEqual({
    method: 'POST',
    url: '/k8s/apis/x',
    authorization: 'Bearer t',
    type: 'application/json',
    peer: 'faultline-server',
    body: '{"a":1}',
  });
  expect(await api.get('/y')).toMatchObject({ method: 'GET', url: '/k8s/y', body: '' });
});

it('asks for the headers every time, because tokens are renewed', async () => {
  let token = 0;
  await using api = connect({ headers: async () => ({ authorization: `Bearer ${++token}` }) });
  handle = ({ headers }, response) => response.end(JSON.stringify(headers.authorization));
  expect([await api.get('/'), await api.get('/')]).toEqual(['Bearer 1', 'Bearer 2']);
});

it.each([
  [403, false],
  [429, true],
  [500, true],
])('rejects on %i with the words of the cluster, retriable: %s', async (code, retriable) => {
  await using api = connect();
  handle = (_, response) => response.writeHead(code).end(JSON.stringify({ kind: 'Status', message: 'because' }));
  const error = await api.post('/x', {}).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ClusterApiError);
  expect(error).toMatchObject({ status: code, retriable, message: `POST /x: the cluster answered ${code}: because` });
});

it('takes an answer that is no JSON for none', async () => {
  await using api = connect();
  handle = (_, response) => response.end('<html>a proxy</html>');
  await expect(api.get('/x')).rejects.toThrow('the cluster answered 200: <html>a proxy</html>');
});

it('does not talk to a server of another authority, or of another name', async () => {
  const other = await createTestAuthority({ name: 'cluster-ca' });
  await using foreign = connect({ ca: other.cert });
  await expect(foreign.get('/x')).rejects.toMatchObject({
    name: 'ClusterApiError',
    status: undefined,
    retriable: true,
  });
  await using misnamed = connect({ serverName: 'elsewhere' });
  await expect(misnamed.get('/x')).rejects.toThrow(/elsewhere/);
});

it('gives up when no answer comes in time, and when the caller goes', async () => {
  handle = () => undefined;
  await using api = connect({ timeoutMs: 50 });
  await expect(api.get('/x')).rejects.toThrow('no answer within 50 ms');
  await expect(connect().get('/x', { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(ClusterApiError);
});

it('says which server does not answer at all', async () => {
  await using api = connect({ server: 'https://127.0.0.1:1' });
  await expect(api.get('/x')).rejects.toThrow(/https:\/\/127\.0\.0\.1:1\/x: .*ECONNREFUSED/);
});

it('has other credentials after the cluster has refused them, and asks for them once for many refusals', async () => {
  let current = { ...client, ca: ca.cert };
  let renewals = 0;
  handle = ({ headers }, response) => {
    response.statusCode = headers.authorization === 'Bearer 1' ? 200 : 401;
    response.end('{}');
  };
  await using api = connect({
    tls: async () => current,
    headers: async () => ({ authorization: `Bearer ${renewals}` }),
    renew: async () => {
      renewals++;
      current = { ...current };
    },
  });
  const first = await Promise.allSettled([api.get('/one'), api.get('/two'), api.get('/three')]);
  expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(await api.get('/four')).toEqual({});
  expect(renewals).toBe(1);
});
