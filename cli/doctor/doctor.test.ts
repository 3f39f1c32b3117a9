import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packageVersion } from '../package-info.ts';
import { startCommand } from '../testing/running-command.ts';
import type { Finding } from './finding.ts';

/**
 * A cluster in which everything works, through its kube-apiserver; each test breaks one thing, and the doctor has to name
 * it with what to do.
 */
let directory: string;
let answers: Record<string, Answer>;
let asked: string[];
type Answer = { readonly status?: number; readonly body: unknown; readonly headers?: Record<string, string> };

const server = createServer((request, response) => {
  const { method = 'GET', url = '' } = request;
  asked.push(url);
  const [path = ''] = url.split('?');
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => answer(`${method} ${path}`, Buffer.concat(chunks).toString(), response));
});

function answer(what: string, body: string, response: ServerResponse): void {
  const kind = /"kind":"(PipelineRun|Deployment|Pod)"/.exec(body)?.[1];
  const found = answers[`${what} ${kind}`] ?? answers[what];
  const { status = 200, body: said, headers = {} } = found ?? refusal(404, 'NotFound', 'not found');
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof said === 'string' ? said : JSON.stringify(said));
}

const refusal = (status: number, reason: string, message: string, name?: string): Answer => ({
  status,
  body: { kind: 'Status', apiVersion: 'v1', reason, message, code: status, ...(name && { details: { name } }) },
});

const APISERVICE = 'GET /apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.faultline.dev';
const DISCOVERY = 'GET /apis/faultline.dev/v1alpha1';
const REVIEW = 'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const EXPLAIN = 'POST /apis/faultline.dev/v1alpha1/explanations';
const ISSUES = 'GET /apis/faultline.dev/v1alpha1/namespaces/shop/issues';
const READYZ = 'GET /api/v1/namespaces/faultline-system/services/https:faultline:443/proxy/readyz/db';
const OPENAPI = 'GET /openapi/v3/apis/faultline.dev/v1alpha1';

const apiService = (condition: object = { status: 'True', reason: 'Passed' }, spec: object = {}) => ({
  body: {
    spec: { service: { namespace: 'faultline-system', name: 'faultline', port: 443 }, caBundle: AUTHORITY, ...spec },
    status: { conditions: [{ type: 'Available', ...condition }] },
  },
});
const explanation = (more: object = {}): Answer => ({
  status: 201,
  body: {
    status: {
      resource: { group: '', resource: 'pods', kind: 'Pod', namespaced: true },
      ...{ processes: ['controllers-1'], silent: [], message: '' },
      controllers: [{ controller: 'workloads-pod', use: 'workloads/pod', verdict: 'NotFound', message: '' }],
      ...more,
    },
  },
});
const table = (count: number): Answer => ({
  body: {
    ...{ kind: 'Table', columnDefinitions: [{ name: 'Name' }], metadata: {} },
    rows: Array.from({ length: count }, (_, at) => ({ cells: [`i${at}`], object: { metadata: { name: `i${at}` } } })),
  },
});
let AUTHORITY = '';
let EXPIRED = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-doctor-'));
  [AUTHORITY, EXPIRED] = await Promise.all([authority('2099-01-01'), authority('2020-01-02')]);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = {
    'current-context': 'work',
    clusters: [{ name: 'c', cluster: { server: url } }],
    users: [{ name: 'u', user: { token: 'sesame' } }],
    contexts: [{ name: 'work', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
  };
  await writeFile(join(directory, 'config'), JSON.stringify(config));
});
beforeEach(() => {
  asked = [];
  answers = {
    'GET /version': { body: { gitVersion: 'v1.34.4' } },
    [OPENAPI]: { body: { info: { version: `v1.34.0+faultline.${packageVersion()}` } } },
    [APISERVICE]: apiService(),
    [DISCOVERY]: {
      body: {
        resources: [
          { name: 'issues', verbs: ['get', 'list', 'watch'] },
          { name: 'issues/timeline', verbs: ['get'] },
        ],
      },
    },
    [REVIEW]: { status: 201, body: { status: { allowed: true } } },
    [READYZ]: { body: 'ok' },
    [EXPLAIN]: explanation(),
    [ISSUES]: table(3),
    'GET /apis/faultline.dev/v1alpha1/issues': table(7),
  };
});
afterAll(async () => {
  server.close();
  await rm(directory, { recursive: true, force: true });
});

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const command = startCommand(['doctor', ...argv], { directory, env: { KUBECONFIG: 'config', HOME: directory } });
  const code = await command.exitCode;
  return { code, out: command.out.text(), err: command.err.text() };
}

