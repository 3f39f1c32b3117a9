import type { IncomingMessage } from 'node:http';
import type { UserInfo } from './access/types.ts';
import { type Answer, json } from './answer.ts';
import type { RequestInfo } from './request-info.ts';
import { apiVersionOf, type CreateRequest, type ResourceDefinition } from './resource.ts';
import { badRequest, requestEntityTooLarge, unsupportedMediaType } from './status.ts';

/** Bodies are at most 3 MiB, as everywhere in Kubernetes (S5). */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** POST to a collection of a resource that can be created (S1, S2). Answers 201 with what the handler returns. */
export async function create(
  definition: ResourceDefinition & { readonly create: (request: CreateRequest) => Promise<object> },
  request: IncomingMessage,
  { info, user }: { info: RequestInfo; user: UserInfo },
  signal: AbortSignal,
): Promise<Answer> {
  const dryRun = dryRunParameter(info.query);
  requireJsonBody(request.headers['content-type']);
  const object = parseObject(definition, await readBody(request));
  checkNamespace(definition, object, info.namespace);
  const auditId = request.headers['audit-id'];
  const created = await definition.create({
    user,
    namespace: info.namespace,
    object,
    dryRun,
    signal,
    ...(typeof auditId === 'string' && { auditId }),
  });
  return json(created, 201);
}

async function readBody(request: IncomingMessage): Promise<string> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw requestEntityTooLarge(MAX_BODY_BYTES);
  const chunks: Buffer[] = [];
  let length = 0;
  // A stream that is destroyed on return would take the connection with it, and the 413 would never arrive.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw requestEntityTooLarge(MAX_BODY_BYTES);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseObject(definition: ResourceDefinition, body: string): Record<string, unknown> {
  const object = parseJson(body);
  if (typeof object !== 'object' || object === null || Array.isArray(object)) {
    throw badRequest('the body of the request is not a JSON object');
  }
  const { apiVersion, kind } = object as Record<string, unknown>;
  if (apiVersion !== apiVersionOf(definition) || kind !== definition.kind) {
    const expected = `${apiVersionOf(definition)}, Kind=${definition.kind}`;
    throw badRequest(`the object provided is unrecognized (must be of type ${expected}): ${apiVersion}, Kind=${kind}`);
  }
  return object as Record<string, unknown>;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw badRequest(`the body of the request is not JSON: ${(error as Error).message}`);
  }
}

/** Nobody is allowed one namespace and writes another. */
function checkNamespace(definition: ResourceDefinition, object: Record<string, unknown>, namespace: string): void {
  const metadata = (object.metadata ?? {}) as { namespace?: unknown };
  if (definition.namespaced && namespace === '') {
    throw badRequest(
      `${definition.plural} are created in a namespace: POST to …/namespaces/<namespace>/${definition.plural}`,
    );
  }
  if (metadata.namespace !== undefined && metadata.namespace !== '' && metadata.namespace !== namespace) {
    throw badRequest(
      `the namespace of the provided object does not match the namespace sent on the request (${metadata.namespace} ≠ ${namespace})`,
    );
  }
}

function dryRunParameter(query: URLSearchParams): boolean {
  const values = query.getAll('dryRun').filter((value) => value !== '');
  const unknown = values.find((value) => value !== 'All');
  if (unknown !== undefined) throw badRequest(`invalid dryRun: ${JSON.stringify(unknown)}: use All`);
  return values.length > 0;
}

function requireJsonBody(contentType: string | undefined): void {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type !== '' && type !== 'application/json') throw unsupportedMediaType(['application/json']);
}
