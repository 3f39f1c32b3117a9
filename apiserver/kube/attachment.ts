import type { UserInfo } from './access/types.ts';
import { type Answer, json } from './answer.ts';
import type { Admitted } from './filters.ts';
import { acceptsJson, prefersYaml } from './negotiate.ts';
import { apiVersionOf, type JsonSchema, type ResourceDefinition } from './resource.ts';
import { badRequest, notAcceptable } from './status.ts';
import { inYaml } from './yaml.ts';

/**
 * Something that is kept beside an object and is read with a right of its own: a read-only subresource,
 * `GET …/{name}/{attachment}`. The wire is made of this definition: discovery, OpenAPI, and the right `get` on
 * `<plural>/<attachment>`.
 */
export interface AttachmentDefinition {
  /** The last segment of the path, a noun: `evidence`. The rules are those of an action's name. */
  readonly name: string;
  /** Kind of the answer, in the group and version of the resource: `IssueEvidence`. */
  readonly kind: string;
  /** One sentence. */
  readonly description: string;
  /** JSON Schema (draft 2020-12) of the answer's `status`. */
  readonly status: JsonSchema;
  /** Answered with 200 and what it resolves with; throws ApiError for anything else: notFound when there is none. */
  read(request: AttachmentRequest): Promise<Attachment>;
}

/** The right is checked; nobody has looked whether the object exists. */
export interface AttachmentRequest {
  readonly user: UserInfo;
  /** '' for a resource without namespaces. */
  readonly namespace: string;
  readonly name: string;
}

export interface Attachment {
  /** Of the object. */
  readonly metadata: { readonly uid: string; readonly resourceVersion: string };
  readonly status: object;
}

/** GET of an attachment, as JSON or YAML. Throws 406, and 400 for another moment than now: the present is no answer to that. */
export async function readAttachment(
  definition: ResourceDefinition,
  attachment: AttachmentDefinition,
  { info: { namespace, name, query }, user }: Admitted,
  accept: string | undefined,
): Promise<Answer> {
  if (query.has('asOf')) throw badRequest(`asOf: ${attachment.name} is answered as it is now`);
  const yaml = prefersYaml(accept);
  if (!yaml && !acceptsJson(accept)) throw notAcceptable(['application/json', 'application/yaml']);
  const { metadata, status } = await attachment.read({ user, namespace, name });
  const about = { name, ...(namespace !== '' && { namespace }), ...metadata };
  const answer = json({ apiVersion: apiVersionOf(definition), kind: attachment.kind, metadata: about, status });
  return yaml ? inYaml(answer) : answer;
}