/** What is wrong, as an object. */
async function complaints(): Promise<{ code: number; complaints: Finding[] }> {
  const { code, out } = await run('-o', 'json');
  const { findings } = JSON.parse(out) as { findings: Finding[] };
  return { code, complaints: findings.filter(({ verdict }) => verdict !== 'ok') };
}

it('says of everything that works that it does', async () => {
  const { code, out, err } = await run();
  expect([code, err]).toEqual([0, '']);
  expect(out.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST').replaceAll(packageVersion(), 'X')).toBe(
    [
      'ok       server       Kubernetes v1.34.4 answers at http://HOST (context work)',
      'ok       clock        yours and that of the server agree',
      'ok       versions     faultline X here, X at the server',
      'ok       apiservice   v1alpha1.faultline.dev is available, behind the Service faultline-system/faultline',
      'ok       certificate  the authority in caBundle of the APIService is valid until 2099-01-01T00:00:00.000Z',
      'ok       discovery    faultline.dev/v1alpha1 serves 2 resources and subresources',
      'ok       rights       you may list and watch issues in namespace shop',
      'ok       database     it answers (/readyz/db)',
      'ok       controllers  one process with workloads-pod',
      'ok       issues       3 Active in namespace shop',
      '',
    ].join('\n'),
  );
});

it('says what there is elsewhere when nothing is wrong here', async () => {
  answers[ISSUES] = table(0);
  expect((await run()).out).toContain('none is Active in namespace shop, 7 in others (get -A)');
});

