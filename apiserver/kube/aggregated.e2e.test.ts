import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { registerApiService } from '../../tests/controlplane/api-service.ts';
import { type ControlPlane, startControlPlane } from '../../tests/controlplane/control-plane.ts';
import { KubeApi } from './api.ts';
import { widget, widgetDefinition, widgetSource } from './testing/widgets.ts';

/**
 * Widgets through the aggregator of a real kube-apiserver, compared with a CRD of the same shape on the same server:
 * the cheapest oracle there is (aggregated-api section 16). Both are asked the same; code and body must agree. Left out
 * is where we differ on purpose: a number that is none is 400 here and 500 there (L13), resourceVersion=0 does not make
 * us ignore a limit, we offer no further page when nothing that is selected follows, an object asked for by another
 * name is 400 here (F5), and a subresource that nobody serves is no object that is missing (E3).
 */
const WIDGETS = '/apis/example.dev/v1/namespaces/default/widgets';
const ORACLE = '/apis/oracle.dev/v1/namespaces/default/widgets';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const INITIAL_EVENTS = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan';
const PARTIAL = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const PARTIAL_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

const source = widgetSource();
let plane: ControlPlane;
let closeServer: () => Promise<void>;
/** Content-Encoding of every answer about the long list, as the aggregator got it: it also asks by itself. */
const encodings: unknown[] = [];

beforeAll(async () => {
  plane = await startControlPlane();
  await createOracle();
  for (const one of [
    widget({ namespace: 'default', name: 'a', color: 'red', labels: { tier: 'web', size: '7' } }),
    widget({ namespace: 'default', name: 'b', color: 'blue', labels: { tier: 'db' } }),
    widget({ namespace: 'default', name: 'c', color: 'blue' }),
  ]) {
    source.put(one);
    const { name, namespace, labels } = one.metadata;
    const metadata = { name, namespace, ...(labels && { labels }) };
    const body = { ...one, apiVersion: 'oracle.dev/v1', metadata };
    expect((await plane.request(ORACLE, { method: 'POST', body })).status).toBe(201);
  }
  closeServer = await serveWidgets();
});

afterAll(async () => {
  await closeServer?.();
  await plane?.[Symbol.asyncDispose]();
});

