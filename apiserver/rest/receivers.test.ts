import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ReportResult } from '../../crds/report.ts';
import type { Caller, ReportAccess } from '../ingest/ports.ts';
import { ANONYMOUS, type Authentication } from '../kube/access/types.ts';
import { ReceiverCallers, type Secrets, SecretUnavailable } from '../receivers/index.ts';
import { Receivers } from '../receivers/receivers.ts';
import { CHECKS, declared, TOKEN } from '../receivers/testing/declared.ts';
import { receiverRoutes } from './receivers.ts';

/** The route alone: an engine that notes what it was asked, and a cluster that knows one user and one Secret. */

const KEY = 'the-key-of-the-webhook';
const RED = JSON.stringify({ service: 'web', check: 'http', ok: false });
const TOKENS = { authorization: `Bearer ${TOKEN}` };
const NOW = Date.parse('2026-11-21T10:00:00Z');
let asked: { reports: unknown[]; caller: Caller }[];
let mayReport: ReportAccess['mayReport'];
let user: Authentication;
let keys: Record<string, string>;
let logged: object[];
let results: ReportResult[];
let receivers: Receivers;
let server: Server;
let url: string;

const named = (name: string, authentication: string): string =>
  CHECKS.replace('checks', name).replace(/authentication: .*/, `authentication: ${authentication}`);
const signed = (scheme: string, name: string): string =>
  named(name, `{signature: {scheme: ${scheme}, secretRef: {name: hook, key: ${name}}}}`);

const CONFIGURED = [
  CHECKS,
  named('people', '{bearer: {}}'),
  signed('GitHub', 'github'),
  signed('GitLab', 'gitlab'),
  signed('GitLab', 'gitlab-signed'),
  signed('StandardWebhooks', 'standard'),
  CHECKS.replace('checks', 'broken').replace('payload.ok', 'paylod.ok'),
];

const secrets: Secrets = {
  read: async ({ namespace, name, key }) => {
    const found = keys[`${namespace}/${name}/${key}`];
    if (found === undefined) throw new SecretUnavailable(`Secret ${namespace}/${name} cannot be read (403)`);
    return found;
  },
  readFile: () => Promise.reject(new SecretUnavailable('no files here')),
};

beforeEach(async () => {
  [asked, logged] = [[], []];
  results = [{ index: 0, status: 200, decisions: [{ key: 'http', cell: '6A' }] }];
  mayReport = () => ({ allowed: true });
  user = { outcome: 'user', user: { name: 'ci', groups: [] } };
  keys = Object.fromEntries(['github', 'gitlab', 'standard'].map((key) => [`team-a/hook/${key}`, `${KEY}\n`]));
  keys['team-a/hook/gitlab-signed'] = `whsec_${Buffer.from(KEY).toString('base64')}`;
  const log = { info: () => {}, warn: (fields: object) => void logged.push(fields) };
  const store = { lead: async () => [] };
  receivers = new Receivers({ configured: CONFIGURED.map((yaml) => declared(yaml)), store, log });
  receivers.start();
  const app = new Koa();
  app.silent = true;
  app.use(
    receiverRoutes({
      receivers,
      callers: new ReceiverCallers(),
      engine: {
        submit: async (reports, caller) => {
          asked.push({ reports: reports as unknown[], caller });
          return { results, resourceVersion: '7' };
        },
      },
      authenticator: { authenticate: () => user },
      access: { mayReport: (...about) => mayReport(...about), mayLead: () => ({ allowed: false, reason: 'no' }) },
      secrets,
      clusterScopedNamespace: 'faultline-system',
      now: () => NOW,
      log,
    }),
  );
  server = createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/receivers`;
  await expect.poll(() => receivers.find('namespaces/team-a/broken')).toBeTypeOf('object');
});
afterEach(async () => {
  await receivers[Symbol.asyncDispose]();
  await new Promise((resolve) => void server.close(resolve).closeAllConnections());
});

async function post(name: string, headers: Record<string, string> = {}, body = RED) {
  const response = await fetch(`${url}/namespaces/team-a/${name}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
    headers: response.headers,
  };
}
const hmac = (body: string, encoding: 'hex' | 'base64'): string =>
  createHmac('sha256', KEY).update(body).digest(encoding);

