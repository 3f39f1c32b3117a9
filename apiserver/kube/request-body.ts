import type { IncomingMessage, ServerResponse } from 'node:http';
import { badRequest, requestEntityTooLarge, unsupportedMediaType } from './status.ts';

/** Bodies are at most 3 MiB, as everywhere in Kubernetes (S5). */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** The body of a POST: a JSON object (S1). Throws 400, 413 and 415. An empty Content-Type is taken for JSON. */
export async function readJsonObject(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  requireJsonBody(request.headers['content-type']);
  const object = parseJson(await readBody(request));
  if (typeof object === 'object' && object !== null && !Array.isArray(object)) return object as Record<string, unknown>;
  throw badRequest('the body of the request is not a JSON object');
}

/** Whether nothing may be stored (S2). Throws 400 for any other value than All. */
export function dryRunParameter(query: URLSearchParams): boolean {
  const values = query.getAll('dryRun').filter((value) => value !== '');
  const unknown = values.find((value) => value !== 'All');
  if (unknown !== undefined) throw badRequest(`invalid dryRun: ${JSON.stringify(unknown)}: use All`);
  return values.length > 0;
}

/** Nobody is allowed one namespace and writes another. Throws 400. */
export function checkNamespaceOf(metadata: { readonly namespace?: unknown }, namespace: string): void {
  const given = metadata.namespace;
  if (given === undefined || given === '' || given === namespace) return;
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** Under which the request is logged: what the answer says too, whoever chose it (`setCommonHeaders`). */
export function auditIdOf(response: ServerResponse): string | undefined {
  const id = response.getHeader('audit-id');
  return typeof id === 'string' ? id : undefined;
}

function requireJsonBody(contentType: string | undefined): void {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type !== '' && type !== 'application/json') throw unsupportedMediaType(['application/json']);
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

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw badRequest(`the body of the request is not JSON: ${(error as Error).message}`);
  }
}
