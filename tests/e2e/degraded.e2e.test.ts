import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send } from '../controlplane/api-request.ts';
import type { KeyPair } from '../controlplane/certificates.ts';
import { frontProxyName } from '../controlplane/flags.ts';
import { kubeconfig } from '../controlplane/kubeconfig.ts';
import { embedded, type Installation, install } from './installation.ts';
import { at, createRun } from './pipelineruns.ts';
import { RawWatch } from './raw-watch.ts';

/**
 * Degraded, never absent (X3, D9, O2): without its database the API group stays, the cluster does not notice, and
 * whoever watched goes on where it was. With a real kube-controller-manager, because it is what trusts discovery and
 * the 404 of an owner most.
 */
const GROUP = '/apis/faultline.dev/v1alpha1';
const OUTAGE_MS = 60_000;
const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
let faultline: Installation;

beforeAll(async () => {
  faultline = await install({ namespaces: ['db'] });
  await faultline.plane.startControllerManager();
  await fail('before');
  await faultline.until('db', (issues) => issues.length === 1);
});
afterAll(async () => faultline?.[Symbol.asyncDispose]());

const fail = (component: string): Promise<void> =>
  createRun(faultline.plane, { name: `${component}-1`, namespace: 'db', component }, { succeeded: false, at: at(0) });
const ask = (path: string, accept?: string) =>
  faultline.plane.request(path, { timeoutMs: 20_000, ...(accept && { headers: { accept } }) });
const parsed = async <T>(path: string, accept?: string): Promise<T> => JSON.parse((await ask(path, accept)).body) as T;

/** What must be true of the cluster at every moment of the outage. */
async function nobodyNotices(): Promise<void> {
  // It is as quick as ever, because it asks us nothing (-v=6 names every request), and no group has failed.
  const pods = await faultline.kubectl(['get', 'pods', '-n', 'db', '-v=6']);
  expect(pods).toMatchObject({ code: 0, stderr: expect.stringContaining('No resources found') });
  expect(pods.stderr).toMatch(/\/api\/v1\/namespaces\/db\/pods/);
  expect(pods.stderr).not.toContain('/apis/faultline.dev');
  const service = await parsed<{ status: { conditions: { type: string; status: string }[] } }>(
    '/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.faultline.dev',
  );
  expect(service.status.conditions).toContainEqual(expect.objectContaining({ type: 'Available', status: 'True' }));
  for (const path of [GROUP, '/openapi/v2', '/openapi/v3', `/openapi/v3${GROUP}`]) {
    expect((await ask(path)).status, path).toBe(200);
  }
  const { items } = await parsed<{ items: { metadata: { name: string }; versions: object[] }[] }>('/apis', AGGREGATED);
  expect(items.find(({ metadata }) => metadata.name === 'faultline.dev')?.versions).toMatchObject([
    { freshness: 'Current' },
  ]);
}

/** What callers of our data are told meanwhile. */
async function dataIsDegraded(issue: string): Promise<void> {
  for (const path of [`${GROUP}/issues`, `${GROUP}/namespaces/db/issues/${issue}`, `${GROUP}/issues?watch=true`]) {
    const { status, headers, body } = await ask(path);
    expect(status, path).toBe(503);
    expect(headers['retry-after'], path).toMatch(/^[1-9]\d*$/);
    expect(JSON.parse(body)).toMatchObject({
      ...{ kind: 'Status', reason: 'ServiceUnavailable', code: 503 },
      details: { retryAfterSeconds: expect.any(Number) },
    });
  }
  // What is not there cannot be known not to be there: never 404 (E4).
  expect((await ask(`${GROUP}/namespaces/db/issues/unheard-of`)).status).toBe(503);
  const list = await parsed<{ items: { metadata: { name: string } }[] }>(`${GROUP}/issues?resourceVersion=0`);
  expect(list.items.map(({ metadata }) => metadata.name)).toEqual([issue]);
  expect((await ask(`${GROUP}/namespaces/db/issues/${issue}?resourceVersion=0`)).status).toBe(200);
}

