import { AnswerError, answerError, asServed, type ServedKind } from './discovery.ts';
import { JsonProjection, type Shape } from './json-projection.ts';
import type { KubeResponse } from './kube-client.ts';
import { type ClusterObject, isClusterObject, isRecord, type JsonObject } from './object.ts';

/** One page of a list, of whose items only what is `wanted` is read. Throws an AnswerError for any other answer. */
export async function pageOf(response: KubeResponse, wanted: Shape): Promise<JsonObject & { metadata: JsonObject }> {
  if (response.status !== 200) throw answerError(response.status, await response.text(), response.retryAfterMs);
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  const list = parsed(Buffer.concat(chunks), wanted);
  if (isRecord(list) && isRecord(list.metadata)) return { ...list, metadata: list.metadata };
  throw new AnswerError(0, 'the answer is not a list');
}

/** The objects of a page; those without a usable identity are left out and told. */
export function itemsOf(
  list: JsonObject,
  served: ServedKind,
  onMalformed: (kind: string) => void = () => {},
): ClusterObject[] {
  const items: readonly unknown[] = Array.isArray(list.items) ? list.items : [];
  const objects = items.map((item) => asServed(item, served)).filter(isClusterObject);
  for (let malformed = items.length - objects.length; malformed > 0; malformed--) onMalformed(served.kind);
  return objects;
}

function parsed(bytes: Buffer, wanted: Shape): unknown {
  try {
    return new JsonProjection({ members: new Map([['items', wanted]]), others: true }).parse(bytes);
  } catch {
    throw new AnswerError(0, `the answer is not JSON: ${bytes.toString('utf8', 0, 80)}`);
  }
}
