import type { ClusterConnection } from '../cluster/connection.ts';
import { serviceOf } from './service.ts';
import type { Target } from './target.ts';

/**
 * The way straight to the server: where `--direct` says, or the kubeconfig's own when nothing is in between. The
 * certificate is verified as the aggregator does it: against the caBundle, for the name of the Service.
 */
export async function directConnection(
  url: string | undefined,
  through: ClusterConnection,
  target: Target,
): Promise<ClusterConnection | undefined> {
  if (target.path === 'direct') return through;
  if (url === undefined || target.path === 'built-in') return undefined;
  const { serverName: _, skipTlsVerify: __, ca: ___, ...credentials } = through;
  const { caBundle } = (target.apiService?.spec ?? {}) as { caBundle?: string };
  const { namespace, name } = serviceOf(target);
  return {
    ...credentials,
    server: url.replace(/\/+$/, ''),
    ...(caBundle
      ? { ca: Buffer.from(caBundle, 'base64'), serverName: `${name}.${namespace}.svc` }
      : { skipTlsVerify: true }),
  };
}