/** Like a reflector: watches for five seconds, and again from where it was. Lists never; a refusal is an end. */
async function followShortly(start: string, until: AbortSignal): Promise<{ seen: string[]; statuses: number[] }> {
  const [seen, statuses]: [string[], number[]] = [[], []];
  for (let position = start; !until.aborted; ) {
    const query = `watch=true&resourceVersion=${position}&timeoutSeconds=5&allowWatchBookmarks=true`;
    await using watch = await RawWatch.open(faultline.plane, `${GROUP}/issues?${query}`);
    statuses.push(watch.status);
    for await (const { type, object } of watch) {
      if (type === 'ERROR') throw new Error(`the watch ended with ${JSON.stringify(object)}`);
      position = object.metadata.resourceVersion;
      if (type !== 'BOOKMARK') seen.push(`${type} ${object.spec.subject.name}`);
      if (until.aborted) break;
    }
  }
  return { seen, statuses };
}

describe.skipIf(embedded)(
  'with the database stopped for a minute (PostgreSQL only: PGlite is part of the server)',
  () => {
    test('X3 E4 E5 P1 nobody but our own callers notices, and who watches goes on without a list', async () => {
      const { plane, postgres } = faultline;
      const list = await parsed<{ metadata: { resourceVersion: string } }>(`${GROUP}/issues`);
      const [issue] = await faultline.issues('db');
      const name = issue?.metadata.name ?? '';
      const from = `watch=true&resourceVersion=${list.metadata.resourceVersion}`;
      await using open = await RawWatch.open(plane, `${GROUP}/issues?${from}&timeoutSeconds=600`);
      await using printed = faultline.watch(['get', 'issues', '-n', 'db', '-w', '--no-headers']);
      expect(await printed.next()).toContain(name);
      const enough = new AbortController();
      const short = followShortly(list.metadata.resourceVersion, enough.signal);
      short.catch(() => undefined);

      await postgres?.stop();
      const until = Date.now() + OUTAGE_MS;
      const namespaces = deleteNamespaces(3);
      await createOwned(name, issue?.metadata.uid ?? '');
      await fail('meanwhile');
      await dataIsDegraded(name);
      while (Date.now() < until) {
        await nobodyNotices();
        await sleep(1_000);
      }
      await namespaces; // while the database was away
      await dataIsDegraded(name);
      expect(open.ended).toBe(false);
      await postgres?.start();

      expect(await open.next()).toMatchObject({ type: 'ADDED', object: { spec: { subject: { name: 'meanwhile' } } } });
      expect(await printed.nextMatching(/meanwhile/, 30_000)).toContain('Active');
      await faultline.until('db', (issues) => issues.length === 2);
      await fail('afterwards');
      await faultline.until('db', (issues) => issues.length === 3);
      expect(await open.next()).toMatchObject({ type: 'ADDED', object: { spec: { subject: { name: 'afterwards' } } } });
      enough.abort();
      const { seen, statuses } = await short;
      expect(seen.slice(0, 1)).toEqual(['ADDED meanwhile']);
      expect(new Set(statuses)).toEqual(new Set([200]));
      expect(statuses.length).toBeGreaterThan(10);
      expect((await ask('/api/v1/namespaces/db/secrets/owned')).status).toBe(200);
      expect((await faultline.issues('db')).find(({ metadata }) => metadata.name === name)?.metadata.uid).toBe(
        issue?.metadata.uid,
      );
    }, 300_000);
  },
);

