import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registerApiService } from '../controlplane/api-service.ts';
import { type Authority, createAuthority, type KeyPair } from '../controlplane/certificates.ts';
import { Child } from '../controlplane/child.ts';
import { kubeconfig } from '../controlplane/kubeconfig.ts';
import { freePort } from '../controlplane/ports.ts';
import { faultline as binary, type Installation, install, node, type ServerProcess } from './installation.ts';
import { at, createRun } from './pipelineruns.ts';

/**
 * Bad days of an installation with managed certificates (docs/certificates.md), on one real control plane, in the order in
 * which they stand here: the last one takes everything away.
 */
const ISSUES = '/apis/faultline.dev/v1alpha1/issues';
const API_SERVICE = '/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.faultline.dev';
const SECRET = '/api/v1/namespaces/faultline-system/secrets/faultline-serving';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const HOUR_MS = 3_600_000;
const HOST = 'faultline.faultline-system.svc';

let faultline: Installation;
let server: ServerProcess;

beforeAll(async () => {
  faultline = await install({ namespaces: ['shop', 'doomed'], postgres: { tcp: true } });
  await faultline.plane.startControllerManager(['namespace-controller']);
  for (const file of ['rbac.yaml', 'secret.yaml']) await apply(`manifests/components/managed-certificates/${file}`);
  await label();
  // A certificate that ends tomorrow, as somebody finds it who has looked away for too long.
  await store([expiring.authority], { tls: await expiring.issue(Date.now() - 89 * 24 * HOUR_MS, 24 * HOUR_MS) });
  server = await managed('managed');
  await register(server.port);
});
afterAll(async () => faultline?.[Symbol.asyncDispose]());

interface Condition {
  readonly type: string;
  readonly status: string;
}

/** An authority, and certificates of it for our Service. */
class Issuer {
  readonly authority: Promise<Authority> = createAuthority(`authority-${Math.random()}`);
  async issue(madeAt: number, lastsMs: number): Promise<KeyPair> {
    return await (await this.authority).issue({
      ...{ commonName: HOST, usage: 'server' },
      dnsNames: [HOST, `${HOST}.cluster.local`, 'faultline.faultline-system', 'localhost'],
      notBefore: new Date(madeAt - HOUR_MS),
      notAfter: new Date(Date.now() + lastsMs),
    });
  }
}
const expiring = new Issuer();

/** Writes the Secret as a server would have. */
async function store(
  authorities: readonly Promise<Authority>[],
  { tls, next }: { tls?: KeyPair; next?: KeyPair },
): Promise<void> {
  const bundle = (await Promise.all(authorities)).map(({ certificatePem }) => certificatePem).join('');
  const data = {
    'ca.crt': bundle,
    ...(tls && { 'tls.crt': tls.certificatePem, 'tls.key': tls.keyPem }),
    ...(next && { 'next.crt': next.certificatePem, 'next.key': next.keyPem }),
  };
  const body = { data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, base64(text)])) };
  const { status, body: answer } = await faultline.plane.request(SECRET, { method: 'PATCH', headers: MERGE, body });
  if (status !== 200) throw new Error(answer);
}
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** As kustomize and Helm do it to all that they install. */
async function label(): Promise<void> {
  const kinds = 'clusterroles,clusterrolebindings,rolebindings,roles,serviceaccounts,secrets';
  const { stdout } = await faultline.kubectl(['get', kinds, '-A', '-o', 'json']);
  const { items } = JSON.parse(stdout) as { items: { kind: string; metadata: { name: string; namespace?: string } }[] };
  const ours = items
    .filter(({ metadata }) => metadata.name.startsWith('faultline'))
    .map(({ kind, metadata: { name, namespace } }) => ({
      ...{ apiVersion: /^(Secret|ServiceAccount)$/.test(kind) ? 'v1' : 'rbac.authorization.k8s.io/v1', kind },
      metadata: { name, namespace },
    }));
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: ours });
  const { code, stderr } = await faultline.kubectl(['label', '-f', '-', 'app.kubernetes.io/part-of=faultline'], {
    input: list,
  });
  if (code !== 0) throw new Error(stderr);
}