describe('a static token', () => {
  test('that is right delivers, as the receiver itself', async () => {
    const answer = await post('checks', TOKENS);
    expect(answer).toMatchObject({
      status: 200,
      body: { results: [{ index: 0, status: 200, decisions: [{ cell: '6A' }] }], skipped: 0, resourceVersion: '7' },
    });
    expect(asked[0]?.caller.name).toBe('faultline:receivers:namespaces/team-a/checks');
    expect(asked[0]?.reports[0]).toMatchObject({ source: 'receiver.checks', namespace: 'team-a' });
  });

  test.each([[{}], [{ authorization: 'Bearer another' }], [{ authorization: TOKEN }]])('%j is 401', async (headers) => {
    expect(await post('checks', headers as Record<string, string>)).toMatchObject({ status: 401 });
    expect(asked).toEqual([]);
  });
});

describe('a token of the cluster', () => {
  test('delivers as its user, who must have the right to report', async () => {
    expect((await post('people')).status).toBe(200);
    expect(asked[0]?.caller.name).toBe('ci');
    mayReport = () => ({ allowed: false, reason: 'ci cannot report as receiver.people' });
    // Also when the payload would not fit: who may not, learns nothing about it.
    expect(await post('people', {}, '{}')).toMatchObject({ status: 403, body: { error: /cannot report as/ } });
  });

  test.each<[number, Authentication]>([
    [401, { outcome: 'user', user: ANONYMOUS }],
    [401, { outcome: 'invalid', message: 'not valid' }],
    [403, { outcome: 'refused', user: ANONYMOUS, message: 'no impersonation' }],
    [503, { outcome: 'unavailable', message: 'later', retryAfterSeconds: 1 }],
  ])('%i for %j', async (status, authentication) => {
    user = authentication;
    expect((await post('people')).status).toBe(status);
    expect(asked).toEqual([]);
  });
});

describe('a signature of GitHub', () => {
  test('over the very bytes of the body delivers, and its delivery id is the delivery', async () => {
    const headers = { 'x-hub-signature-256': `sha256=${hmac(RED, 'hex')}`, 'x-github-delivery': 'guid-1' };
    expect((await post('github', headers)).status).toBe(200);
    expect((await post('github', headers)).status).toBe(200);
    expect((await post('github', { ...headers, 'x-github-delivery': 'guid-2' })).status).toBe(200);
    const ids = asked.map(({ reports }) => (reports[0] as { order: { deliveryId: string } }).order.deliveryId);
    expect([ids[0] === ids[1], ids[0] === ids[2], ids[0]?.length]).toEqual([true, false, 45]);
  });

  test.each([
    [{}],
    [{ 'x-hub-signature-256': `sha256=${hmac(`${RED} `, 'hex')}` }],
    [{ 'x-hub-signature-256': 'sha256=00' }],
    [{ 'x-hub-signature': `sha1=${hmac(RED, 'hex')}` }],
  ])('%j is 401', async (headers) => {
    expect(await post('github', headers as Record<string, string>)).toMatchObject({ status: 401 });
    expect(asked).toEqual([]);
  });
});

describe('GitLab', () => {
  test('sends its secret token, or signs with its signing token', async () => {
    expect((await post('gitlab', { 'x-gitlab-token': KEY })).status).toBe(200);
    expect((await post('gitlab', { 'x-gitlab-token': 'another' })).status).toBe(401);
    expect((await post('gitlab')).status).toBe(401);
    expect((await post('gitlab-signed', standard())).status).toBe(200);
    // The signing token itself is never what is sent.
    expect((await post('gitlab-signed', { 'x-gitlab-token': keys['team-a/hook/gitlab-signed'] ?? '' })).status).toBe(
      401,
    );
  });
});

