import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, json } from './answer.ts';
import type { Admitted } from './filters.ts';
import { auditIdOf, checkNamespaceOf, dryRunParameter, readJsonObject } from './request-body.ts';
import { apiVersionOf, type CreateRequest, type ResourceDefinition } from './resource.ts';
import { badRequest } from './status.ts';

/** POST to a collection of a resource that can be created (S1, S2). Answers 201 with what the handler returns. */
export async function create(
  definition: ResourceDefinition & { readonly create: (request: CreateRequest) => Promise<object> },
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  { info, user }: Admitted,
  signal: AbortSignal,
): Promise<Answer> {
  const dryRun = dryRunParameter(info.query);
  const object = await readJsonObject(request);
  checkKind(definition, object);
  checkNamespace(definition, object, info.namespace);
  const auditId = auditIdOf(response);
  const { namespace } = info;
  const created = await definition.create({ user, namespace, object, dryRun, signal, ...(auditId && { auditId }) });
  return json(created, 201);
}

function checkKind(definition: ResourceDefinition, { apiVersion, kind }: Readonly<Record<string, unknown>>): void {
  const expectedVersion = apiVersionOf(definition);
  if (apiVersion === expectedVersion && kind === definition.kind) return;
  if (typeof kind === 'string' && apiVersion !== expectedVersion) {
    throw badRequest(
      `the API version in the data (${apiVersion ?? ''}) does not match the expected API version (${expectedVersion})`,
    );
  }
  const expected = `${expectedVersion}, Kind=${definition.kind}`;
  throw badRequest(`the object provided is unrecognized (must be of type ${expected}): ${apiVersion}, Kind=${kind}`);
}

function checkNamespace(
  definition: ResourceDefinition,
  object: Readonly<Record<string, unknown>>,
  namespace: string,
): void {
  if (definition.namespaced && namespace === '') {
    throw badRequest(
      `${definition.plural} are created in a namespace: POST to …/namespaces/<namespace>/${definition.plural}`,
    );
  }
  checkNamespaceOf((object.metadata ?? {}) as { namespace?: unknown }, namespace);
}