async function apply(file: string): Promise<void> {
  const { code, stderr } = await faultline.kubectl([
    'apply',
    '--server-side',
    '-f',
    join(import.meta.dirname, '../..', file),
  ]);
  if (code !== 0) throw new Error(stderr);
}

const managed = (name: string): Promise<ServerProcess> =>
  faultline.startReplica({ name, args: ['--certificates=managed', '--service=faultline-system/faultline'] });

/** As the manifests do it: without a caBundle. */
async function register(port: number): Promise<void> {
  const { plane } = faultline;
  await registerApiService(plane, { group: 'faultline.dev', version: 'v1alpha1', port, caPem: '', timeoutMs: 0 });
}

const list = async (): Promise<number> => (await faultline.plane.request(ISSUES, { timeoutMs: 5_000 })).status;
const untilServed = () => expect.poll(list, { timeout: 30_000, interval: 100 }).toBe(200);
const log = ({ child }: ServerProcess): Promise<string> => readFile(child.logPath, 'utf8');
const request = (path: string, method = 'GET', body?: unknown) =>
  faultline.plane.request(path, { method, ...(body === undefined ? {} : { body, headers: MERGE }) });

async function report(name: string): Promise<void> {
  const { status, body } = await faultline.plane.request('/apis/faultline.dev/v1alpha1/namespaces/shop/issuereports', {
    method: 'POST',
    body: {
      apiVersion: 'faultline.dev/v1alpha1',
      kind: 'IssueReport',
      spec: {
        source: 'ci',
        namespace: 'shop',
        subject: { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name },
        order: { class: 'received' },
        body: {
          complete: true,
          findings: [{ key: 'run', type: 'build', severity: 'major', reason: 'Failed', title: `${name} fails` }],
        },
      },
    },
  });
  expect(status, body).toBe(201);
}

/** The name of the authority of what is served on a port. */
async function servedBy(port: number): Promise<string> {
  const socket = connect({ port, host: 'localhost', rejectUnauthorized: false });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  const issuer = socket.getPeerX509Certificate()?.issuer ?? '';
  socket.destroy();
  return issuer;
}
const subjectOf = async ({ authority }: Issuer): Promise<string> =>
  new X509Certificate((await authority).certificatePem).subject;

