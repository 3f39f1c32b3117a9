import { type ClusterApi, ClusterApiError, createClusterApi } from '../../apiserver/kube/access/index.ts';
import type { ClusterConnection } from '../cluster/connection.ts';
import { Failure } from '../exit.ts';

/** kube-apiserver cuts such a call after 60 s. */
const TIMEOUT_MS = 65_000;

/**
 * POSTs an object and answers what came back. Throws a Failure of one line: what the server said, or why it cannot be
 * reached.
 */
export function postJson(
  connection: ClusterConnection,
  path: string,
  body: object,
  stop: AbortSignal,
): Promise<unknown> {
  return ask(connection, (api) => api.post(path, body, { signal: stop }), stop);
}

/** The same for a GET. */
export function getJson(connection: ClusterConnection, path: string, stop: AbortSignal): Promise<unknown> {
  return ask(connection, (api) => api.get(path, { signal: stop }), stop);
}

async function ask(
  connection: ClusterConnection,
  send: (api: ClusterApi) => Promise<unknown>,
  stop: AbortSignal,
): Promise<unknown> {
  const headers = async () => ({ 'user-agent': 'faultline', ...(await connection.headers()) });
  await using api = createClusterApi({ ...connection, headers, timeoutMs: TIMEOUT_MS });
  try {
    return await send(api);
  } catch (error) {
    if (stop.aborted || !(error instanceof ClusterApiError)) throw error;
    if (error.cause instanceof Failure) throw error.cause; // of the kubeconfig's credentials: nobody was asked
    throw new Failure(faultOf(error, connection), { cause: error });
  }
}

/** The message of the Status, every line of it on one; it says which issue, user or field. */
function faultOf({ status, answered, why }: ClusterApiError, { server, name }: ClusterConnection): string {
  const where = `${server} (context ${name})`;
  if (status === undefined) return `cannot reach ${where}: ${why}`;
  // A 404 that names nothing: the path itself is unknown there.
  if (status === 404 && answered.details?.name === undefined) {
    return `${where} serves no issues: use the kubeconfig of a cluster with Faultline, or of faultline up`;
  }
  if (status === 401) return `${where} does not know you: the credentials of the kubeconfig are refused`;
  const said = answered.message === undefined ? `the server answered ${status}: ${why}` : why;
  return `${said.replaceAll(/\s+/g, ' ').trim()}${answered.reason === 'ServiceUnavailable' ? '; try again' : ''}`;
}
