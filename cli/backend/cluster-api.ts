import { type ClusterApi, createClusterApi } from '../../apiserver/kube/access/index.ts';
import type { ClusterConnection } from '../cluster/connection.ts';

/** The cluster's API as access control and namespaces ask it. */
export async function openClusterApi(connection: ClusterConnection): Promise<ClusterApi & AsyncDisposable> {
  const { server, ca, cert, key, serverName, skipTlsVerify, headers } = connection;
  const { authorization } = await headers();
  return createClusterApi({
    server,
    ...(ca && { ca: ca.toString() }),
    ...(cert && { cert: cert.toString() }),
    ...(key && { key: key.toString() }),
    ...(serverName && { tlsServerName: serverName }),
    ...(skipTlsVerify && { insecureSkipTlsVerify: true }),
    // Without a token now there will be none later: a user proves himself in one way.
    ...(authorization && { token: async () => tokenOf(await headers()) }),
  });
}

function tokenOf({ authorization = '' }: Record<string, string>): string {
  return authorization.replace(/^Bearer /, '');
}