function standard({ at = NOW, body = RED, id = 'msg_1' } = {}): Record<string, string> {
  const timestamp = String(at / 1_000);
  const signature = `v1,${hmac(`${id}.${timestamp}.${body}`, 'base64')}`;
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,AAAA v1a,x ${signature}` };
}

describe('Standard Webhooks', () => {
  test('signs id, time and body', async () => {
    expect((await post('standard', standard())).status).toBe(200);
    expect((await post('standard', { ...standard(), 'webhook-id': 'msg_2' })).status).toBe(401);
    expect((await post('standard', standard({ body: '{}' }))).status).toBe(401);
    expect((await post('standard')).status).toBe(401);
  });

  test('is believed within five minutes of its time, either way', async () => {
    const minute = 60_000;
    expect((await post('standard', standard({ at: NOW - 5 * minute }))).status).toBe(200);
    expect((await post('standard', standard({ at: NOW - 6 * minute }))).status).toBe(401);
    expect((await post('standard', standard({ at: NOW + 6 * minute }))).status).toBe(401);
  });
});

describe('a key', () => {
  test.each([[undefined], [''], ['  \n']])(
    'that is %j is 503, not open to all; why is in the log only',
    async (key) => {
      if (key === undefined) delete keys['team-a/hook/github'];
      else keys['team-a/hook/github'] = key;
      const body = hmac('', 'hex');
      const answer = await post('github', { 'x-hub-signature-256': `sha256=${body}` });
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('10');
      expect(JSON.stringify(answer.body)).not.toContain('hook');
      expect(logged.at(-1)).toMatchObject({ receiver: 'namespaces/team-a/github' });
    },
  );
});

describe('what is sent', () => {
  test('to nobody is 404, to one that is not accepted 503 without its faults', async () => {
    expect(await post('nobody', TOKENS)).toMatchObject({ status: 404 });
    const broken = await post('broken', TOKENS);
    expect(broken.status).toBe(503);
    expect(JSON.stringify(broken.body)).not.toContain('paylod');
  });

  test('that does not fit is 422 with expression, place and missing path', async () => {
    expect(await post('checks', TOKENS, '{"service": "web"}')).toMatchObject({
      status: 422,
      body: {
        error: 'invalid: spec.findings 1:8: there is no payload.ok; spec.resolve 1:8: there is no payload.ok',
        details: [{ path: 'spec.findings', message: '1:8: there is no payload.ok', value: 'payload.ok' }, {}],
      },
    });
    expect(asked).toEqual([]);
  });

  test('that is no JSON is 400, of another type 415, too large 413', async () => {
    expect((await post('checks', TOKENS, '{')).status).toBe(400);
    expect((await post('checks', { ...TOKENS, 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post('checks', { ...TOKENS, 'content-type': 'application/cloudevents+json' })).status).toBe(200);
    expect((await post('checks', TOKENS, JSON.stringify('x'.repeat(1024 * 1024)))).status).toBe(413);
  });

  test('faster than a limit allows is told when it may come again', async () => {
    results = [{ index: 0, status: 429, error: 'too many reports', retryAfterSeconds: 20 }];
    const answer = await post('checks', TOKENS);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '20']);
  });

  test('other than by POST, or elsewhere, is for others', async () => {
    expect((await fetch(`${url}/namespaces/team-a/checks`)).status).toBe(404);
    expect((await fetch(`${url}/../reports`, { method: 'POST' })).status).toBe(404);
  });
});

test('who delivers more than may be evaluated is told when to come again, before anything is evaluated', async () => {
  const large = JSON.stringify({ service: 'web', check: 'http', ok: false, text: 'x'.repeat(1_000_000) });
  const statuses = [];
  for (let count = 0; count < 80; count++) {
    const answer = await post('checks', TOKENS, large);
    statuses.push(answer.status);
    if (answer.status !== 429) continue;
    expect(answer.body.error).toContain('too many or too costly deliveries to the receivers of namespace team-a');
    expect(answer.headers.get('retry-after')).toBe('1');
    break;
  }
  expect(statuses.at(-1)).toBe(429);
  const taken = asked.length;
  expect(taken).toBeGreaterThan(8);
  // Nothing is evaluated for who is over the limit, and who has not proved anything is still 401.
  expect((await post('checks', TOKENS, '{}')).status).toBe(429);
  expect((await post('checks', {}, '{}')).status).toBe(401);
  expect(asked).toHaveLength(taken);
});

test('expressions see headers and query, but no credential', async () => {
  await receivers[Symbol.asyncDispose]();
  const { openHeaders } = await import('../receivers/index.ts');
  const all = {
    authorization: 'x',
    cookie: 'x',
    'x-gitlab-token': 'x',
    'x-token': 'x',
    'x-event': 'y',
    accept: undefined,
  };
  expect(openHeaders(all, { token: { sha256: '', header: 'x-token' } })).toEqual({ 'x-event': 'y' });
});
