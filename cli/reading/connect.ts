import { join } from 'node:path';
import { type ClusterConnection, type ConnectionRequest, connectCluster } from '../cluster/connection.ts';
import { plainConnection } from '../cluster/plain-kubeconfig.ts';
import type { Streams } from '../streams.ts';

/**
 * As `connectCluster` does, and quickly where one kubeconfig file says all that there is to know. Throws a Failure of
 * one line for whatever is wrong with it.
 */
export async function connectToRead(request: ConnectionRequest, streams: Streams): Promise<ClusterConnection> {
  const { env, directory } = streams;
  const named = request.kubeconfig ?? (env.KUBECONFIG === '' ? undefined : env.KUBECONFIG);
  const inPod = named === undefined && env.KUBERNETES_SERVICE_HOST !== undefined;
  const file = named ?? join(env.HOME ?? '~', '.kube', 'config');
  const plain = inPod || file.includes(':') ? undefined : await plainConnection(file, request.context, directory);
  return plain ?? (await connectCluster(request, streams));
}
