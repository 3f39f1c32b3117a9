import { setTimeout as sleep } from 'node:timers/promises';
import {
  AUTHENTICATION_CONFIG_MAP,
  type AuthenticationConfigSource,
  AuthenticationConfiguration,
  bearerTokenAuthenticator,
  type ClusterApi,
  type ClusterConnection,
  certificateCredentials,
  createAuthenticator,
  createAuthorizer,
  createClusterApi,
  createServer,
  KubeApi,
  type ResourceDefinition,
  type ServerOptions,
  subjectAccessReviewAuthorizer,
} from 'faultline/apiserver';
import { type ShipLog, ships } from './ships.ts';

export interface ShipServerOptions extends Pick<ServerOptions, 'tls' | 'listen' | 'logger'> {
  /** The cluster that registers this server with an APIService, knows its users and says what they may. */
  readonly cluster: ClusterConnection;
}

/** Serves ships behind the aggregator of a cluster until it is disposed of. Resolves with its URL. */
export async function serveShips(log: ShipLog, options: ShipServerOptions): Promise<AsyncDisposable & { url: string }> {
  await using stack = new AsyncDisposableStack();
  const { cluster, logger } = options;
  const api = stack.use(createClusterApi(cluster));
  // Whom the cluster lets speak for its users: the aggregator (front proxy), and who has a certificate of its authority.
  const configuration = stack.use(
    new AuthenticationConfiguration({
      source: polled(api),
      onFault: (fault) => logger.warn({ fault }, 'cannot read whom to believe'),
    }),
  );
  configuration.start();
  const config = () => configuration.current;
  const credentials = [...certificateCredentials(config, Date.now), bearerTokenAuthenticator({ api, now: Date.now })];
  const authenticator = createAuthenticator({ credentials, config });
  const authorizer = createAuthorizer(subjectAccessReviewAuthorizer({ api, now: Date.now }));
  const kube = stack.use(
    new KubeApi({
      resources: [ships(log) as unknown as ResourceDefinition],
      access: { authenticator, authorizer },
      version: { gitVersion: 'v1.34.0+harbour.1' },
      title: 'Harbour',
      onError: (error, where) => logger.error({ err: error, where }, 'a request failed'),
    }),
  );
  kube.start();
  const server = stack.use(
    createServer({ ...options, authenticator, authorizer, kube, clientAuthorities: configuration }),
  );
  const { url } = await server.start();
  const running = stack.move();
  return { url, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Reads the ConfigMap again every half a minute; a watch with any client would do as well. */
function polled(api: ClusterApi): AuthenticationConfigSource {
  const { namespace, name } = AUTHENTICATION_CONFIG_MAP;
  return {
    async *watch(signal) {
      for (; !signal.aborted; await sleep(30_000, undefined, { signal }).catch(() => undefined)) {
        const map = (await api.get(`/api/v1/namespaces/${namespace}/configmaps/${name}`, { signal })) as {
          data?: Record<string, string>;
        };
        yield map.data ?? {};
      }
    },
  };
}
