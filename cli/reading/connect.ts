import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClusterConnection, connectCluster, throughProxy } from '../cluster/connection.ts';
import { plainConnection } from '../cluster/plain-kubeconfig.ts';
import type { ConnectionFlags } from '../commands/kubeconfig-flags.ts';
import { rememberedServer } from '../config/settings.ts';
import type { Streams } from '../streams.ts';

const OVERRIDES = [
  ...(['server', 'token', 'as', 'asGroup', 'asUid', 'certificateAuthority', 'insecureSkipTlsVerify'] as const),
  ...(['tlsServerName', 'clientCertificate', 'clientKey', 'requestTimeout'] as const),
] satisfies (keyof ConnectionFlags)[];

/**
 * As `connectCluster` does, and quickly where one kubeconfig file says all that there is to know; then with what the flags
 * say instead. Throws a Failure of one line for whatever is wrong with it.
 */
export async function connectToRead(request: ConnectionFlags, streams: Streams): Promise<ClusterConnection> {
  const asked = await withRememberedServer(request, streams);
  if (OVERRIDES.every((key) => asked[key] === undefined)) return await kubeconfigConnection(asked, streams);
  const { needsNoKubeconfig, overridden } = await import('../cluster/overrides.ts');
  const { server = '' } = asked;
  const base =
    needsNoKubeconfig(asked) && !(await hasKubeconfig(streams))
      ? { server, name: server, headers: async () => ({}) }
      : await kubeconfigConnection(asked, streams);
  return await overridden(base, asked, streams.directory);
}

/** `config set-api-url` counts where nothing on the command line says whom to ask. */
async function withRememberedServer(request: ConnectionFlags, { env }: Streams): Promise<ConnectionFlags> {
  const { server, kubeconfig, context } = request;
  if (server !== undefined || kubeconfig !== undefined || context !== undefined) return request;
  const remembered = await rememberedServer(env);
  return remembered === undefined ? request : { ...request, server: remembered };
}

async function kubeconfigConnection(request: ConnectionFlags, streams: Streams): Promise<ClusterConnection> {
  const { directory } = streams;
  const { kubeconfig, context } = request;
  const file = fileOf(request, streams);
  const plain = file === undefined ? undefined : await plainConnection(file, context, directory);
  return plain ? throughProxy(plain, streams.env) : await connectCluster({ kubeconfig, context }, streams);
}

/** The one kubeconfig that is meant; undefined: several, or a pod's service account. */
function fileOf({ kubeconfig }: ConnectionFlags, { env }: Streams): string | undefined {
  const named = kubeconfig ?? (env.KUBECONFIG === '' ? undefined : env.KUBECONFIG);
  const inPod = named === undefined && env.KUBERNETES_SERVICE_HOST !== undefined;
  const file = named ?? join(env.HOME ?? '~', '.kube', 'config');
  return inPod || file.includes(':') ? undefined : file;
}

async function hasKubeconfig(streams: Streams): Promise<boolean> {
  const { env } = streams;
  if ((env.KUBECONFIG ?? '') !== '' || env.KUBERNETES_SERVICE_HOST !== undefined) return true;
  return await access(fileOf({}, streams) ?? '').then(
    () => true,
    () => false,
  );
}