describe('names what is broken, and what to do about it', () => {
  const unavailable = (reason: string, message = 'why') => apiService({ status: 'False', reason, message });
  it.each<[string, Record<string, Answer>, string, RegExp, RegExp]>([
    ['not installed', { [APISERVICE]: refusal(404, 'NotFound', 'x', 'v1alpha1.faultline.dev') }, 'apiservice', /not installed here/, /docs\/install\.md/],
    ['no Service', { [APISERVICE]: unavailable('ServiceNotFound') }, 'apiservice', /not available \(ServiceNotFound\): why/, /create the Service faultline-system\/faultline/],
    ['another port', { [APISERVICE]: unavailable('ServicePortError') }, 'apiservice', /ServicePortError/, /needs the port 443/],
    ['no Pods', { [APISERVICE]: unavailable('MissingEndpoints') }, 'apiservice', /MissingEndpoints/, /-n faultline-system get pods/],
    ['a firewall', { [APISERVICE]: unavailable('FailedDiscoveryCheck', 'context deadline exceeded') }, 'apiservice', /deadline/, /NetworkPolicy or a firewall/],
    ['another authority', { [APISERVICE]: unavailable('FailedDiscoveryCheck', 'x509: unknown authority') }, 'apiservice', /x509/, /caBundle/],
    ['a front proxy that is not believed', { [APISERVICE]: unavailable('FailedDiscoveryCheck', 'bad status: 401') }, 'apiservice', /401/, /docs\/access\.md/],
    ['a certificate of another name', { [DISCOVERY]: { status: 503, body: 'error trying to reach service: x509: certificate is valid for a, not b' } }, 'certificate', /x509/, /<service>\.<namespace>\.svc/],
    ['another server for the group', { [DISCOVERY]: { body: { resources: [{ name: 'issues', verbs: ['get'] }] } } }, 'discovery', /does not serve issues with list, watch/, /another server/],
    ['no right', { [REVIEW]: { status: 201, body: { status: { allowed: false } } } }, 'rights', /you may not list issues in namespace shop/, /create rolebinding see-issues -n shop --clusterrole=view/],
    ['a database that is away', { [READYZ]: { status: 500, body: '[+]ping ok\n[-]db failed: reason withheld\n' } }, 'database', /does not answer/, /faultline-database/],
    ['a database that is away, for who may not use the proxy', { [READYZ]: refusal(403, 'Forbidden', 'no'), [ISSUES]: refusal(503, 'ServiceUnavailable', 'the database is away') }, 'database', /lists fail: the database is away/, /PostgreSQL/],
    ['no controllers', { [EXPLAIN]: explanation({ processes: [], controllers: [] }) }, 'controllers', /no controllers process is connected/, /logs deployment\/faultline-controllers/],
    ['controllers without a right', { [EXPLAIN]: explanation({ controllers: [{ controller: 'workloads-pod', verdict: 'NotListed', message: 'may not list pods' }] }) }, 'controllers', /workloads-pod: may not list pods/, /faultline rbac/],
  ])('%s', async (_, broken, check, message, fix) => {
    Object.assign(answers, broken);
    const { code, complaints: all } = await complaints();
    const [first] = all.filter(({ verdict }) => verdict === 'failed');
    expect([code, first]).toEqual([
      1,
      { check, verdict: 'failed', message: expect.stringMatching(message), fix: expect.stringMatching(fix) },
    ]);
  }); // biome-ignore format: a table

  it.each<[string, () => Record<string, Answer>, string, RegExp, RegExp]>([
    ['a namespace that is left out', () => ({ [EXPLAIN]: explanation({ controllers: [{ controller: 'c', verdict: 'OutsideNamespaces', message: 'not shop' }] }) }), 'controllers', /c: not shop/, /add shop to namespaces:/],
    ['controllers that are silent', () => ({ [EXPLAIN]: explanation({ silent: ['p'] }) }), 'controllers', /did not answer in time: p/, /try again/],
    ['only standbys', () => ({ [EXPLAIN]: explanation({ controllers: [{ controller: 'c', verdict: 'Standby', message: '' }] }) }), 'controllers', /only standbys/, /Lease/],
    ['any certificate is believed', () => ({ [APISERVICE]: apiService(undefined, { insecureSkipTLSVerify: true }) }), 'certificate', /believes any certificate/, /caBundle/],
    ['an old server', () => ({ [OPENAPI]: { body: { info: { version: 'v1.34.0+faultline.9.0.0' } } } }), 'versions', /more than one minor version apart/, /9\.0\.0/],
    ['a server without timelines', () => ({ [DISCOVERY]: { body: { resources: [{ name: 'issues', verbs: ['get', 'list', 'watch'] }] } } }), 'discovery', /older than this command/, /upgrade/],
    ['a clock that is wrong', () => ({ 'GET /version': { body: { gitVersion: 'v1.34.4' }, headers: { date: new Date(0).toUTCString() } } }), 'clock', /ahead of that of the server/, /NTP/],
  ])('%s: a warning, and no failure', async (_, broken, check, message, fix) => {
    Object.assign(answers, broken());
    expect(await complaints()).toEqual({
      code: 0,
      complaints: [{ check, verdict: 'warning', message: expect.stringMatching(message), fix: expect.stringMatching(fix) }],
    });
  }); // biome-ignore format: a table

  it('an authority that has expired', async () => {
    answers[APISERVICE] = apiService(undefined, { caBundle: EXPIRED });
    expect((await complaints()).complaints[0]).toMatchObject({
      ...{ check: 'certificate', verdict: 'failed', message: expect.stringContaining('expired at 2020-01-02') },
    });
  });

  it('what may not be looked at is no fault', async () => {
    for (const path of [APISERVICE, READYZ, EXPLAIN]) answers[path] = refusal(403, 'Forbidden', 'no');
    const { code, complaints: all } = await complaints();
    expect([code, all.map(({ check, verdict }) => `${check} ${verdict}`)]).toEqual([
      0,
      ['apiservice unknown', 'controllers unknown'],
    ]);
  });

  it('stops where nothing further can be said', async () => {
    answers[APISERVICE] = unavailable('MissingEndpoints');
    await run();
    expect(asked.some((url) => url.includes('/issues'))).toBe(false);
    answers['GET /version'] = refusal(401, 'Unauthorized', 'Unauthorized');
    const { code, out, err } = await run();
    expect([code, err]).toEqual([1, '']);
    expect(out).toMatch(/^FAILED +credentials +\S+ \(context work\) does not know you: [^\n]+\n +→ [^\n]+\n$/);
  });

  it('a kubeconfig that is missing', async () => {
    const { code, out } = await run('--kubeconfig', 'nowhere');
    expect([code, out]).toEqual([1, expect.stringMatching(/^FAILED +kubeconfig +cannot read the kubeconfig nowhere/)]);
  });
});

async function authority(notAfter: string): Promise<string> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ name: 'CN=authority', keys, signingAlgorithm: algorithm },
    ...{ notBefore: new Date('2019-01-01'), notAfter: new Date(notAfter) },
  });
  return Buffer.from(certificate.toString('pem')).toString('base64');
}
