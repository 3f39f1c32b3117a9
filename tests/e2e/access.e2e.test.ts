import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiRequest, type ApiResponse, send } from '../controlplane/api-request.ts';
import { createAuthority, type KeyPair } from '../controlplane/certificates.ts';
import { frontProxyName } from '../controlplane/flags.ts';
import { kubeconfig } from '../controlplane/kubeconfig.ts';
import { kubectl } from '../controlplane/kubectl.ts';
import { type Installation, install } from './installation.ts';
import { at, createRun } from './pipelineruns.ts';

/**
 * Access in a real cluster: what the API server refuses before it proxies, our server refuses in the same words when it
 * is asked directly; what it asks the cluster is what an authorizer there can use; authorities and certificates change
 * while it runs.
 */
const GROUP = '/apis/faultline.dev/v1alpha1';
const SHOP = `${GROUP}/namespaces/shop/issues`;
let faultline: Installation;
let scratch: string;
let issue: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'faultline-audit-'));
  const policy = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [
      { level: 'Request', resources: [{ group: 'authorization.k8s.io', resources: ['subjectaccessreviews'] }] },
      { level: 'None' },
    ],
  };
  await writeFile(join(scratch, 'policy.yaml'), JSON.stringify(policy));
  const apiserverFlags = [
    `--audit-policy-file=${join(scratch, 'policy.yaml')}`,
    `--audit-log-path=${join(scratch, 'audit.log')}`,
  ];
  faultline = await install({ namespaces: ['shop'], controlPlane: { apiserverFlags } });
  const { plane } = faultline;
  await createRun(plane, { name: 'cart-1', namespace: 'shop', component: 'cart' }, { succeeded: false, at: at(0) });
  const [opened] = await faultline.until('shop', (issues) => issues.length === 1);
  issue = opened?.metadata.name ?? '';
  await allow('viewer', [{ apiGroups: ['faultline.dev'], resources: ['issues'], verbs: ['get', 'list', 'watch'] }]);
});
afterAll(async () => {
  await faultline?.[Symbol.asyncDispose]();
  await rm(scratch, { recursive: true, force: true });
});

/** Gives a user rights in the namespace shop. */
async function allow(user: string, rules: readonly object[]): Promise<void> {
  const api = '/apis/rbac.authorization.k8s.io/v1/namespaces/shop';
  const { plane } = faultline;
  await plane.request(`${api}/roles`, { method: 'POST', body: { metadata: { name: user }, rules } });
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: user };
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }];
  await plane.request(`${api}/rolebindings`, { method: 'POST', body: { metadata: { name: user }, roleRef, subjects } });
}

const direct = (path: string, options: ApiRequest = {}): Promise<ApiResponse> =>
  send(`https://localhost:${faultline.server.port}${path}`, faultline.plane.servingCa.certificatePem, options);
const user = (commonName: string, ...organizations: string[]): Promise<KeyPair> =>
  faultline.plane.clientCa.issue({ commonName, organizations, usage: 'client' });
const bodyOf = ({ status, body }: ApiResponse): unknown => ({ status, body: body === '' ? '' : JSON.parse(body) });

