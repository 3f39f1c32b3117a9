import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientCertificatesOnly } from '../../../apiserver/kube/access/authentication-config.ts';
import {
  bearerTokenAuthenticator,
  certificateCredentials,
  createAuthenticator,
  createAuthorizer,
  localAuthorizer,
  type UserInfo,
} from '../../../apiserver/kube/access/index.ts';
import { createTestAuthority, type Issued, SERVER_AUTH } from '../../../apiserver/kube/access/testing/authority.ts';
import { KubeApi } from '../../../apiserver/kube/index.ts';
import type { ArraySource } from '../../../apiserver/kube/testing/array-source.ts';
import { createApplication } from '../../../apiserver/server/application.ts';
import { createListener } from '../../../apiserver/server/listener.ts';
import type { ClusterConnection } from '../../cluster/connection.ts';
import { createClient } from '../client.ts';
import { Subject } from '../subject.ts';
import { discover } from '../target.ts';
import { clusterAround } from './cluster.ts';
import { complements } from './complements.ts';
import type { Defect } from './defect.ts';
import { Exchange, FRONT_USER } from './exchange.ts';
import { oracleDefinition, putThings, type Thing, thingDefinition, thingSource } from './things.ts';
import { TokenIssuer } from './token-issuer.ts';

type Made = Pick<ConformanceServer, 'subject' | 'source' | 'connection' | 'directUrl' | 'credentials'>;

/**
 * Our own server on memory behind real TLS, with as much of a cluster around it as the checks look at, and at most one
 * defect. `front` stands for kube-apiserver: everybody there is the administrator, or whom they impersonate.
 */
export class ConformanceServer implements AsyncDisposable {
  readonly subject: Subject;
  readonly source: ArraySource<Thing>;
  readonly connection: ClusterConnection;
  readonly directUrl: string;
  /** Of the administrator, at the front. */
  readonly credentials: Issued & { readonly ca: string };
  readonly #stack: AsyncDisposableStack;

  private constructor(made: Made, stack: AsyncDisposableStack) {
    this.subject = made.subject;
    this.source = made.source;
    this.connection = made.connection;
    this.directUrl = made.directUrl;
    this.credentials = made.credentials;
    this.#stack = stack;
  }

