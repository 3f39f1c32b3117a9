import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClusterConnection, connectCluster, throughProxy } from '../cluster/connection.ts';
import { plainConnection } from '../cluster/plain-kubeconfig.ts';
import type { ConnectionFlags } from '../commands/kubeconfig-flags.ts';
import { type RememberedServer, rememberedServer } from '../config/settings.ts';
import { Failure } from '../exit.ts';
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
  const remembered = await rememberedFor(request, streams);
  const asked = remembered === undefined ? request : { ...request, server: remembered.server };
  if (OVERRIDES.every((key) => asked[key] === undefined)) {
    return withoutClearText(await kubeconfigConnection(asked, streams), asked);
  }
  const { needsNoKubeconfig, overridden } = await import('../cluster/overrides.ts');
  const { server = '' } = asked;
  const isAnonymous = needsNoKubeconfig(asked) && !(await hasKubeconfig(streams));
  const base = isAnonymous
    ? { server, name: server, headers: async () => ({}) }
    : await kubeconfigConnection(asked, streams);
  if (remembered !== undefined && !isAnonymous) requireMeant(remembered, base, asked);
  return withoutClearText(await overridden(base, asked, streams.directory), asked);
}

/** The server that the kubeconfig names; undefined where there is none that can be read. */
export async function serverOfKubeconfig(streams: Streams): Promise<string | undefined> {
  if (!(await hasKubeconfig(streams))) return undefined;
  return await kubeconfigConnection({}, streams).then(
    ({ server }) => server,
    () => undefined,
  );
}

/** `config set-api-url` counts where nothing on the command line says whom to ask. */
async function rememberedFor(
  { server, kubeconfig, context }: ConnectionFlags,
  { env }: Streams,
): Promise<RememberedServer | undefined> {
  if (server !== undefined || kubeconfig !== undefined || context !== undefined) return undefined;
  return await rememberedServer(env);
}

/** The credentials of one cluster are not sent to a server that was remembered for another. */
function requireMeant(remembered: RememberedServer, base: ClusterConnection, { token }: ConnectionFlags): void {
  const isMeant = remembered.server === base.server || remembered.cluster === base.server;
  if (isMeant || token !== undefined || isClearText(remembered.server)) return;
  throw new Failure(
    `${remembered.server} (config set-api-url) was not set for ${base.server}, the cluster of context ${base.name}, whose credentials are not sent to it: ` +
      'say set-api-url again with this kubeconfig, or faultline config reset',
  );
}

const isClearText = (server: string): boolean => new URL(server).protocol === 'http:';
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * As client-go does: over plain HTTP nobody says who they are, unless it does not leave this machine. Throws a Failure for a
 * token that was typed for it.
 */
function withoutClearText(connection: ClusterConnection, { token }: ConnectionFlags): ClusterConnection {
  const { server } = connection;
  if (!isClearText(server) || LOOPBACK.has(new URL(server).hostname)) return connection;
  if (token !== undefined) {
    throw new Failure(`--token is not sent to ${server}, where everybody on the way could read it: ask by https`);
  }
  const { cert: _cert, key: _key, renew: _renew, ...rest } = connection;
  return { ...rest, headers: async () => ({}) };
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
