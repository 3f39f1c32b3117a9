import { Client } from 'undici';
import type { Target } from '../load/connection.ts';

/** A kept-alive connection to a server itself. */
export function clientOf({ host, port, caPem }: Target): Client {
  return new Client(`https://${host}:${port}`, { connect: { ca: caPem, servername: 'localhost' }, bodyTimeout: 0 });
}

/** Asks as the target's credentials say, and forgets the body as it is read. `retryAfter` in seconds. */
export async function ask(
  client: Client,
  { credentials }: Target,
  path: string,
): Promise<{ status: number; retryAfter: number }> {
  const authorization = 'token' in credentials ? { authorization: `Bearer ${credentials.token}` } : {};
  const answer = await client.request({
    method: 'GET',
    path,
    headers: { accept: 'application/json', ...authorization },
  });
  for await (const _ of answer.body); // read and forgotten
  return { status: answer.statusCode, retryAfter: Number(answer.headers['retry-after'] ?? 1) };
}