describe('the wire, compared with a CRD behind the same kube-apiserver', () => {
  it.each([
    '',
    '?labelSelector=tier',
    '?labelSelector=!tier',
    '?labelSelector=tier%20in%20(web,db),size%3E6',
    '?labelSelector=tier%20notin%20(web)',
    '?labelSelector=tier%3D(',
    '?labelSelector=tier%20in%20()',
    '?labelSelector=size%3Ex',
    '?labelSelector=a%20b',
    '?fieldSelector=metadata.name%3Da',
    '?fieldSelector=metadata.name!%3Da,metadata.namespace%3Ddefault',
    '?fieldSelector=spec.color%3Dblue',
    '?fieldSelector=spec.size%3D3',
    '?fieldSelector=metadata.name',
    '?limit=2',
    '?limit=x',
    '?continue=nonsense',
    '?continue=nonsense&resourceVersion=5',
    '?resourceVersion=0',
    '?resourceVersion=abc',
    '?resourceVersionMatch=Exact',
    '?resourceVersion=0&resourceVersionMatch=Exact',
    '?resourceVersion=0&resourceVersionMatch=Near',
    '?resourceVersion=9007199254740990',
    '?sendInitialEvents=true',
    '?watch=true&sendInitialEvents=true',
    '?watch=0',
    '?watch=False',
    '?timeoutSeconds=x',
    '?labelSelector=tier%20notin%20()',
    '?labelSelector=tier%3D',
    '?labelSelector=!tier%3Dx',
    '?labelSelector=,',
    '?labelSelector=size%3E-1',
    '?fieldSelector=,metadata.name%3Da,',
    '?fieldSelector=metadata.name%3Da%5Cb',
    '?fieldSelector=metadata.name%3Da%3Db',
    '?fieldSelector=metadata.namespace%3Dother',
    '?limit=-1',
    '?limit=',
    '?resourceVersion=0&resourceVersionMatch=NotOlderThan&continue=x',
    '?watch=true&resourceVersionMatch=Exact&resourceVersion=1',
    '?watch=true&resourceVersionMatch=NotOlderThan&sendInitialEvents=true&continue=x',
    '?watch=true&limit=x',
    '?watch=true&fieldSelector=spec.size%3D3',
    '/a',
    '/a?fieldSelector=metadata.name%3Da',
    '/a?watch=true',
    '/a?resourceVersion=0',
    '/nope',
    '/nope?resourceVersion=0',
    '?resourceVersionMatch=NotOlderThan',
    '?resourceVersion=1&resourceVersionMatch=NotOlderThan',
    '?fieldSelector=metadata.name%3D',
    '?fieldSelector=metadata.name%3Da,metadata.name%3Db',
    '?labelSelector=tier,tier',
    '?labelSelector=tier%20in%20(web)%20',
    '?watch=true&resourceVersionMatch=Exact',
    '?watch=true&timeoutSeconds=1&labelSelector=(',
  ])('L F E GET %s has the same code, reason and content', async (path) => {
    await expectSame('GET', path);
  });

  it.each([
    [TABLE, ''],
    [TABLE, '?includeObject=None'],
    [TABLE, '?includeObject=Object'],
    [TABLE, '?includeObject=nonsense'],
    [TABLE, '/a'],
    [TABLE, '/nope'],
    [PARTIAL_LIST, ''],
    [PARTIAL, '/a'],
    ['application/json;as=Foo;v=v1;g=meta.k8s.io', ''],
    ['application/json;as=Foo;v=v1;g=meta.k8s.io,application/json', ''],
    ['text/html,*/*;q=0.8', '/a'],
    ['text/html', '/a'],
    ['application/json;as=Table;v=v1beta1;g=meta.k8s.io', ''],
    ['application/json;as=Table;v=v2;g=meta.k8s.io,application/json', ''],
    [PARTIAL, ''],
    [`application/vnd.kubernetes.protobuf;q=0.9,${TABLE};q=0.5`, ''],
    ['application/json;q=0.1,text/html', '/a'],
    [`${TABLE},application/json`, '?labelSelector=('],
  ])('T L2 Accept %s on %s has the same code and form', async (accept, path) => {
    await expectSame('GET', path, accept);
  });

  it.each([
    ['', ''],
    ['', '&resourceVersion=0'],
    ['', '&fieldSelector=metadata.name%3Da'],
    ['', '&labelSelector=tier%3Dweb&resourceVersion=0'],
    ['', `&${INITIAL_EVENTS}&allowWatchBookmarks=true`],
    ['', `&${INITIAL_EVENTS}&allowWatchBookmarks=true&resourceVersion=0`],
    ['', `&${INITIAL_EVENTS}`],
    ['', '&sendInitialEvents=false&resourceVersionMatch=NotOlderThan'],
    [TABLE, '&resourceVersion=0'],
    [TABLE, '&includeObject=Object'],
    [TABLE, `&${INITIAL_EVENTS}&allowWatchBookmarks=true`],
    [PARTIAL, '&resourceVersion=0'],
    [PARTIAL, `&${INITIAL_EVENTS}&allowWatchBookmarks=true`],
  ])('W T Accept %s with %s is the same watch', async (accept, query) => {
    await expectSame('GET', `?watch=true&timeoutSeconds=1${query}`, accept || 'application/json');
  });

  it.each(['application/json', TABLE])(
    'W7 W8 objects that enter and leave a selector are the same events as %s',
    async (accept) => {
      const [ours, theirs] = await Promise.all([lastOf(WIDGETS), lastOf(ORACLE)]);
      for (const [tier, color] of [
        ['web', 'red'],
        ['db', 'red'],
        ['web', 'red'],
        ['web', 'blue'],
      ] as const) {
        const one = widget({ namespace: 'default', name: 'flip', color, labels: { tier } });
        source.put(one);
        const body = { ...one, apiVersion: 'oracle.dev/v1', metadata: { name: 'flip', labels: { tier } } };
        const headers = { 'content-type': 'application/apply-patch+yaml' };
        const applied = await plane.request(`${ORACLE}/flip?fieldManager=test`, { method: 'PATCH', body, headers });
        expect(applied.status).toBeLessThan(300);
      }
      source.remove('default', 'flip');
      expect((await plane.request(`${ORACLE}/flip`, { method: 'DELETE' })).status).toBe(200);
      const query = '?watch=true&timeoutSeconds=1&labelSelector=tier%3Dweb&resourceVersion=';
      const [mine, oracle] = await Promise.all([
        plane.request(`${WIDGETS}${query}${ours}`, { headers: { accept } }),
        plane.request(`${ORACLE}${query}${theirs}`, { headers: { accept } }),
      ]);
      const events = normal(mine.body) as { type: string }[];
      expect(events.map(({ type }) => type)).toEqual(['ADDED', 'DELETED', 'ADDED', 'MODIFIED', 'DELETED']);
      expect(events).toEqual(normal(oracle.body));
    },
  );

  it('D4 D5 the aggregator takes our discovery as current', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    await expect
      .poll(async () => {
        const { body } = await plane.request('/apis', { headers: { accept } });
        const group = JSON.parse(body).items.find(
          (item: { metadata: { name: string } }) => item.metadata.name === 'example.dev',
        );
        return group?.versions[0];
      }, TWENTY_SECONDS)
      .toMatchObject({ freshness: 'Current', resources: [{ resource: 'widgets', responseKind: { kind: 'Widget' } }] });
  });

  it('O1 O3 O8 O9 OpenAPI v3 is served under our key, and v2 still merges, as JSON and as protobuf', async () => {
    await expect
      .poll(async () => JSON.parse((await plane.request('/openapi/v3')).body).paths, TWENTY_SECONDS)
      .toHaveProperty(['apis/example.dev/v1']);
    const document = await plane.request('/openapi/v3/apis/example.dev/v1?hash=x');
    expect(JSON.parse(document.body).components.schemas).toHaveProperty(['dev.example.v1.Widget']);
    for (const accept of ['application/json', 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf']) {
      expect((await plane.request('/openapi/v2', { headers: { accept } })).status).toBe(200);
    }
  });

  it('L16 a long answer is compressed for a client that takes gzip, and not for the aggregator alone', async () => {
    const path = '/apis/example.dev/v1/namespaces/long/widgets';
    for (let index = 0; index < 200; index++) {
      source.put(widget({ namespace: 'long', name: `w${index}`, note: 'x'.repeat(1_000) }));
    }
    const asked = async (headers: Record<string, string>) => {
      encodings.length = 0;
      const answer = await plane.request(path, { headers });
      await expect.poll(() => encodings.length, TWENTY_SECONDS).toBe(1); // the client may have it before it is finished here
      return { client: answer.headers['content-encoding'], aggregator: [...encodings], body: answer.body };
    };
    const plain = await asked({});
    expect(JSON.parse(plain.body).items).toHaveLength(200);
    expect(plain).toMatchObject({ client: undefined, aggregator: [undefined] });
    expect(await asked({ 'accept-encoding': 'gzip' })).toMatchObject({ client: 'gzip', aggregator: ['gzip'] });
    for (let index = 0; index < 200; index++) source.remove('long', `w${index}`);
  });

  it('W12 a WebSocket watch passes the aggregator', async () => {
    const { certificatePem: cert, keyPem: key } = plane.admin;
    const url = `${plane.url.replace('https', 'wss')}${WIDGETS}?watch=1&resourceVersion=${source.last}`;
    const socket = new WebSocket(url, ['base64.binary.k8s.io'], { ca: plane.caPem, cert, key });
    const first = new Promise<string>((resolve, reject) => {
      socket.once('message', (data, isBinary) => resolve(`${isBinary} ${data}`));
      socket.once('error', reject);
    });
    await new Promise((resolve) => socket.once('open', resolve));
    expect(socket.protocol).toBe('base64.binary.k8s.io');
    source.put(widget({ namespace: 'default', name: 'late' }));
    expect(await first).toMatch(/^false \{"type":"ADDED","object":\{"apiVersion":"example\.dev\/v1","kind":"Widget"/);
    source.remove('default', 'late');
    socket.terminate();
  });
});

async function lastOf(path: string): Promise<string> {
  return (JSON.parse((await plane.request(path)).body) as { metadata: { resourceVersion: string } }).metadata
    .resourceVersion;
}

const TWENTY_SECONDS = { timeout: 20_000 };

/** Asks both and compares; what differs by nature (times, uids, numbers, tokens, the group) is made equal first. */
async function expectSame(method: string, path: string, accept?: string): Promise<void> {
  const options = { method, ...(accept !== undefined && { headers: { accept } }) };
  const [ours, oracle] = await Promise.all([
    plane.request(`${WIDGETS}${path}`, options),
    plane.request(`${ORACLE}${path}`, options),
  ]);
  expect(normal(ours.body)).toEqual(normal(oracle.body));
  expect(ours.status).toBe(oracle.status);
}

function normal(body: string): unknown {
  const text = body.replaceAll('oracle.dev', 'example.dev').replace(/current: \d+/, 'current');
  const lines = text.startsWith('{"type":') ? text.trimEnd().split('\n') : [text]; // of a watch, else of one object
  try {
    return lines.map((line): unknown => JSON.parse(line, reviver));
  } catch {
    return text;
  }
}

/** Wording of parse errors and the list of media types are ours; code, reason and details are not. */
function reviver(this: unknown, key: string, value: unknown): unknown {
  if (key === 'continue' && value === '') return undefined;
  if (['uid', 'resourceVersion', 'creationTimestamp', 'continue'].includes(key)) return 'given';
  if (['managedFields', 'generation'].includes(key)) return undefined;
  if (key === 'columnDefinitions')
    return (value as { name: string; priority: number }[] | null)?.map(({ name, priority }) => ({ name, priority }));
  if (key === 'cells') return (value as unknown[]).map((cell) => (/^\d+[smhdy]/.test(String(cell)) ? 'age' : cell));
  const { kind, reason, message } = (value ?? {}) as { kind?: string; reason?: string; message?: string };
  if (kind === 'Status' && ['BadRequest', 'Invalid', 'NotAcceptable'].includes(reason ?? ''))
    return { ...(value as object), message: typeof message };
  if (key === 'causes')
    return (value as { field: string; reason: string }[]).map((cause) => ({
      field: cause.field,
      reason: cause.reason,
    }));
  return value;
}

async function createOracle(): Promise<void> {
  const properties = { color: { type: 'string' }, size: { type: 'integer' }, note: { type: 'string' } };
  const version = {
    name: 'v1',
    served: true,
    storage: true,
    schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } },
    selectableFields: [{ jsonPath: '.spec.color' }],
    additionalPrinterColumns: [
      { name: 'Color', type: 'string', jsonPath: '.spec.color' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
      { name: 'Size', type: 'integer', jsonPath: '.spec.size', priority: 1 },
      { name: 'Note', type: 'string', jsonPath: '.spec.note', priority: 1 },
    ],
  };
  const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' };
  const body = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.oracle.dev' },
    spec: { group: 'oracle.dev', scope: 'Namespaced', names, versions: [version] },
  };
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  expect((await plane.request(path, { method: 'POST', body })).status).toBe(201);
  await vi.waitFor(async () => expect((await plane.request(ORACLE)).status).toBe(200), TWENTY_SECONDS);
}

