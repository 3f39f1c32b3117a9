import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ActionDefinition, Preconditions } from './action.ts';
import { type Answer, json } from './answer.ts';
import type { Admitted } from './filters.ts';
import { auditIdOf, checkNamespaceOf, dryRunParameter, readJsonObject } from './request-body.ts';
import { apiVersionOf, type ResourceDefinition } from './resource.ts';
import { schemaFaults } from './schema-faults.ts';
import { badRequest, invalid } from './status.ts';

/** POST to an action of an object (S1, S2, S4). Answers 201 with the request's object and a `status`. */
export async function act(
  definition: ResourceDefinition,
  action: ActionDefinition,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  { info, user }: Admitted,
  signal: AbortSignal,
): Promise<Answer> {
  const { namespace, name } = info;
  const dryRun = dryRunParameter(info.query);
  const object = await readJsonObject(request);
  const apiVersion = apiVersionOf(definition);
  const { kind } = action;
  checkType(object, apiVersion, kind);
  const preconditions = readMetadata(object.metadata, namespace, name);
  const spec = (object.spec ?? {}) as Record<string, unknown>;
  const faults = schemaFaults(action.spec, spec, 'spec');
  if (faults.length > 0) throw invalid({ group: definition.group, kind }, name, faults);
  const auditId = auditIdOf(response);
  const what = { user, namespace, name, spec, preconditions, dryRun, signal };
  const { metadata, status } = await action.perform({ ...what, ...(auditId !== undefined && { auditId }) });
  const about = { name, ...(namespace !== '' && { namespace }), ...metadata };
  return json({ apiVersion, kind, metadata: about, spec, status }, 201);
}

/** What is left out is what the path says, as kube-apiserver reads typed bodies; anything else is an error. */
function checkType(object: Readonly<Record<string, unknown>>, apiVersion: string, kind: string): void {
  const given = { apiVersion: object.apiVersion ?? '', kind: object.kind ?? '' };
  if (given.apiVersion === '' && given.kind === '') return;
  if (given.kind === kind && (given.apiVersion === apiVersion || given.apiVersion === '')) return;
  throw badRequest(
    `the object provided is unrecognized (must be of type ${apiVersion}, Kind=${kind}): ${given.apiVersion}, Kind=${given.kind}`,
  );
}

/** Only these fields of metadata mean something; what clients send besides is ignored. */
const STRINGS = ['name', 'namespace', 'uid', 'resourceVersion'] as const;

function readMetadata(given: unknown, namespace: string, name: string): Preconditions {
  const metadata = given ?? {};
  if (typeof metadata !== 'object' || Array.isArray(metadata)) throw badRequest('metadata must be an object');
  const read: Partial<Record<(typeof STRINGS)[number], string>> = {};
  for (const field of STRINGS) {
    const value = (metadata as Record<string, unknown>)[field] ?? '';
    if (typeof value !== 'string') throw badRequest(`metadata.${field} must be a string`);
    if (value !== '') read[field] = value;
  }
  if (read.name !== undefined && read.name !== name) {
    throw badRequest(`the name of the object (${read.name}) does not match the name on the URL (${name})`);
  }
  checkNamespaceOf(read, namespace);
  const { uid, resourceVersion } = read;
  return { ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) };
}
