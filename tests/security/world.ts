import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localNamespaces } from '../../apiserver/ingest/index.ts';
import { createTestAuthority, type Issued, SERVER_AUTH } from '../../apiserver/kube/access/testing/authority.ts';
import { declared } from '../../apiserver/receivers/testing/declared.ts';
import { clusterAccess } from '../../cli/backend/access.ts';
import { type Backend, openBackend } from '../../cli/backend/backend.ts';
import { configurationSchema } from '../../crds/configuration.ts';
import { type Binding, TestCluster } from './rbac.ts';

/** In every issue of the namespace, and nowhere else. */
export const MARKS = { shop: 'mark-of-shop', bank: 'mark-of-bank' } as const;

/** Who asks; all ask about the namespace shop. */
export interface Identity {
  readonly name: string;
  /** For docs/security-matrix.md. */
  readonly description: string;
  readonly bindings?: readonly Omit<Binding, 'user'>[];
  /** How the caller says who he is. Default: a certificate of his own. */
  readonly credential?: 'none' | 'expired' | 'token' | 'wrong-token' | 'front-proxy';
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

const ADMIN_HEADERS = {
  'X-Remote-User': 'faultline-admin',
  'X-Remote-Group': ['system:masters', 'system:authenticated'],
  'X-Remote-Extra-Scopes': 'all',
};

export const IDENTITIES: readonly Identity[] = [
  { name: 'anonymous', description: 'no credential', credential: 'none' },
  { name: 'expired', description: 'a certificate of an admin that expired', credential: 'expired' },
  { name: 'wrong token', description: 'a token that the cluster does not know', credential: 'wrong-token' },
  {
    name: 'spoofed',
    description: '`X-Remote-User: faultline-admin`, `X-Remote-Group: system:masters` without a certificate',
    credential: 'none',
    headers: ADMIN_HEADERS,
  },
  {
    name: 'spoofed by a user',
    description: 'the same headers, with the certificate of a user who has no right',
    headers: ADMIN_HEADERS,
  },
  {
    name: 'impersonating',
    description: '`Impersonate-User: faultline-admin` on a direct call, by a user who has no right',
    headers: { 'Impersonate-User': 'faultline-admin', 'Impersonate-Group': 'system:masters' },
  },
  { name: 'nobody', description: 'a user who has no right' },
  { name: 'view', description: '`view` in shop', bindings: [{ role: 'view', namespace: 'shop' }] },
  { name: 'edit', description: '`edit` in shop', bindings: [{ role: 'edit', namespace: 'shop' }] },
  {
    name: 'edit by proxy',
    description: '`edit` in shop, as kube-apiserver passes it on',
    bindings: [{ role: 'edit', namespace: 'shop' }],
    credential: 'front-proxy',
  },
  {
    name: 'evidence',
    description: '`view` and `faultline-evidence` in shop',
    bindings: [
      { role: 'view', namespace: 'shop' },
      { role: 'faultline-evidence', namespace: 'shop' },
    ],
  },
  {
    name: 'reporter',
    description: '`faultline-reporter` in shop and `report` as the sources `ci.*` of the examples and `kite`; by token',
    bindings: [
      { role: 'faultline-reporter', namespace: 'shop' },
      { role: 'speaks', namespace: 'shop' },
    ],
    credential: 'token',
  },
  {
    name: 'other tenant',
    description: '`admin`, evidence, reporter and source in the namespace bank, nothing in shop',
    bindings: ['admin', 'faultline-evidence', 'faultline-reporter', 'speaks'].map((role) => ({
      role,
      namespace: 'bank',
    })),
  },
  { name: 'cluster view', description: '`view` in all namespaces', bindings: [{ role: 'view' }] },
  { name: 'groups', description: '`faultline-groups-view`', bindings: [{ role: 'faultline-groups-view' }] },
  { name: 'metrics', description: '`faultline-metrics`', bindings: [{ role: 'faultline-metrics' }] },
  { name: 'debug', description: '`faultline-debug`', bindings: [{ role: 'faultline-debug' }] },
];

/** Who may get in by right; whatever the others ask, it is refused for who they are. */
export const STRANGERS = ['anonymous', 'expired', 'wrong token', 'spoofed'];

export const RECEIVER_TOKEN = 'a-token-of-a-receiver';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface Question {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export class SecurityWorld implements AsyncDisposable {
  readonly backend: Backend;
  readonly #directory: string;
  readonly #ca: string;
  readonly #callers: ReadonlyMap<string, Caller>;

  private constructor(backend: Backend, directory: string, ca: string, callers: ReadonlyMap<string, Caller>) {
    this.backend = backend;
    this.#directory = directory;
    this.#ca = ca;
    this.#callers = callers;
  }

  static async start(sources: readonly string[]): Promise<SecurityWorld> {
    const [clients, frontProxies] = await Promise.all([
      createTestAuthority({ name: 'client-ca' }),
      createTestAuthority({ name: 'front-proxy-ca' }),
    ]);
    const aggregator = await frontProxies.issue({ name: 'front-proxy-client' });
    const expired = await clients.issue({
      ...{ name: 'faultline-admin', organizations: ['system:masters'] },
      ...{ notBefore: Date.now() - 7_200_000, notAfter: Date.now() - 3_600_000 },
    });
    const callers = new Map<string, Caller>();
    const tokens = new Map<string, string>();
    for (const identity of IDENTITIES) callers.set(identity.name, await callerOf(identity, tokens));
    callers.set('admin', caller(await clients.issue({ name: 'admin', organizations: ['system:masters'] })));
    const bindings: Binding[] = IDENTITIES.flatMap(({ name, bindings: own = [] }) =>
      own.map((binding) => ({ user: name, ...binding })),
    );
    const everybody = [
      { group: 'system:authenticated', role: 'faultline-explain' },
      { group: 'system:authenticated', role: 'system:discovery' },
      { group: 'system:authenticated', role: 'system:public-info-viewer' },
      { group: 'system:unauthenticated', role: 'system:public-info-viewer' },
    ];
    const speaks = { apiGroups: ['faultline.dev'], resources: ['sources'], verbs: ['report'], resourceNames: sources };
    const cluster = new TestCluster([...bindings, ...everybody], tokens, [
      { kind: 'ClusterRole', metadata: { name: 'speaks' }, rules: [speaks] },
    ]);

    async function callerOf({ name, credential, headers = {} }: Identity, known: Map<string, string>): Promise<Caller> {
      switch (credential) {
        case 'none':
          return caller(undefined, headers);
        case 'expired':
          return caller(expired, headers);
        case 'wrong-token':
          return caller(undefined, { ...headers, Authorization: 'Bearer nobody-knows-this' });
        case 'token':
          known.set(`token of ${name}`.replaceAll(' ', '-'), name);
          return caller(undefined, { ...headers, Authorization: `Bearer ${`token of ${name}`.replaceAll(' ', '-')}` });
        case 'front-proxy':
          return caller(aggregator, { 'X-Remote-User': name, 'X-Remote-Group': 'system:authenticated' });
        case undefined:
          return caller(await clients.issue({ name }), headers);
        default:
          return credential satisfies never;
      }
    }

    const directory = await mkdtemp(join(tmpdir(), 'faultline-security-'));
    const server = await createTestAuthority({ name: 'serving-ca' });
    const silent = () => {};
    const log = { debug: silent, info: silent, warn: silent, error: silent };
    const configuration = configurationSchema.validate({
      apiVersion: 'config.faultline.dev/v1alpha1',
      kind: 'FaultlineConfiguration',
    }).value;
    const backend = await openBackend({
      database: { embedded: join(directory, 'database') },
      clusterId: 'security',
      namespaces: localNamespaces('security'),
      access: clusterAccess({
        api: cluster,
        configuration: { watch: (signal) => configMap(clients.cert, frontProxies.cert, signal) },
        log,
        now: Date.now,
      }),
      tls: await server.issue({ name: 'faultline', hosts: ['127.0.0.1'], usages: [SERVER_AUTH] }),
      listen: { host: '127.0.0.1', port: 0 },
      issues: configuration.issues,
      directory,
      receivers: {
        configured: [receiver('WebhookReceiver', 'shop'), receiver('ClusterWebhookReceiver')],
        secrets: { read: () => Promise.reject(new Error('none')), readFile: () => Promise.reject(new Error('none')) },
      },
      log,
    });
    await backend.synced();
    return new SecurityWorld(backend, directory, server.cert, callers);
  }

  /** As one of the identities, or as `admin`, who is in system:masters. */
  ask(as: string, { method, path, headers, body }: Question): Promise<Answer> {
    const known = this.#callers.get(as);
    if (known === undefined) throw new Error(`nobody is called ${as}`);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const text = body === undefined ? undefined : JSON.stringify(body);
    const sent = request(
      `${this.backend.url}${path}`,
      {
        ca: this.#ca,
        ...known.client,
        method,
        agent: known.agent,
        headers: {
          ...(text !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
          ...headers,
          ...known.headers,
        },
      },
      async (response) => {
        try {
          let answer = '';
          for await (const chunk of response.setEncoding('utf8')) answer += chunk;
          resolve({ status: response.statusCode ?? 0, text: answer });
        } catch (error) {
          reject(error);
        }
      },
    );
    sent.on('error', reject);
    sent.end(text);
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { agent } of this.#callers.values()) agent.destroy();
    await this.backend[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true });
  }
}

interface Caller {
  readonly client: Issued | undefined;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly agent: Agent;
}

function caller(client?: Issued, headers: Caller['headers'] = {}): Caller {
  return { client, headers, agent: new Agent({ keepAlive: true }) };
}

async function* configMap(
  clientCa: string,
  frontProxyCa: string,
  signal: AbortSignal,
): AsyncGenerator<Record<string, string>> {
  yield {
    'client-ca-file': clientCa,
    'requestheader-client-ca-file': frontProxyCa,
    'requestheader-allowed-names': '["front-proxy-client"]',
    'requestheader-username-headers': '["X-Remote-User"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
  };
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}

function receiver(kind: string, namespace?: string) {
  return declared(
    `
kind: ${kind}
metadata: {name: checks${namespace === undefined ? '' : `, namespace: ${namespace}`}}
spec:
  authentication: {token: {sha256: ${hash('sha256', RECEIVER_TOKEN, 'hex')}}}
  ${namespace === undefined ? 'namespace: "\'shop\'"' : ''}
  subject: "{'apiVersion': 'example.com/v1', 'kind': 'Service', 'name': payload.service}"
  findings: "[]"
`,
    'configuration',
  );
}