  static async start(defect?: Defect): Promise<ConformanceServer> {
    await using stack = new AsyncDisposableStack();
    const ca = await createTestAuthority({ name: 'conformance-ca' });
    const hosts = ['localhost', '127.0.0.1', 'things.example.svc'];
    const serving = await ca.issue({ name: 'things', hosts, usages: [SERVER_AUTH] });
    const admin = await ca.issue({ name: 'admin', organizations: ['system:masters'] });
    const source = thingSource();
    putThings(source);
    const known = new WeakMap<IncomingMessage, UserInfo>();
    const tokens = new TokenIssuer();
    const application = serve({ ca: ca.cert, source, known, tokens, defect });
    stack.use(application.kube);
    const handle = (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const complete = (one: IncomingMessage, two: ServerResponse) =>
        complements(new Exchange(one, two, application.handle));
      const exchange = new Exchange(request, response, complete);
      return defect?.handle ? defect.handle(exchange) : exchange.next();
    };
    const open = async (onRequest: RequestListener): Promise<string> => {
      const server = (defect?.listener ?? createListener)(serving, onRequest);
      const sockets = new Set<Duplex>();
      server.on('upgrade', (request, socket, head) => {
        sockets.add(socket);
        known.set(request, ADMIN);
        (defect?.upgrade ?? application.upgrade)(request, socket, head);
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      stack.defer(() => close(server, sockets));
      return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    };
    const cluster = clusterAround(ca.cert, defect?.cluster);
    const front = await open(async (request, response) => {
      const found = cluster(request.url ?? '') ?? (await tokens.answer(request));
      if (found) return new Exchange(request, response, handle).answer(found.code, found.body);
      impersonate(request, known);
      await handle(request, response);
    });
    const directUrl = await open(handle);
    const connection = connectionTo(front, ca.cert, admin);
    const subject = await subjectOf(connection, connectionTo(directUrl, ca.cert, admin), source, stack);
    return new ConformanceServer(
      { subject, source, connection, directUrl, credentials: { ...admin, ca: ca.cert } },
      stack.move(),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

const ADMIN: UserInfo = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };

interface Parts {
  readonly ca: string;
  readonly source: ArraySource<Thing>;
  readonly known: WeakMap<IncomingMessage, UserInfo>;
  readonly tokens: TokenIssuer;
  readonly defect: Defect | undefined;
}

function serve({ ca, source, known, tokens, defect }: Parts) {
  const config = clientCertificatesOnly(ca);
  const authorizer = createAuthorizer(localAuthorizer(() => []));
  const strict = createAuthenticator({
    credentials: [
      ...certificateCredentials(() => config, Date.now),
      bearerTokenAuthenticator({ api: tokens.reviews, now: Date.now }),
    ],
  });
  const authenticator: typeof strict = {
    authenticate: (request) => {
      const user = known.get(request) ?? defect?.believe?.(request);
      return user ? { outcome: 'user', user } : strict.authenticate(request);
    },
  };
  const oracle = thingSource();
  putThings(oracle, { apiVersion: 'oracle.dev/v1', kind: 'Gadget' });
  const kube = new KubeApi({
    resources: [thingDefinition(source), oracleDefinition(oracle)],
    version: { gitVersion: 'v1.34.1+test' },
    access: { authenticator, authorizer },
  });
  kube.start();
  const ignore = () => undefined;
  const handle = createApplication(
    {
      tls: { cert: '', key: '' },
      listen: { host: '127.0.0.1', port: 0 },
      authenticator,
      authorizer,
      clientAuthorities: { current: config },
      kube,
      logger: { info: ignore, warn: ignore, error: ignore },
    },
    [{ name: 'tls', healthy: () => true }],
  );
  const upgrade = (...given: Parameters<KubeApi['handleUpgrade']>) => void kube.handleUpgrade(...given);
  return { kube, handle, upgrade };
}

function impersonate(request: IncomingMessage, known: WeakMap<IncomingMessage, UserInfo>): void {
  const name = request.headers['impersonate-user'];
  delete request.headers['impersonate-user'];
  request.headers[FRONT_USER] = typeof name === 'string' ? name : ADMIN.name;
  known.set(request, typeof name === 'string' ? { name, groups: ['system:authenticated'] } : ADMIN);
}

function connectionTo(server: string, ca: string, { cert, key }: Issued): ClusterConnection {
  const pem = { ca: Buffer.from(ca), cert: Buffer.from(cert), key: Buffer.from(key) };
  return { server, name: 'test', ...pem, headers: async () => ({}) };
}

async function subjectOf(
  through: ClusterConnection,
  straight: ClusterConnection,
  source: ArraySource<Thing>,
  stack: AsyncDisposableStack,
): Promise<Subject> {
  const { signal } = new AbortController();
  const connect = (...given: Parameters<typeof createClient>) => stack.use(createClient(...given));
  const api = connect(through, { signal });
  return new Subject({
    api,
    straight: connect(straight, { signal }),
    anonymous: connect(straight, { signal, anonymous: true }),
    target: await discover(api, { group: 'example.dev', plural: 'widgets' }, undefined),
    change: () => changeThings(source),
    listenMs: 0,
    signal,
  });
}

/** One goes into a selector, one leaves it, one is new, one goes; slowly, so that watches begin in between. */
async function changeThings(source: ArraySource<Thing>): Promise<void> {
  const { objects } = await source.snapshot();
  const [first, second, third] = objects as [Thing, Thing, Thing];
  const steps = [
    () => source.put({ ...first, spec: { ...first.spec, color: 'green' } }),
    () => source.put({ ...second, metadata: { ...second.metadata, labels: { tier: 'web' } } }),
    () => source.put({ ...first, metadata: { ...first.metadata, labels: { tier: 'db' } } }),
    () => source.remove(third.metadata.namespace ?? '', third.metadata.name),
    () => source.put({ ...first, metadata: { ...first.metadata, name: 'late', uid: 'uid-of-late' } }),
    () => source.put(first),
  ];
  for (const step of steps) {
    step();
    await sleep(200);
  }
}

/** WebSockets too, which the server itself no longer counts among its connections. */
async function close(server: Server, sockets: Iterable<Duplex>): Promise<void> {
  server.closeAllConnections();
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
}