describe('managed certificates', () => {
  test('a certificate that ends tomorrow: the next one is trusted at once, used later, and no request is dropped', async () => {
    await untilServed();
    await report('payments');
    const { data } = JSON.parse((await request(SECRET)).body) as { data: Record<string, string> };
    expect(Object.keys(data).sort()).toEqual(['ca.crt', 'next.crt', 'next.key', 'tls.crt', 'tls.key']);
    expect(await servedBy(server.port)).toBe(await subjectOf(expiring));
    const made = Buffer.from(data['ca.crt'] ?? '', 'base64').toString();
    expect(made.match(/BEGIN/g)).toHaveLength(2);

    const stop = new AbortController();
    const failures: string[] = [];
    let answered = 0;
    const load = Array.from({ length: 3 }, async () => {
      while (!stop.signal.aborted) {
        const { status, body } = await request(ISSUES);
        if (status !== 200) failures.push(`${status} ${body.slice(0, 200)}`);
        answered++;
      }
    });
    // An hour passes: a next pair that is two hours old.
    const next = new Issuer();
    await store([expiring.authority, next.authority], {
      next: await next.issue(Date.now() - 2 * HOUR_MS, 89 * 24 * HOUR_MS),
    });
    const wanted = await subjectOf(next);
    await expect.poll(() => servedBy(server.port), { timeout: 30_000, interval: 100 }).toBe(wanted);
    const before = answered;
    await expect.poll(() => answered, { timeout: 30_000 }).toBeGreaterThan(before + 20);
    stop.abort();
    await Promise.all(load);
    expect(failures).toEqual([]);
    const said = await log(server);
    expect(said).toContain('the one that is served ends at');
    expect(said).not.toContain('PRIVATE KEY');
    const { metadata } = JSON.parse((await request(API_SERVICE)).body) as { metadata: { managedFields: object[] } };
    const ours = metadata.managedFields.filter((each) => JSON.stringify(each).includes('"faultline-certificates"'));
    expect(ours).toMatchObject([{ operation: 'Apply', fieldsV1: { 'f:spec': { 'f:caBundle': {} } } }]);
    expect(Object.keys((ours[0] as { fieldsV1: Record<string, object> }).fieldsV1)).toEqual(['f:spec']);
  });

  test('a caBundle that somebody set to another authority is set back, and the log names who it was', async () => {
    const wrong = base64((await createAuthority('wrong')).certificatePem);
    await request(`${API_SERVICE}?fieldManager=somebody`, 'PATCH', { spec: { caBundle: wrong } });
    await untilServed();
    expect(await log(server)).toContain('somebody had set another caBundle');
    expect(JSON.parse((await request(API_SERVICE)).body).spec.caBundle).not.toBe(wrong);
  });

  test('an APIService that is deleted and registered again without a caBundle serves the same issues', async () => {
    const before = await faultline.issues('shop');
    expect(before).toHaveLength(1);
    await request(API_SERVICE, 'DELETE');
    await expect.poll(list).toBe(404);
    await register(server.port);
    await untilServed();
    expect(await faultline.issues('shop')).toEqual(before);
  });
});

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
// No name of this machine is ::1, so the aggregator cannot be led there; what is ours can.
test.skipIf(!hasIpv6)('on IPv6 alone: a server and controllers that report to it', async () => {
  const { dir, plane } = faultline;
  const { certificatePem, keyPem } = await plane.servingCa.issue({
    commonName: HOST,
    usage: 'server',
    ipAddresses: ['::1'],
  });
  await writeFile(join(dir, 'six.pem'), certificatePem);
  await writeFile(join(dir, 'six.key'), keyPem);
  const address = `[::1]:${await freePort()}`;
  const files = [`--tls-cert-file=${join(dir, 'six.pem')}`, `--tls-key-file=${join(dir, 'six.key')}`];
  const six = await faultline.startReplica({ name: 'ipv6', ready: 'never', args: [...files, `--listen=${address}`] });
  await expect.poll(() => log(six), { timeout: 30_000 }).toContain(`https://${address}`);
  await faultline.stopControllers();
  const controllers = await faultline.startMoreControllers('ipv6-controllers', [`--server=https://${address}`]);
  await createRun(plane, { name: 'six-1', namespace: 'shop', component: 'six' }, { succeeded: false, at: at(0) });
  await faultline.until('shop', (issues) => issues.some(({ spec }) => spec.subject.name === 'six'));
  await controllers.stop();
  await six.child.stop();
});

