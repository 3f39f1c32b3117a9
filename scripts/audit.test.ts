import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** scripts/audit.ts with the real npm, which asks a registry on this machine. */
let folder: string;
let registry: string;
/** Undefined: it does not tell vulnerabilities. */
let advisories: Readonly<Record<string, object[]>> | undefined;
let asked: Record<string, string[]>;

const ID = 'GHSA-xvch-5gv4-984h';
const advisory = (severity: string) => ({
  ...{ id: 1, url: `https://github.com/advisories/${ID}`, title: 'Prototype pollution', severity },
  ...{ vulnerable_versions: '*', cwe: [], cvss: { score: 9, vectorString: null } },
});
const CANARY = { minimist: [advisory('critical')] };

const server = createServer(async (request, response) => {
  const body = await buffer(request);
  response.setHeader('content-type', 'application/json');
  if (request.method === 'POST' && advisories !== undefined && request.url?.endsWith('/advisories/bulk')) {
    const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    asked = JSON.parse(text.toString()) as typeof asked;
    response.end(JSON.stringify(advisories));
    return;
  }
  if (request.method === 'POST') {
    response.writeHead(405).end();
    return;
  }
  // What versions there are of a package that is vulnerable.
  const name = decodeURIComponent(request.url?.slice(1) ?? '');
  const versions = (asked[name] ?? []).map((version) => [version, { name, version }]);
  response.end(JSON.stringify({ name, 'dist-tags': {}, versions: Object.fromEntries(versions) }));
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-audit-test-'));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function audit(...flags: string[]): Promise<{ code: number; out: string }> {
  const env = {
    ...process.env,
    ...{ npm_config_registry: registry, npm_config_cache: join(folder, 'cache'), npm_config_fetch_retries: '0' },
    NO_UPDATE_NOTIFIER: '1',
  };
  return await new Promise((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, 'audit.ts'), ...flags], { env }, (error, stdout) =>
      resolve({ code: error === null ? 0 : Number(error.code), out: stdout }),
    );
  });
}

test('what is shipped is asked about, with the canary; what is high fails unless it was accepted', async () => {
  advisories = { ...CANARY, koa: [advisory('high')] };
  const { code, out } = await audit('--required');
  expect([code, out]).toEqual([1, expect.stringMatching(/^\d+ packages that are shipped were asked about: 1 with/)]);
  expect(out).toMatch(/\nFAILED: koa \S+ is high: Prototype pollution https:/);
  expect(asked.koa).toHaveLength(1);
  expect([asked.minimist, asked.vitest]).toEqual([['0.0.8'], undefined]);
  const accepted = join(folder, 'accepted.json');
  const expires = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  await writeFile(accepted, JSON.stringify([{ id: ID, package: 'koa', reason: 'it is not reached', expires }]));
  const passed = await audit('--required', '--accepted', accepted);
  expect([passed.code, passed.out]).toEqual([
    0,
    expect.stringContaining(`accepted until ${expires}: it is not reached`),
  ]);
}, 60_000);

test('a registry that knows of no vulnerability at all was not asked, and neither was one that does not say', async () => {
  advisories = {};
  const { code, out } = await audit();
  expect([code, out]).toEqual([0, expect.stringMatching(/^NOT ASKED: .*minimist 0\.0\.8.* it knows none/)]);
  advisories = undefined;
  const required = await audit('--required');
  expect([required.code, required.out]).toEqual([1, expect.stringMatching(/^NOT ASKED: .*405/)]);
}, 60_000);