describe('a server that cannot do everything yet', () => {
  const account = 'newly-installed';
  let port: number;
  let log: string;
  let frontProxy: KeyPair;

  beforeAll(async () => {
    const { plane, dir } = faultline;
    const token = await plane.serviceAccountToken('faultline-system', account);
    await bind('clusterrolebindings', `${account}-namespaces`, { kind: 'ClusterRole', name: 'faultline-server' });
    const path = join(dir, `${account}.kubeconfig`);
    const options = { server: plane.url, caPem: plane.caPem, user: account, credentials: { token } };
    await writeFile(path, kubeconfig(options), { mode: 0o600 });
    await writeFile(join(dir, 'nowhere.url'), 'postgres://nobody@127.0.0.1:9/nothing', { mode: 0o600 });
    const args = [`--kubeconfig=${path}`];
    ({ port } = await faultline.startReplica({
      name: account,
      args,
      databaseUrlFile: join(dir, 'nowhere.url'),
      ready: false,
    }));
    log = join(dir, `${account}.log`);
    frontProxy = await plane.frontProxyCa.issue({ commonName: frontProxyName, usage: 'client' });
  });

  /** Gives the server's account a role, in kube-system when it is a Role. */
  async function bind(resource: string, name: string, role: { kind: string; name: string }): Promise<void> {
    const where = role.kind === 'Role' ? 'namespaces/kube-system/' : '';
    const { status } = await faultline.plane.request(`/apis/rbac.authorization.k8s.io/v1/${where}${resource}`, {
      method: 'POST',
      body: {
        metadata: { name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', ...role },
        subjects: [{ kind: 'ServiceAccount', name: account, namespace: 'faultline-system' }],
      },
    });
    expect(status).toBe(201);
  }
  const ask = (path: string, user?: string, group = 'system:authenticated') =>
    send(`https://localhost:${port}${path}`, faultline.plane.servingCa.certificatePem, {
      ...(user && { as: frontProxy, headers: { 'x-remote-user': user, 'x-remote-group': group } }),
    });
  const code = async (path: string, user?: string, group?: string) => (await ask(path, user, group)).status;
  const STATIC = [GROUP, '/apis', '/openapi/v2', '/openapi/v3', `/openapi/v3${GROUP}`, '/version', '/'];
  const DATA = [`${GROUP}/issues`, `${GROUP}/issues?watch=true`, `${GROUP}/namespaces/db/issues/x`];

  test('D9 O2 P17 answers 503 to everything and never 404 while it may not read whom to believe, and says why', async () => {
    for (const path of [...STATIC, ...DATA, '/nobody/serves/this']) {
      const answer = await ask(path, 'system:kube-aggregator');
      expect(answer.status, path).toBe(503);
      expect(answer.headers['retry-after'], path).toBe('1');
    }
    expect([await code('/livez'), await code('/readyz')]).toEqual([200, 500]);
    expect((await ask('/readyz')).body).toContain('[-]authentication-config failed: reason withheld');
    const said = () => readFile(log, 'utf8');
    await expect.poll(said).toContain('bind the ServiceAccount to the Role extension-apiserver-authentication-reader');
  });

  test('D9 X3 is ready once it may, without a restart and without a database: discovery is there, data is 503', async () => {
    await bind('rolebindings', account, { kind: 'Role', name: 'extension-apiserver-authentication-reader' });
    await expect.poll(() => code('/readyz'), { timeout: 60_000, interval: 500 }).toBe(200);
    expect(await code('/readyz/db')).toBe(500);
    for (const path of STATIC) expect(await code(path, 'system:aggregator', ''), path).toBe(200);
    for (const path of DATA) expect(await code(path, 'admin', 'system:masters'), path).toBe(503);
  });

  test('A8 A11 P17 lets nobody in while it may not ask the cluster, and says what is missing', async () => {
    const answer = await ask(`${GROUP}/issues`, 'somebody');
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.body)).toMatchObject({ kind: 'Status', reason: 'InternalError', code: 500 });
    const url = `https://localhost:${port}${GROUP}/issues`;
    const token = await faultline.plane.serviceAccountToken('db', 'visitor');
    const bearer = await send(url, faultline.plane.servingCa.certificatePem, { as: { token } });
    expect(bearer.status).toBe(503);
    const text = await readFile(log, 'utf8');
    expect(text).toContain('bind the ServiceAccount to the ClusterRole system:auth-delegator');
    expect(text).not.toContain(token);
    await bind('clusterrolebindings', `${account}-delegator`, { kind: 'ClusterRole', name: 'system:auth-delegator' });
    await expect.poll(() => code(`${GROUP}/issues`, 'somebody'), { timeout: 20_000 }).toBe(403);
  });
});

/** One after the other, each deleted to the end: the namespace controller asks discovery for everything that may be in it. */
async function deleteNamespaces(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const name = `doomed-${index}`;
    await faultline.plane.request('/api/v1/namespaces', { method: 'POST', body: { metadata: { name } } });
    const deleted = await faultline.kubectl(['delete', 'namespace', name, '--timeout=45s']);
    expect(deleted).toMatchObject({ code: 0 });
  }
}

/** A Secret that an issue owns: the garbage collector asks whether its owner exists, and takes 404 for no. */
async function createOwned(name: string, uid: string): Promise<void> {
  const ownerReferences = [{ apiVersion: 'faultline.dev/v1alpha1', kind: 'Issue', name, uid }];
  const created = await faultline.plane.request('/api/v1/namespaces/db/secrets', {
    ...{ method: 'POST', body: { metadata: { name: 'owned', ownerReferences } } },
  });
  expect(created.status).toBe(201);
}
