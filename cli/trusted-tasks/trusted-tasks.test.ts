import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { taskBundles } from '../../controllers/konflux/task-bundles/bundle.ts';
import { judge, policyOf } from '../../controllers/konflux/task-bundles/policy.ts';
import { escapeControls } from '../../crds/text.ts';
import { FakeRegistry } from '../testing/fake-registry.ts';
import { startCommand } from '../testing/running-command.ts';

const BUNDLE = 'oci://quay.io/konflux-ci/tekton-catalog/task-init:0.2';
const REF = `sha256:${'1'.repeat(64)}`;
const OLD = `sha256:${'2'.repeat(64)}`;
const DATA = {
  'data/data/trusted_tekton_tasks.yml': `---
trusted_tasks:
  ${BUNDLE}:
    - effective_on: "2026-11-01T00:00:00Z"
      ref: ${REF}
    - effective_on: "2026-08-01T00:00:00Z"
      expires_on: 2026-12-01T00:00:00Z
      ref: ${OLD}
  git+https://github.com/konflux-ci/build-definitions.git//task/init/0.2/init.yaml:
    - ref: 0a1b2c
`,
};

let closing: AsyncDisposableStack;
beforeEach(() => {
  closing = new AsyncDisposableStack();
});
afterEach(() => closing.disposeAsync());

async function registry(...given: Parameters<typeof FakeRegistry.start>): Promise<FakeRegistry> {
  return closing.use(await FakeRegistry.start(...given));
}

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const command = closing.use(startCommand(['trusted-tasks', ...argv]));
  const code = await command.exitCode;
  return { code, out: command.out.text(), err: command.err.text() };
}

/** What docker login writes. */
function auth(login: string): object {
  return { auth: Buffer.from(login).toString('base64') };
}

const BASIC = `Basic ${Buffer.from('robot:secret').toString('base64')}`;

async function authFile(content: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-auth-'));
  closing.defer(() => rm(folder, { recursive: true }));
  const file = join(folder, 'config.json');
  await writeFile(file, JSON.stringify(content));
  return file;
}

function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 8);
}

