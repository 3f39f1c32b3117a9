import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Issued } from '../kube/access/testing/authority.ts';
import { TestServer } from '../server/testing/test-server.ts';
import { docsEndpoints, UI_FILES } from './docs.ts';

let server: TestServer;
let stranger: Issued;

beforeAll(async () => {
  server = await TestServer.start({ rest: [docsEndpoints({ version: '1.2.3' })] });
  stranger = await server.user('stranger');
});
afterAll(() => server[Symbol.asyncDispose]());

const PATHS = ['/openapi.json', '/docs', '/docs/', '/docs/start.js', '/docs/swagger-ui.css'];

test('any user who is known reads them, without a right; nobody else does', async () => {
  for (const path of PATHS) {
    expect((await server.ask(path)).status, path).toBe(401);
    expect((await server.ask(path, { client: stranger })).status, path).toBeLessThan(400);
  }
});

test('/openapi.json is the document, with the version of the program', async () => {
  const answer = await server.ask('/openapi.json', { client: stranger });
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  expect(answer.json()).toMatchObject({ openapi: '3.1.0', info: { title: 'Faultline', version: '1.2.3' } });
});

test('what Kubernetes serves below /openapi stays its own', async () => {
  expect((await server.ask('/openapi/v3', { client: stranger })).json()).toMatchObject({ paths: {} });
});

test('/docs leads to the page with a relative address, so that a proxy may put it elsewhere', async () => {
  const answer = await server.ask('/docs', { client: stranger });
  expect([answer.status, answer.headers.location]).toEqual([302, 'docs/']);
});

test('the page loads files of this server alone, each of which is there', async () => {
  const page = await server.ask('/docs/', { client: stranger });
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
  const loaded = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] as string);
  expect(new Set(loaded)).toEqual(new Set(['start.js', ...Object.keys(UI_FILES)]));
  for (const name of loaded) {
    const file = await server.ask(`/docs/${name}`, { client: stranger });
    expect([file.status, file.text.length > 100, file.headers['x-content-type-options']], name).toEqual([
      200,
      true,
      'nosniff',
    ]);
  }
});

test('the browser is told to ask nobody else, to run nothing else, and to show it in no frame', async () => {
  const { headers } = await server.ask('/docs/', { client: stranger });
  const policy = new Map(
    `${headers['content-security-policy']}`.split('; ').map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1)]),
  );
  expect(policy.get('default-src')).toEqual(["'none'"]);
  expect(policy.get('frame-ancestors')).toEqual(["'none'"]);
  for (const rule of ['script-src', 'style-src', 'connect-src']) expect(policy.get(rule)).toEqual(["'self'"]);
  expect([...policy.values()].flat().join(' ')).not.toMatch(/https?:|\*|unsafe/);
});

test('the page sends the address of the document to no validator', async () => {
  const { text } = await server.ask('/docs/start.js', { client: stranger });
  expect(text).toContain('validatorUrl: null');
  expect(text).toContain("'../openapi.json'");
});

test.each(['/docs/package.json', '/docs/..%2fdocs.ts', '/docs/constructor', '/docs/x/y', '/docsx', '/openapi.jsonx'])(
  '%s is not there',
  async (path) => {
    expect((await server.ask(path, { client: await server.admin() })).status).toBe(404);
  },
);

test('nothing but reading is served', async () => {
  const client = await server.admin();
  expect((await server.ask('/docs/', { method: 'POST', client })).status).toBe(404);
  const head = await server.ask('/openapi.json', { method: 'HEAD', client });
  expect([head.status, head.text]).toEqual([200, '']);
});
