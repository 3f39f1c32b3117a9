import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { TlsMaterial } from '../../controllers/runtime/index.ts';
import { Failure } from '../exit.ts';
import type { Streams } from '../streams.ts';
import { proxyOf, type Tunnel, tunnelThrough } from './proxy.ts';

/** How to reach a cluster's API server, in the form that the runtime's and the server's clients take. */
export interface ClusterConnection {
  /** `https://host:port`. */
  readonly server: string;
  /** What the user calls it: the context, or `in-cluster`. */
  readonly name: string;
  /** That of the context, or of the pod; undefined when it names none. */
  readonly namespace?: string;
  /** PEM, as they were at the start: enough for a command that asks a few questions. */
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly skipTlsVerify?: boolean;
  readonly serverName?: string;
  /** How long one request may take that is no watch, ms; 0: as long as it does. Undefined: each command's own. */
  readonly timeoutMs?: number;
  /** Asked for every new connection: certificates in files are renewed. The same object as long as nothing changed. */
  tls?(): Promise<TlsMaterial>;
  /** Asked for every request: tokens of exec plugins and service accounts are renewed. */
  headers(): Promise<Record<string, string | string[]>>;
  /** Opens connections through a proxy; absent: directly. */
  readonly tunnel?: Tunnel;
  /** The cluster refuses them: the kubeconfig and its files are read again, exec plugins run again. */
  renew?(): Promise<void>;
}

export interface ConnectionRequest {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly inCluster?: boolean;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
// Projected tokens are renewed at 80 % of at least 10 minutes; an exec plugin's answer is cached by client-node too.
const FRESH_MS = 10_000;

/**
 * `--kubeconfig` > `$KUBECONFIG` > `~/.kube/config`, or the service account of the pod. Without any kubeconfig, but in
 * a pod, the latter. Throws a Failure of one line for whatever is wrong with them; connects to nothing.
 */
export async function connectCluster(request: ConnectionRequest, streams: Streams): Promise<ClusterConnection> {
  const { env } = streams;
  if (request.inCluster) return await inClusterConnection(env);
  const named = request.kubeconfig ?? (env.KUBECONFIG === '' ? undefined : env.KUBECONFIG);
  if (named === undefined && env.KUBERNETES_SERVICE_HOST !== undefined) return await inClusterConnection(env);
  // Lazily: the library is large, and only processes that read a kubeconfig need it.
  const { kubeconfigConnection } = await import('./kubeconfig-connection.ts');
  const connection = await kubeconfigConnection({
    files: (named ?? join(env.HOME ?? '~', '.kube', 'config')).split(':').filter((file) => file !== ''),
    said: request.kubeconfig !== undefined ? '--kubeconfig' : named !== undefined ? '$KUBECONFIG' : 'the default',
    context: request.context,
    directory: streams.directory,
  });
  return throughProxy(connection, env);
}

/**
 * By way of the proxy of the environment, unless the kubeconfig names one. A pod reaches its own cluster without: a
 * NO_PROXY that forgets the Services' addresses must not cut it off.
 */
export function throughProxy(connection: ClusterConnection, env: Streams['env']): ClusterConnection {
  const proxy = connection.tunnel === undefined ? proxyOf(connection.server, env) : undefined;
  return proxy === undefined ? connection : { ...connection, tunnel: tunnelThrough(proxy) };
}

/** The pod's own service account: kubelet renews token and authority in place, so the files are read again. */
export async function inClusterConnection(env: Streams['env'], folder = SERVICE_ACCOUNT): Promise<ClusterConnection> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  const ca = await readFile(join(folder, 'ca.crt')).catch(() => undefined);
  if (!host || !port || ca === undefined) {
    throw new Failure('this process runs in no cluster (no service account is mounted): give a --kubeconfig');
  }
  const namespace = (await readFile(join(folder, 'namespace'), 'utf8').catch(() => '')).trim();
  const headers = new Remembered(async () => ({
    authorization: `Bearer ${(await readFile(join(folder, 'token'), 'utf8')).trim()}`,
  }));
  const tls = new Remembered(async () => ({ ca: await readFile(join(folder, 'ca.crt')) }));
  return {
    ...(namespace !== '' && { namespace }),
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    name: 'in-cluster',
    ca,
    tls: () => tls.get(),
    headers: () => headers.get(),
    async renew() {
      headers.forget();
      tls.forget();
    },
  };
}

/** Asks `make` at most every ten seconds, and answers the same object as long as it makes an equal one. */
export class Remembered<T> {
  readonly #make: () => Promise<T>;
  readonly #now: () => number;
  #madeAt = Number.NEGATIVE_INFINITY;
  #value: Promise<T> | undefined;
  #last: T | undefined;

  constructor(make: () => Promise<T>, now: () => number = Date.now) {
    this.#make = make;
    this.#now = now;
  }

  get(): Promise<T> {
    const age = this.#now() - this.#madeAt;
    if (this.#value === undefined || age > FRESH_MS || age < 0) {
      this.#madeAt = this.#now();
      const made = this.#again();
      this.#value = made;
      // A failure is not remembered: the next request asks again.
      made.catch(() => {
        if (this.#value === made) this.#value = undefined;
      });
    }
    return this.#value;
  }

  forget(): void {
    this.#value = undefined;
  }

  async #again(): Promise<T> {
    const made = await this.#make();
    if (this.#last === undefined || !isDeepStrictEqual(made, this.#last)) this.#last = made;
    return this.#last;
  }
}