describe('A14 E3 a refusal is the API server’s own, word by word', () => {
  const requests: [string, string, object?][] = [
    ['GET', `${GROUP}/issues`],
    ['GET', `${GROUP}/issues?watch=true`],
    ['GET', SHOP],
    ['GET', `${SHOP}?watch=1`],
    ['GET', `${SHOP}?fieldSelector=metadata.name%3Dx`],
    ['GET', `${SHOP}/x`],
    ['GET', `${SHOP}/%3Cb%3E`],
    ['GET', `${SHOP}/%22q%22`],
    ['GET', `${SHOP}/%E2%80%AEevil`],
    ['GET', `${SHOP}/x/evidence`],
    ['POST', `${SHOP}/x/resolve`, {}],
    ['POST', SHOP, {}],
    ['PUT', `${SHOP}/x`, {}],
    ['PATCH', `${SHOP}/x`, {}],
    ['DELETE', `${SHOP}/x`],
    ['DELETE', SHOP],
    ['POST', `${GROUP}/namespaces/shop/issuereports`, {}],
    ['GET', `${GROUP}/namespaces/shop/unknowns`],
    ['GET', `${GROUP}/unknowns/x`],
    ['GET', '/metrics'],
    ['GET', '/nobody/serves/this'],
    ['POST', '/apis', {}],
    ['DELETE', '/version'],
  ];
  const callers: [string, () => Promise<ApiRequest['as']>][] = [
    ['a user', () => user('mallory')],
    ['a user in another script', () => user('Zoë 日本')],
    ['a user with an odd name', () => user('<i>&"x"\\')],
    ['nobody', async () => 'anonymous'],
    ['a bad token', async () => ({ token: 'garbage' })],
  ];
  test.each(callers)('to %s', async (_, caller) => {
    const as = (await caller()) ?? 'anonymous';
    for (const [method, path, body] of requests) {
      const options = { as, method, ...(body && { body }) };
      const [ours, theirs] = [await direct(path, options), await faultline.plane.request(path, options)];
      // Beside Kubernetes' own paths there is REST, which asks strangers who they are instead.
      if (as === 'anonymous' && path === '/nobody/serves/this') {
        expect(ours.status, path).toBe(401);
        continue;
      }
      expect(bodyOf(ours), `${method} ${path}`).toEqual(bodyOf(theirs));
      expect(ours.headers['content-type'], path).toBe(theirs.headers['content-type']);
      for (const header of ['cache-control', 'x-content-type-options']) {
        expect(ours.headers[header], `${header} of ${path}`).toBe(theirs.headers[header] ?? ours.headers[header]);
      }
      expect(ours.headers['audit-id'], path).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  test('and kubectl prints the same', async () => {
    const { plane } = faultline;
    const credentials = await user('mallory');
    const print = async (server: string, name: string, args: readonly string[]) => {
      const path = join(scratch, `${name}.kubeconfig`);
      const options = { server, caPem: plane.servingCa.certificatePem, user: 'mallory', credentials };
      await writeFile(path, kubeconfig(options), { mode: 0o600 });
      const { code, stderr } = await kubectl(args, { kubeconfig: path });
      return { code, stderr };
    };
    for (const args of [
      ['get', 'issues', '-n', 'shop'],
      ['get', 'issues', '-A'],
      ['get', 'issue', 'x', '-n', 'shop', '-o', 'yaml'],
      ['delete', 'issue', 'x', '-n', 'shop'],
      ['get', '--raw', `${SHOP}/x/evidence`],
    ]) {
      const ours = await print(`https://localhost:${faultline.server.port}`, 'ours', args);
      expect(ours, args.join(' ')).toEqual(await print(plane.url, 'theirs', args));
      expect(ours.stderr).toContain('forbidden');
    }
  });
});

describe('what the cluster is asked', () => {
  interface Review {
    user: string;
    resourceAttributes?: { verb: string; name?: string; fieldSelector?: unknown; labelSelector?: unknown };
  }
  /** The reviews about a user that the API server has answered, from its audit log. */
  async function reviews(name: string): Promise<Review[]> {
    const text = await readFile(join(scratch, 'audit.log'), 'utf8').catch(() => '');
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { requestObject?: { spec: Review }; responseStatus: { code: number } })
      .filter(({ requestObject }) => requestObject?.spec.user === name)
      .map(({ requestObject, responseStatus }) => {
        expect(responseStatus.code).toBe(201);
        return requestObject?.spec as Review;
      });
  }

  test('A8 A10 holds the selectors as an authorizer reads them, and none that it cannot read', async () => {
    const rules = [{ apiGroups: ['faultline.dev'], resources: ['issues'], verbs: ['list'] }];
    await allow('selective', rules);
    const as = await user('selective');
    const ask = async (query: Record<string, string>) =>
      (await direct(`${SHOP}?${new URLSearchParams(query)}`, { as })).status;
    expect(await ask({ fieldSelector: 'spec.severity!=info', labelSelector: 'a in (x,y),!b,c!=d,e,f>3' })).toBe(200);
    expect(await ask({ fieldSelector: 'nonsense', labelSelector: '((' })).toBe(400);
    expect(await ask({ fieldSelector: '=x' })).toBe(400);
    await expect.poll(async () => (await reviews('selective')).length).toBeGreaterThanOrEqual(2);
    const [first, ...others] = await reviews('selective');
    expect(first?.resourceAttributes).toMatchObject({
      fieldSelector: { requirements: [{ key: 'spec.severity', operator: 'NotIn', values: ['info'] }] },
      labelSelector: {
        requirements: [
          { key: 'a', operator: 'In', values: ['x', 'y'] },
          { key: 'b', operator: 'DoesNotExist' },
          { key: 'c', operator: 'NotIn', values: ['d'] },
          { key: 'e', operator: 'Exists' },
        ],
      },
    });
    for (const { resourceAttributes } of others) {
      expect(resourceAttributes?.fieldSelector ?? resourceAttributes?.labelSelector).toBeUndefined();
    }
  });

  test('A11 is asked once in ten seconds, and a right that was given or taken counts after them', async () => {
    const as = await user('newcomer');
    const list = async () => (await direct(SHOP, { as })).status;
    const started = Date.now();
    for (let count = 0; count < 30; count++) expect(await list()).toBe(403);
    const periods = Math.floor((Date.now() - started) / 10_000) + 1;
    expect((await reviews('newcomer')).length).toBeLessThanOrEqual(periods);
    await allow('newcomer', [{ apiGroups: ['faultline.dev'], resources: ['issues'], verbs: ['list'] }]);
    await expect.poll(list, { timeout: 20_000, interval: 500 }).toBe(200);
    await faultline.plane.request('/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/newcomer', {
      method: 'DELETE',
    });
    await expect.poll(list, { timeout: 20_000, interval: 500 }).toBe(403);
  });
});

describe('who a caller is', () => {
  const spoofed = { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters' };

  test('A5 X-Remote headers beside a certificate or a token of one’s own are nothing', async () => {
    expect((await direct(SHOP, { as: await user('mallory'), headers: spoofed })).body).toContain('User \\"mallory\\"');
    const token = await faultline.plane.serviceAccountToken('shop', 'visitor');
    const { status, body } = await direct(SHOP, { as: { token }, headers: spoofed });
    expect([status, body]).toEqual([403, expect.stringContaining('system:serviceaccount:shop:visitor')]);
  });

  test('A9 a Role on one name lets one issue be watched, by a direct call too', async () => {
    const verbs = ['get', 'list', 'watch'];
    await allow('one', [{ apiGroups: ['faultline.dev'], resources: ['issues'], resourceNames: [issue], verbs }]);
    const as = await user('one');
    const watch = `${SHOP}?fieldSelector=metadata.name%3D${issue}&watch=true&timeoutSeconds=1`;
    expect((await direct(watch, { as })).status).toBe(200);
    expect((await direct(SHOP, { as })).status).toBe(403);
    expect((await direct(`${SHOP}?watch=true&timeoutSeconds=1`, { as })).status).toBe(403);
  });

  test('A13 may be somebody else’s name through the API server only', async () => {
    const headers = { 'impersonate-user': 'viewer' };
    const admin = await user('root', 'system:masters');
    expect((await direct(SHOP, { as: admin, headers })).status).toBe(403);
    expect((await faultline.plane.request(SHOP, { as: admin, headers })).status).toBe(200);
    const other = await faultline.plane.request(SHOP, { as: admin, headers: { 'impersonate-user': 'mallory' } });
    expect(other.status).toBe(403);
  });

  test('A3 may be written in any script, with commas in groups, through the API server', async () => {
    const group = 'équipe, deux';
    const api = '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings';
    const created = await faultline.plane.request(api, {
      method: 'POST',
      body: {
        metadata: { name: 'script' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'viewer' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group }],
      },
    });
    expect(created.status).toBe(201);
    const as = await user('Zoë', 'team-a', group);
    expect((await faultline.plane.request(SHOP, { as })).status).toBe(200);
  });

  test('H5 A11 may be in 200 groups with long names, through the API server', async () => {
    const groups = Array.from({ length: 200 }, (_, index) => `organisation/department-of-something/team-${index}`);
    const args = ['get', 'issues', '-n', 'shop', '--as=viewer', ...groups.map((group) => `--as-group=${group}`)];
    expect(await faultline.kubectl(args)).toMatchObject({ code: 0, stdout: expect.stringContaining(issue) });
  });

  test('X11 what was asked about callers can be read at /metrics', async () => {
    const { body } = await direct('/metrics', { as: await user('root', 'system:masters') });
    for (const line of [
      'faultline_access_review_duration_seconds_count{review="SubjectAccessReview",result="allowed"}',
      'faultline_access_review_duration_seconds_count{review="SubjectAccessReview",result="denied"}',
      'faultline_access_review_duration_seconds_count{review="TokenReview",result="allowed"}',
      'faultline_access_review_duration_seconds_count{review="TokenReview",result="denied"}',
      'faultline_api_request_duration_seconds_count{verb="list",resource="issues",code="200"}',
    ]) {
      expect(body).toContain(line);
    }
  });
});

describe('what changes while the server runs', () => {
  const pid = (): number => faultline.server.child.pid;

  test('A4 the front proxy’s authority: the new one is believed at once, the old one until it is withdrawn', async () => {
    const { plane } = faultline;
    const before = pid();
    const rotated = await createAuthority('front-proxy-ca-2');
    const [old, next] = await Promise.all([
      plane.frontProxyCa.issue({ commonName: frontProxyName, usage: 'client' }),
      rotated.issue({ commonName: frontProxyName, usage: 'client' }),
    ]);
    await writeFile(join(plane.dir, 'pki', 'front-proxy-ca.crt'), rotated.certificatePem);
    await writeFile(join(plane.dir, 'pki', 'front-proxy-client.crt'), next.certificatePem);
    await writeFile(join(plane.dir, 'pki', 'front-proxy-client.key'), next.keyPem);
    await plane.restartApiserver();
    await faultline.until('shop', (issues) => issues.length === 1);
    const spoken = async (as: KeyPair) => (await direct(SHOP, { as, headers: { 'x-remote-user': 'viewer' } })).status;
    await expect.poll(() => spoken(next), { timeout: 20_000 }).toBe(200);
    // kube-apiserver adds to what it finds; whoever rotates takes the old one away.
    const path = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication';
    await plane.request(path, {
      ...{ method: 'PATCH', headers: { 'content-type': 'application/merge-patch+json' } },
      body: { data: { 'requestheader-client-ca-file': rotated.certificatePem } },
    });
    await expect.poll(() => spoken(old), { timeout: 20_000 }).toBe(401);
    expect(await spoken(next)).toBe(200);
    expect(pid()).toBe(before);
  });

  test('X12 the serving certificate and its authority, under load and without a restart', async () => {
    const { plane, dir } = faultline;
    const before = pid();
    const authority = await createAuthority('serving-ca-2');
    const trust = async (...bundle: string[]) => {
      const body = { spec: { caBundle: Buffer.from(bundle.join('')).toString('base64') } };
      const headers = { 'content-type': 'application/merge-patch+json' };
      const path = '/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.faultline.dev';
      expect((await plane.request(path, { method: 'PATCH', headers, body })).status).toBe(200);
    };
    await trust(plane.servingCa.certificatePem, authority.certificatePem);
    const stop = new AbortController();
    const failures: string[] = [];
    const load = (async () => {
      while (!stop.signal.aborted) {
        const { status, body } = await plane.request(SHOP);
        if (status !== 200) failures.push(`${status} ${body}`);
      }
    })();
    const renewed = await authority.issue({
      ...{ commonName: 'faultline.faultline-system.svc', usage: 'server', ipAddresses: ['127.0.0.1'] },
      dnsNames: ['faultline.faultline-system.svc', 'localhost'],
    });
    await writeFile(join(dir, 'serving.pem'), renewed.certificatePem);
    await writeFile(join(dir, 'serving.key'), renewed.keyPem);
    const served = (): Promise<number | string> =>
      send(`https://localhost:${faultline.server.port}/readyz`, authority.certificatePem, {}).then(
        ({ status }) => status,
        (error: Error) => error.message,
      );
    await expect.poll(served, { timeout: 60_000, interval: 500 }).toBe(200);
    await trust(authority.certificatePem);
    await expect.poll(async () => (await plane.request(SHOP)).status, { timeout: 20_000 }).toBe(200);
    stop.abort();
    await load;
    expect(failures).toEqual([]);
    expect(pid()).toBe(before);
  });
});
