import { groupOf } from '../../crds/meta.ts';
import type { KubeClient, KubeResponse } from './kube-client.ts';
import { isRecord, type JsonObject } from './object.ts';

/** Where a kind is served. */
export interface ServedKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

/** What an API server answered when it did not serve what was asked. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
  readonly status: number;
  readonly reason: string;
  readonly retryAfterMs: number | undefined;

  constructor(status: number, message: string, how: { reason?: string; retryAfterMs?: number | undefined } = {}) {
    super(message);
    this.status = status;
    this.reason = how.reason ?? '';
    this.retryAfterMs = how.retryAfterMs;
  }
}

/**
 * The first of the versions that the server serves this kind in; undefined when it serves none (yet). Asked at every
 * list anew, because a CRD may come, go and change its versions.
 */
export async function discover(
  client: KubeClient,
  wanted: { apiVersions: readonly string[]; kind: string },
  signal: AbortSignal,
): Promise<ServedKind | undefined> {
  for (const apiVersion of wanted.apiVersions) {
    const path = groupOf(apiVersion) === '' ? `/api/${apiVersion}` : `/apis/${apiVersion}`;
    const response = await client.request(path, { signal });
    if (response.status === 404) {
      await response.text();
      continue;
    }
    const list = await jsonOf(response);
    const resources = isRecord(list) && Array.isArray(list.resources) ? list.resources : [];
    const found = resources.find(
      (resource) => isRecord(resource) && resource.kind === wanted.kind && !String(resource.name).includes('/'),
    );
    if (isRecord(found)) {
      return { apiVersion, kind: wanted.kind, plural: String(found.name), namespaced: found.namespaced === true };
    }
  }
  return undefined;
}

/** `/apis/apps/v1/namespaces/x/deployments`, without a namespace over all of them. */
export function collectionPath({ apiVersion, plural, namespaced }: ServedKind, namespace: string | undefined): string {
  const root = groupOf(apiVersion) === '' ? `/api/${apiVersion}` : `/apis/${apiVersion}`;
  return namespaced && namespace !== undefined
    ? `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`
    : `${root}/${plural}`;
}

/** Asks for metadata only; a server that cannot leave out the rest (an aggregated one may not) answers with whole objects. */
export const METADATA_ONLY = {
  watch: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
  list: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
} as const;

/** The items of a list leave out what the list says, and objects of which only metadata was sent have another kind. */
export function asServed(object: unknown, { apiVersion, kind }: ServedKind): unknown {
  if (!isRecord(object)) return object;
  return object.kind === 'PartialObjectMetadata' ? { ...object, apiVersion, kind } : { apiVersion, kind, ...object };
}

/** The JSON of a 200; any other answer is thrown as an AnswerError with what its Status says. */
export async function jsonOf(response: KubeResponse): Promise<unknown> {
  const text = await response.text();
  if (response.status === 200) {
    try {
      return JSON.parse(text);
    } catch {
      throw new AnswerError(0, `the answer is not JSON: ${text.slice(0, 80)}`);
    }
  }
  throw answerError(response.status, text, response.retryAfterMs);
}

export function answerError(status: number, text: string, retryAfterMs?: number): AnswerError {
  try {
    const body: unknown = JSON.parse(text);
    if (isRecord(body)) {
      return new AnswerError(status, String(body.message ?? `HTTP ${status}`), {
        reason: String(body.reason ?? ''),
        retryAfterMs: retryAfterMs ?? retryAfterOf(body),
      });
    }
  } catch {
    // Not a Status: a proxy answered.
  }
  return new AnswerError(status, `HTTP ${status} ${text.slice(0, 200).split('\n')[0] ?? ''}`.trim(), { retryAfterMs });
}

/** What a Status says about when to ask again: the same as a Retry-After header, where none can be. */
export function retryAfterOf({ details }: JsonObject): number | undefined {
  const seconds = isRecord(details) ? details.retryAfterSeconds : undefined;
  return typeof seconds === 'number' && seconds > 0 ? Math.min(seconds, 600) * 1_000 : undefined;
}
