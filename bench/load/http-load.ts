import { Client } from 'undici';
import { percentile } from '../harness/statistics.ts';

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
 * Sends requests over so many connections, each with one under way, until there are no more or `seconds` have passed.
 * Throws at the first answer that is not of the 200s.
 */
export async function httpLoad(
  origin: string,
  requests: Iterator<HttpRequest>,
  { connections, seconds = Number.POSITIVE_INFINITY }: { readonly connections: number; readonly seconds?: number },
): Promise<HttpResult> {
  const took: number[] = [];
  const started = performance.now();
  const end = started + seconds * 1_000;
  const work = async (): Promise<void> => {
    const client = new Client(origin, { pipelining: 1 });
    try {
      for (let next = requests.next(); !next.done && performance.now() < end; next = requests.next()) {
        const { method, path, body } = next.value;
        const at = performance.now();
        const answer = await client.request({
          ...{ method, path, headers: { 'content-type': 'application/json' } },
          ...(body !== undefined && { body }),
        });
        const bytes = await answer.body.arrayBuffer();
        if (answer.statusCode >= 300) throw new Error(`${path}: ${answer.statusCode} ${Buffer.from(bytes)}`);
        took.push(performance.now() - at);
      }
    } finally {
      await client.close();
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  const elapsed = (performance.now() - started) / 1_000;
  return {
    ...{ requests: took.length, perSecond: took.length / elapsed },
    ...{ p50Ms: percentile(took, 50), p99Ms: percentile(took, 99) },
  };
}
