import { Agent } from 'undici';
import type { Status } from '../../crds/meta.ts';
import type { ClusterConnection } from '../cluster/connection.ts';
import { Failure } from '../exit.ts';

/** kube-apiserver cuts such a call after 60 s. */
const TIMEOUT_MS = 65_000;

/**
 * POSTs an object and answers what came back. Throws a Failure of one line: what the server said, or why it cannot be
 * reached.
 */
export async function postJson(
  connection: ClusterConnection,
  path: string,
  body: object,
  stop: AbortSignal,
): Promise<unknown> {
  const { server } = connection;
  const url = new URL(server);
  const agent = new Agent({ connect: tlsOf(connection) });
  try {
    const response = await agent.request({
      origin: url.origin,
      path: `${url.pathname.replace(/\/+$/, '')}${path}`,
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        'user-agent': 'faultline',
        ...(await connection.headers()),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.any([stop, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const text = await response.body.text();
    if (response.statusCode >= 200 && response.statusCode < 300) return JSON.parse(text);
    throw new Failure(refusal(response.statusCode, text, connection));
  } catch (error) {
    if (error instanceof Failure || stop.aborted) throw error;
    throw new Failure(`cannot reach ${server} (context ${connection.name}): ${causeOf(error)}`, { cause: error });
  } finally {
    await agent.destroy();
  }
}

function tlsOf({ ca, cert, key, serverName, skipTlsVerify }: ClusterConnection) {
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(serverName !== undefined && { servername: serverName }),
    rejectUnauthorized: !(skipTlsVerify ?? false),
  };
}

/** The message of the Status, every line of it on one; it says which issue, user or field. */
function refusal(code: number, text: string, { server, name }: ClusterConnection): string {
  const { message, reason, details } = statusOf(text);
  // A 404 that names nothing: the path itself is unknown there.
  if (code === 404 && details?.name === undefined) {
    return `${server} (context ${name}) serves no issues: use the kubeconfig of a cluster with Faultline, or of faultline up`;
  }
  if (code === 401)
    return `${server} (context ${name}) does not know you: the credentials of the kubeconfig are refused`;
  const said = message ?? `the server answered ${code}: ${text.slice(0, 200)}`;
  return `${said.replaceAll(/\s+/g, ' ').trim()}${reason === 'ServiceUnavailable' ? '; try again' : ''}`;
}

function statusOf(text: string): Partial<Status> {
  try {
    return (JSON.parse(text) as Partial<Status> | null) ?? {};
  } catch {
    return {};
  }
}

/** Connection errors hide the useful part in `cause`, and that of an AggregateError in its code. */
function causeOf(error: unknown): string {
  const { message, cause, code } = error as { message?: string; cause?: { message?: string }; code?: string };
  return cause?.message || message || code || String(error);
}
