import type { ClusterConnection } from '../cluster/connection.ts';
import { Asker } from '../reading/ask.ts';

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
  await using asker = new Asker(connection, stop);
  return (await asker.json(path, { body })).body;
}

/** The same for a GET. */
export async function getJson(connection: ClusterConnection, path: string, stop: AbortSignal): Promise<unknown> {
  await using asker = new Asker(connection, stop);
  return (await asker.json(path)).body;
}
