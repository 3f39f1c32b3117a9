import type { KubeClient } from './kube-client.ts';
import type { LogAnswer, LogRequest } from './source.ts';

/** A log of few and endless lines is given up here: what was read of it until then is its end as far as anybody knows. */
const READ_BYTES = 1024 * 1024;
/** A server limits from the first of the lines that were asked for, and it is the last that matter. */
const READ_FACTOR = 8;

/** `GET pods/log` of a cluster. Rejects when it cannot be reached. */
export async function liveLogs(client: KubeClient, request: LogRequest, signal: AbortSignal): Promise<LogAnswer> {
  const { namespace, pod, container, tailLines, maxBytes } = request;
  const limitBytes = String(Math.max(READ_BYTES, READ_FACTOR * maxBytes));
  const query = new URLSearchParams({ container, tailLines: String(tailLines), limitBytes });
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?${query}`;
  const { status, body } = await client.request(path, { signal });
  const tail = await tailBytes(body, maxBytes);
  if (status === 200) return tail;
  return { missing: status === 403 ? 'Forbidden' : status === 404 || status === 400 ? 'NotFound' : 'Failed' };
}

/** The last so many bytes of a stream as text, and whether there were more. */
async function tailBytes(body: AsyncIterable<Uint8Array>, max: number): Promise<{ text: string; cut: boolean }> {
  let kept: Uint8Array[] = [];
  let length = 0;
  let cut = false;
  for await (const chunk of body) {
    kept.push(chunk);
    length += chunk.length;
    while (kept.length > 1 && length - (kept[0] as Uint8Array).length >= max) {
      length -= (kept.shift() as Uint8Array).length;
      cut = true;
    }
  }
  const bytes = Buffer.concat(kept);
  kept = [];
  return { text: bytes.subarray(Math.max(0, bytes.length - max)).toString('utf8'), cut: cut || bytes.length > max };
}
