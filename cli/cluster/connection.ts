import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../exit.ts';
import type { Streams } from '../streams.ts';

/** How to reach a cluster's API server, in the form that the runtime's and the server's clients take. */
export interface ClusterConnection {
  /** `https://host:port`. */
  readonly server: string;
  /** What the user calls it: the context, or `in-cluster`. */
  readonly name: string;
  /** That of the context, or of the pod; undefined when it names none. */
  readonly namespace?: string;
  /** PEM. */
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly skipTlsVerify?: boolean;
  readonly serverName?: string;
  /** Asked for every request: tokens of exec plugins and service accounts are renewed. */
  headers(): Promise<Record<string, string>>;
}

export interface ConnectionRequest {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly inCluster?: boolean;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
// Projected tokens are renewed at 80 % of at least 10 minutes; an exec plugin's answer is cached by client-node too.
const HEADERS_FRESH_MS = 10_000;

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
  return await kubeconfigConnection({
    files: (named ?? join(env.HOME ?? '~', '.kube', 'config')).split(':').filter((file) => file !== ''),
    said: request.kubeconfig !== undefined ? '--kubeconfig' : named !== undefined ? '$KUBECONFIG' : 'the default',
    context: request.context,
    directory: streams.directory,
  });
}

/** The pod's own service account: kubelet renews the token in place, so the file is read again. */
async function inClusterConnection(env: Streams['env'], folder = SERVICE_ACCOUNT): Promise<ClusterConnection> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  const ca = await readFile(join(folder, 'ca.crt')).catch(() => undefined);
  if (!host || !port || ca === undefined) {
    throw new Failure('this process runs in no cluster (no service account is mounted): give a --kubeconfig');
  }
  const namespace = (await readFile(join(folder, 'namespace'), 'utf8').catch(() => '')).trim();
  return {
    ...(namespace !== '' && { namespace }),
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    name: 'in-cluster',
    ca,
    headers: cached(async () => ({
      authorization: `Bearer ${(await readFile(join(folder, 'token'), 'utf8')).trim()}`,
    })),
  };
}

/** Asks `make` at most every ten seconds. */
export function cached<T>(make: () => Promise<T>, now: () => number = Date.now): () => Promise<T> {
  let madeAt = Number.NEGATIVE_INFINITY;
  let value: Promise<T> | undefined;
  return () => {
    if (value === undefined || now() - madeAt > HEADERS_FRESH_MS) {
      madeAt = now();
      const made = make();
      value = made;
      // A failure is not remembered: the next request asks again.
      made.catch(() => {
        if (value === made) value = undefined;
      });
    }
    return value;
  };
}