describe('faultline trusted-tasks', () => {
  it('prints the ConfigMap that konflux/task-bundles reads, with what it was made of', async () => {
    const { host, digest } = await registry(DATA);
    const { code, out } = await run(`${host}/org/data-acceptable-bundles`, '-o', 'json', '-n', 'policies');
    expect(code).toBe(0);
    const { data, ...map } = JSON.parse(out) as { data: Record<string, string> };
    expect(map).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        namespace: 'policies',
        name: 'trusted-tasks',
        labels: { 'faultline.dev/trusted-tasks': 'true' },
        annotations: { 'faultline.dev/trusted-tasks-from': `${host}/org/data-acceptable-bundles:latest@${digest}` },
      },
    });
    const key = `org.data-acceptable-bundles-${hashOf(`${host}/org/data-acceptable-bundles`)}.json`;
    expect(Object.keys(data)).toEqual([key]);
    // Tasks from git are none of the controller's, and a date stays what was written.
    expect(JSON.parse(data[key] as string)).toEqual({
      trusted_tasks: { [BUNDLE]: [{ ref: REF }, { ref: OLD, expires_on: '2026-12-01T00:00:00Z' }] },
    });
  });

  it('prints nothing that a terminal would execute, whoever the registry is', async () => {
    const name = 'oci://quay.io/x\u009b31m\u001b]0;y\u0007\u202e:1';
    const written = JSON.stringify({ trusted_tasks: { [name]: [{ ref: REF }] } });
    const { host } = await registry({ 'data/data/trusted_tekton_tasks.yml': written });
    for (const output of ['json', 'yaml']) {
      const { code, out } = await run(`${host}/org/name`, '-o', output);
      expect(code).toBe(0);
      expect(out).toContain('quay.io/x');
      expect(escapeControls(out.replaceAll('\n', ''))).toBe(out.replaceAll('\n', ''));
    }
  });

  it('is understood by the controller: which bundle is trusted until when', async () => {
    const { host } = await registry(DATA);
    const { data } = JSON.parse((await run(`${host}/org/name`, '-o', 'json')).out) as { data: Record<string, string> };
    const policy = policyOf(Object.values(data).map((value) => JSON.parse(value) as Record<string, unknown>));
    const used = (digest: string) => {
      const params = [{ name: 'bundle', value: `${BUNDLE.slice('oci://'.length)}@${digest}` }];
      return taskBundles({
        spec: { pipelineSpec: { tasks: [{ name: 'init', taskRef: { resolver: 'bundles', params } }] } },
      });
    };
    const until = (digest: string): (number | undefined)[] =>
      used(digest)
        .flatMap((bundle) => judge(policy, bundle) ?? [])
        .map((verdict) => verdict.until);
    expect(until(REF)).toEqual([]);
    expect(until(OLD)).toEqual([Date.UTC(2026, 11, 1)]);
    expect(until(`sha256:${'3'.repeat(64)}`)).toEqual([undefined]);
  });

  it('writes it into a cluster with --apply, as the owner of its fields', async () => {
    const asked: { method: string | undefined; url: string | undefined; type: string | undefined; body: unknown }[] =
      [];
    const cluster = createServer(async (request, response) => {
      const { method, url, headers } = request;
      asked.push({ method, url, type: headers['content-type'], body: await json(request) });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
    await new Promise<void>((resolve) => cluster.listen(0, '127.0.0.1', resolve));
    closing.defer(() => new Promise((resolve) => cluster.close(() => resolve())));
    const folder = await mkdtemp(join(tmpdir(), 'faultline-apply-'));
    closing.defer(() => rm(folder, { recursive: true }));
    const kubeconfig = join(folder, 'kubeconfig');
    const server = `http://127.0.0.1:${(cluster.address() as AddressInfo).port}`;
    const contexts = [{ name: 'c', context: { cluster: 'c', user: 'u' } }];
    const config = {
      'current-context': 'c',
      contexts,
      clusters: [{ name: 'c', cluster: { server } }],
      users: [{ name: 'u', user: {} }],
    };
    await writeFile(kubeconfig, JSON.stringify(config));
    const { host, digest } = await registry(DATA);
    const { code, out } = await run(`${host}/org/name`, '--apply', '--kubeconfig', kubeconfig, '--name', 'mine');
    expect({ code, out }).toEqual({
      code: 0,
      out: `configmap/mine in enterprise-contract-service is that of ${digest}\n`,
    });
    expect(asked).toEqual([
      {
        method: 'PATCH',
        url: '/api/v1/namespaces/enterprise-contract-service/configmaps/mine?fieldManager=faultline-trusted-tasks&force=true',
        type: 'application/apply-patch+yaml',
        body: expect.objectContaining({ kind: 'ConfigMap', data: expect.anything() as unknown }) as unknown,
      },
    ]);
  });

  it('takes several artifacts, and rules beside lists', async () => {
    const rules = 'trusted_task_rules: {deny: {old: [{pattern: "oci://quay.io/old*", effective_on: "2026-01-01"}]}}';
    const [one, two] = [
      await registry(DATA),
      await registry({ 'rules.yaml': rules, 'more.yaml': rules.replace('old*', 'older*') }),
    ];
    const { code, out } = await run(`${one.host}/org/a`, `${two.host}/org/b@${two.digest}`);
    expect(code).toBe(0);
    expect(out).toMatch(/^ {2}org\.a-[0-9a-f]{8}\.json: /m);
    expect(out).toMatch(/^ {2}org\.b-[0-9a-f]{8}\.json: /m);
    expect(out).toContain('oci://quay.io/old*');
    expect(out).toContain('oci://quay.io/older*');
  });

  it('keeps a value for each repository, whose names a ConfigMap could not tell apart', async () => {
    const [one, two] = [await registry(DATA), await registry(DATA)];
    const long = `${'a'.repeat(250)}/b`;
    const names = [
      `${one.host}/a/b.c`,
      `${one.host}/a.b/c`,
      `${two.host}/a.b/c`,
      ...['', 'd'].map((end) => `${one.host}/${long}${end}`),
    ];
    const { code, out, err } = await run(...names, '-o', 'json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const keys = Object.keys((JSON.parse(out) as { data: object }).data);
    expect(keys.slice(0, 3)).toEqual(names.slice(0, 3).map((name) => `a.b.c-${hashOf(name)}.json`));
    expect(keys).toHaveLength(names.length);
    expect(keys.every((key) => /^[\w.-]{1,253}$/.test(key))).toBe(true);
  });

  it('takes groups of rules by any name', async () => {
    const rule = '[{pattern: "oci://quay.io/old*"}]';
    const { host } = await registry({
      'a.yaml': `trusted_task_rules: {deny: {constructor: ${rule}, __proto__: ${rule}}}`,
      'b.yaml': `trusted_task_rules: {deny: {constructor: ${rule}}}`,
    });
    const { code, out, err } = await run(`${host}/org/name`, '-o', 'json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [value = ''] = Object.values((JSON.parse(out) as { data: Record<string, string> }).data);
    expect(value.match(/oci:\/\/quay\.io\/old/g)).toHaveLength(3);
    expect(policyOf([JSON.parse(value) as Record<string, unknown>]).denied).toHaveLength(3);
  });

  it('gets a token as the registry says, and shows it to nobody else when blobs are elsewhere', async () => {
    const store = await registry(DATA);
    const { host, asked } = await registry(DATA, { login: 'anybody', blobsAt: () => `http://${store.host}` });
    expect((await run(`${host}/org/name`)).code).toBe(0);
    expect(asked).toContain('/token nobody');
    expect(asked.at(-1)).toMatch(/^\/v2\/org\/name\/blobs\/sha256:\w+ Bearer for-repository:org\/name:pull$/);
    expect(store.asked).toEqual([expect.stringMatching(/^\/blobs\/sha256:\w+ nobody$/)]);
  });

  it.each<[string, (parameters: { realm: string; service: string; scope: string }) => string | string[]]>([
    ['without quotes', ({ realm, service, scope }) => `bearer realm="${realm}", service=${service}, scope=${scope}`],
    [
      'after another one',
      ({ realm, service }) => ['Basic realm="fake"', `Bearer service="${service}",realm="${realm}"`],
    ],
  ])('gets a token where the challenge is written %s', async (_, writeChallenge) => {
    const { host, asked } = await registry(DATA, { login: 'anybody', writeChallenge });
    expect((await run(`${host}/org/name`)).code).toBe(0);
    expect(asked.at(-1)).toContain(' Bearer for-repository:org/name:pull');
  });

  it.each<[string, (text: string) => Buffer]>([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('reads layers that are compressed by %s', async (_, compress) => {
    const { host } = await registry(DATA, { compress });
    const { code, out, err } = await run(`${host}/org/name`);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(REF);
  });

  it.each([[['linux/amd64', 'linux/arm64']], [['linux/s390x', 'unknown/unknown']]])(
    'takes of an index what is for this platform, or its only one: %j',
    async (platforms) => {
      const { host, digest, asked } = await registry(DATA, { platforms });
      const { code, out, err } = await run(`${host}/org/name@${digest}`);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toContain(`trusted-tasks-from: ${host}/org/name@${digest}`);
      expect(asked.filter((one) => one.includes('/manifests/'))).toHaveLength(2);
    },
  );

  it('logs in where the registry itself says that its tokens are', async () => {
    const issuer = await registry(DATA, { login: 'robot:secret' });
    const { host, asked } = await registry(DATA, {
      login: 'robot:secret',
      tokensAt: () => `http://${issuer.host}`,
    });
    const file = await authFile({ auths: { [host]: auth('robot:secret') } });
    expect((await run(`${host}/org/name`, '--auth-file', file)).code).toBe(0);
    expect(issuer.asked).toEqual([`/token ${BASIC}`]);
    expect(asked.at(-1)).toContain(' Bearer for-repository:org/name:pull');
  });

  it('logs in with what docker login wrote, the longest name first', async () => {
    const { host, asked } = await registry(DATA, { login: 'robot:secret' });
    const file = await authFile({ auths: { [host]: auth('other:one'), [`${host}/org`]: auth('robot:secret') } });
    expect((await run(`${host}/org/name`, '--auth-file', file)).code).toBe(0);
    expect(asked).toContain(`/token ${BASIC}`);
    const anonymous = await run(`${host}/org/name`);
    expect(anonymous.code).toBe(1);
    expect(anonymous.err).toContain('refused (401): name a file with credentials, --auth-file');
    const empty = await authFile({ secret: 's3cr3t' });
    const wrong = await run(`${host}/org/name`, '--auth-file', empty);
    expect(wrong.err).toContain('has no "auths"');
    expect(wrong.err).not.toContain('s3cr3t');
  });

  it('says that an auth file has nothing for a registry that refuses, and asks those that do not', async () => {
    const [open, closed] = [await registry(DATA), await registry(DATA, { login: 'robot:secret' })];
    const file = await authFile({ auths: { [closed.host]: {} }, credsStore: 'desktop' });
    expect((await run(`${open.host}/org/name`, '--auth-file', file)).code).toBe(0);
    expect(await run(`${closed.host}/org/name`, '--auth-file', file)).toEqual({
      code: 1,
      out: '',
      err: `error: ${closed.host}/org/name: no token from ${closed.host}: refused (401): ${file} has no "auth" for ${closed.host}; credential helpers (credsStore) are not run\n`,
    });
  });
});

describe('what is refused', () => {
  it('an artifact that is not what its digest says', async () => {
    const { host, digest } = await registry(DATA);
    const other = `sha256:${'0'.repeat(64)}`;
    expect((await run(`${host}/org/name@${other}`)).err).toContain('there is none of that name (404)');
    const lying = await registry(DATA, { tampered: 'trusted_tasks: {}' });
    const { code, err } = await run(`${lying.host}/org/name@${digest}`);
    expect(code).toBe(1);
    expect(err).toContain('trusted_tekton_tasks.yml is not what its digest says');
  });

  it('an index that leaves it open which manifest is meant', async () => {
    const { host } = await registry(DATA, { platforms: ['linux/arm64', 'linux/s390x'] });
    const { code, err } = await run(`${host}/org/name`);
    expect(code).toBe(1);
    expect(err).toContain('its index has 2 manifests: name one by its digest');
  });

  it('a layer that grows beyond all bounds, and one that is broken', async () => {
    const large = await registry(DATA, { compress: () => gzipSync(Buffer.alloc(17 * 1024 * 1024)) });
    expect((await run(`${large.host}/org/name`)).err).toContain('is longer than 16777216 bytes');
    const broken = await registry(DATA, { compress: (text) => gzipSync(text).subarray(0, 40) });
    expect((await run(`${broken.host}/org/name`)).err).toContain('cannot be decompressed');
  });

  it('to follow the registry to plain http', async () => {
    const { host } = await registry(DATA, { blobsAt: () => 'http://169.254.169.254' });
    const { code, err } = await run(`${host}/org/name`);
    expect(code).toBe(1);
    expect(err).toContain('it refers to 169.254.169.254 by http: instead of https');
  });

  it('to log in to whom the registry redirects to (CVE-2020-15157)', async () => {
    const thief = await registry(DATA, { login: 'robot:secret' });
    const challenges = [`Bearer realm="http://${thief.host}/token",service="fake"`, 'Basic realm="x"'];
    for (const challenge of challenges) {
      const store = await registry(DATA, { challenge: () => challenge });
      for (const login of [undefined, 'robot:secret']) {
        const { host, asked } = await registry(DATA, {
          ...(login && { login }),
          blobsAt: () => `http://${store.host}`,
        });
        const file = await authFile({ auths: { [host]: auth('robot:secret') } });
        const { code, err } = await run(`${host}/org/name`, '--auth-file', file);
        expect(code).toBe(1);
        expect(err).toMatch(
          /^error: .* it redirects to \S+, which answers HTTP 401: credentials go to the registry alone\n$/,
        );
        expect(err).toContain(` ${store.host},`);
        expect(asked.filter((one) => one.includes(BASIC))).toEqual(login === undefined ? [] : [`/token ${BASIC}`]);
      }
      expect(store.asked.every((one) => one.endsWith(' nobody'))).toBe(true);
    }
    expect(thief.asked).toEqual([]);
  });

  it('to log in by plain http', async () => {
    const { host } = await registry(DATA, { login: 'robot:secret', tokensAt: () => 'http://169.254.169.254' });
    const { code, err } = await run(`${host}/org/name`);
    expect(code).toBe(1);
    expect(err).toContain('it refers to 169.254.169.254 by http: instead of https');
  });

  it('redirects without an end', async () => {
    const { host } = await registry(DATA, { blobsAt: () => `http://${host}/v2/org/name` });
    expect((await run(`${host}/org/name`)).err).toContain('more than 5 redirects');
  });

  it('an artifact that says nothing of tasks, and one that is no YAML', async () => {
    const empty = await registry({ 'data.yml': 'required_tasks: []' });
    expect((await run(`${empty.host}/org/name`)).err).toContain('says of no task bundle that it is trusted');
    const broken = await registry({ 'data.yml': 'a: [&x 1, *x]\nb: {' });
    expect((await run(`${broken.host}/org/name`)).err).toMatch(/latest data\.yml is no YAML/);
  });

  it('more than a ConfigMap holds', async () => {
    const records = Array.from(
      { length: 14_000 },
      (_, index) => `    - {ref: "sha256:${String(index).padStart(64, '0')}"}`,
    );
    const { host } = await registry({ 'data.yml': `trusted_tasks:\n  ${BUNDLE}:\n${records.join('\n')}\n` });
    expect((await run(`${host}/org/name`)).err).toMatch(/are \d+ bytes, and a ConfigMap holds 1048576/);
  });

  it('a command line that names no artifact', async () => {
    const { code, err } = await run(
      'org/name',
      'quay.io/a/b',
      'quay.io/a/b:2',
      'mirror.io/x/y',
      'quay.io/x/y',
      '-n',
      'Policies',
    );
    expect(code).toBe(2);
    expect(err).toContain('"org/name" names no artifact');
    expect(err).toContain('quay.io/a/b is named twice');
    expect(err).not.toContain('x/y');
    expect(err).toContain('"Policies" is no namespace name');
  });
});
