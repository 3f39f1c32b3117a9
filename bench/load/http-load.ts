import { percentile } from '../harness/statistics.ts';
import { Connection } from './connection.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
}

export interface HttpResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Sends requests over so many plain connections, each with one under way, until there are no more or `seconds` have passed.
 * Throws at the first answer that is not of the 200s.
 */
export async function httpLoad(
  origin: string,
  requests: Iterator<HttpRequest>,
  { connections, seconds = Number.POSITIVE_INFINITY }: { readonly connections: number; readonly seconds?: number },
): Promise<HttpResult> {
  const url = new URL(origin);
  const took: number[] = [];
  const open = await Promise.all(Array.from({ length: connections }, () => Connection.openPlain(url)));
  const started = performance.now();
  const end = started + seconds * 1_000;
  const work = async (connection: Connection): Promise<void> => {
    for (let next = requests.next(); !next.done && performance.now() < end; next = requests.next()) {
      const at = performance.now();
      const { status, body } = await connection.send(bytesOf(url, next.value));
      if (status >= 300) throw new Error(`${next.value.path}: ${status} ${body}`);
      took.push(performance.now() - at);
    }
  };
  await Promise.all(open.map(work)).finally(() => {
    for (const connection of open) connection.close();
  });
  const elapsed = (performance.now() - started) / 1_000;
  return {
    ...{ requests: took.length, perSecond: took.length / elapsed },
    ...{ p50Ms: percentile(took, 50), p99Ms: percentile(took, 99) },
  };
}

function bytesOf({ host }: URL, { method, path, body }: HttpRequest): Buffer {
  const length = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return Buffer.from(
    `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n${length}\r\n${body ?? ''}`,
  );
}