/** The wire alone behind TLS; who asks is what the aggregator says, because only it can reach this port. */
async function serveWidgets(): Promise<() => Promise<void>> {
  const dnsNames = ['faultline.faultline-system.svc'];
  const { certificatePem, keyPem } = await plane.servingCa.issue({ commonName: 'widgets', usage: 'server', dnsNames });
  const api = new KubeApi({
    resources: [widgetDefinition(source)],
    version: { gitVersion: 'v1.34.1' },
    access: {
      authenticator: {
        authenticate: (request) => {
          const name = String(request.headers['x-remote-user']);
          return { outcome: 'user', user: { name, groups: ['system:authenticated'] } };
        },
      },
      authorizer: { authorize: () => ({ allowed: true }) },
    },
  });
  api.start();
  const app = new Koa();
  app.use(api.middleware);
  const handle = app.callback();
  const server = createServer({ cert: certificatePem, key: keyPem }, (request, response) => {
    const isLong = request.url?.includes('/namespaces/long/');
    if (isLong) response.once('finish', () => encodings.push(response.getHeader('content-encoding')));
    void handle(request, response);
  });
  server.on('upgrade', (request, socket, head) => void api.handleUpgrade(request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await registerApiService(plane, { group: 'example.dev', version: 'v1', port, caPem: plane.caPem });
  return async () => {
    await api[Symbol.asyncDispose]();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}