describe('the database', () => {
  test('of a newer version is refused in one line, and servers that run go on', async () => {
    const { postgres } = faultline;
    const version = await postgres?.psql('SELECT schema_version FROM meta', 'faultline');
    await postgres?.psql('UPDATE meta SET schema_version = 99', 'faultline');
    const older = await faultline.startReplica({ name: 'older', ready: 'never' });
    await expect.poll(() => older.child.ended, { timeout: 30_000 }).toBe('code 1');
    expect(await log(older)).toMatch(
      /error: the database has schema version 99, this faultline knows \d+: start the newer/,
    );
    expect(await list()).toBe(200);
    await report('cart');
    await postgres?.psql(`UPDATE meta SET schema_version = ${version}`, 'faultline');
  });

  test('whose password is rotated: the file is read again, and nothing restarts', async () => {
    const { postgres, dir } = faultline;
    const url = await readFile(join(dir, 'database.url'), 'utf8');
    await postgres?.psql(`ALTER ROLE postgres PASSWORD 'another'`);
    await postgres?.psql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'faultline'`);
    await expect.poll(list, { timeout: 30_000 }).toBe(503);
    await writeFile(join(dir, 'database.url'), url.replace(/:[^:@]+@/, ':another@'));
    await untilServed();
    await report('search');
    expect(server.child.ended).toBeUndefined();
    const names = (await faultline.issues('shop')).map(({ spec }) => spec.subject.name);
    expect(names).toEqual(expect.arrayContaining(['cart', 'payments', 'search']));
  });
});

test('a cluster that only a proxy reaches: what is there and what comes goes through it, under the name that it knows', async () => {
  const { plane, dir } = faultline;
  const asked: string[] = [];
  const open = new Set<Duplex>();
  const proxy = createServer().on('connect', ({ url = '' }, client) => {
    asked.push(url);
    const upstream = connectTcp(Number(new URL(plane.url).port), '127.0.0.1');
    for (const socket of [client, upstream]) open.add(socket.on('error', () => upstream.destroy()));
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  await untilServed();
  await report('before');
  const server = 'https://cluster.example';
  const config = kubeconfig({ server, caPem: plane.caPem, user: 'admin', credentials: plane.admin, namespace: 'shop' });
  const parsed = JSON.parse(config) as { clusters: { cluster: Record<string, string> }[] };
  for (const { cluster } of parsed.clusters) cluster['tls-server-name'] = 'localhost';
  const path = join(dir, 'proxied.kubeconfig');
  await writeFile(path, JSON.stringify(parsed), { mode: 0o600 });
  const logPath = join(dir, 'proxied.log');
  const env = { HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
  const args = [binary, 'get', '--watch', `--kubeconfig=${path}`];
  await using child = await Child.start({ name: 'faultline get', command: node, args, logPath, env });
  const prints = (text: string) => async () => (await readFile(logPath, 'utf8')).includes(text);
  await child.until('listing', prints('before fails'), 20_000);
  await report('after');
  await child.until('watching', prints('after fails'), 20_000);
  await child.stop();
  for (const socket of open) socket.destroy();
  proxy.close();
  expect([...new Set(asked)]).toEqual(['cluster.example:443']);
});

describe('an uninstall', () => {
  const uninstall = async (...flags: string[]): Promise<string> => {
    const logPath = join(faultline.dir, `uninstall-${flags.length}.log`);
    const args = [binary, 'uninstall', `--kubeconfig=${faultline.plane.adminKubeconfigPath}`, ...flags];
    const child = await Child.start({ name: 'faultline uninstall', command: node, args, logPath });
    await expect.poll(() => child.ended, { timeout: 60_000 }).toBeDefined();
    const text = await readFile(logPath, 'utf8');
    expect(child.ended, text).toBe('code 0');
    return text;
  };

  test('says what it would delete, the API first, and deletes nothing', async () => {
    const text = await uninstall();
    expect(text).toMatch(/^the API:\n {2}apiservice\/v1alpha1\.faultline\.dev\n/);
    expect(text).toContain('Nothing was deleted.');
    expect(await list()).toBe(200);
  });

  test('in the wrong order keeps namespaces from being deleted, says so, and is mended by running it', async () => {
    await faultline.stopControllers('SIGKILL');
    await faultline.stopServer('SIGKILL');
    await server.child.stop('SIGKILL');
    // Any change of it makes the aggregator look at once, and not half a minute later.
    await request(API_SERVICE, 'PATCH', { metadata: { annotations: { look: 'now' } } });
    const available = async (): Promise<string> => {
      const { status } = JSON.parse((await request(API_SERVICE)).body) as { status: { conditions: Condition[] } };
      return status.conditions.find(({ type }) => type === 'Available')?.status ?? '';
    };
    await expect.poll(available, { timeout: 60_000 }).toBe('False');
    await request('/api/v1/namespaces/doomed', 'DELETE');
    const conditions = async (): Promise<string> =>
      JSON.stringify(JSON.parse((await request('/api/v1/namespaces/doomed')).body).status?.conditions ?? []);
    await expect.poll(conditions, { timeout: 30_000 }).toContain('NamespaceDeletionDiscoveryFailure');

    const text = await uninstall('--yes', '--crds');
    expect(text).toMatch(/^deleted apiservice\/v1alpha1\.faultline\.dev\n/);
    expect(text).toContain('Its database is as it was.');
    const missing = async (path: string): Promise<boolean> => (await request(path)).status === 404;
    await expect.poll(() => missing('/api/v1/namespaces/doomed'), { timeout: 60_000 }).toBe(true);
    for (const path of [API_SERVICE, '/api/v1/namespaces/faultline-system'])
      expect(await missing(path), path).toBe(true);
    const roles = await faultline.kubectl(['get', 'clusterroles,clusterrolebindings,crds', '-A', '-o', 'name']);
    expect(roles.stdout.split('\n').filter((name) => name.includes('faultline'))).toEqual([]);
    expect(Number(await faultline.postgres?.psql('SELECT count(*) FROM issues', 'faultline'))).toBeGreaterThanOrEqual(
      3,
    );
  });
});
