import type Joi from 'joi';
import type { UserInfo } from './access/types.ts';
import type { JsonSchema } from './resource.ts';
import { conflict, type GroupResource } from './status.ts';

/**
 * Something that a caller does to one object of a resource: a create-only subresource, `POST …/{name}/{action}`
 * (aggregated-api section 9). The wire is made of this definition: discovery, OpenAPI, the right `create` on
 * `<plural>/<action>`, decoding, validation, dry runs and the audit record.
 */
export interface ActionDefinition {
  /**
   * The last segment of the path, a verb: `resolve`. Never log, exec, attach, proxy or portforward: kube-apiserver
   * takes those for long-running (S3).
   */
  readonly name: string;
  /** Kind of request and answer, in the group and version of the resource: a noun of its own, `IssueResolution`. */
  readonly kind: string;
  /** One sentence. */
  readonly description: string;
  /** What `spec` of the body must be. A body without `spec` is one with an empty one. */
  readonly spec: Joi.ObjectSchema;
  /** JSON Schema (draft 2020-12) of the answer's `status`. */
  readonly status: JsonSchema;
  /**
   * Answered with 201 and what it resolves with; throws ApiError for anything else. Idempotent, because proxies and
   * people send again what may have arrived (S4), and over within 60 s, when kube-apiserver gives up (S3).
   */
  perform(request: ActionRequest): Promise<ActionResult>;
}

/** What a handler gets. Right, media type, size, kind, name, namespace and `spec` are checked. */
export interface ActionRequest {
  readonly user: UserInfo;
  /** '' for a resource without namespaces. */
  readonly namespace: string;
  /** Of the object; nobody has looked whether it exists. */
  readonly name: string;
  /** As the definition's schema accepted it. */
  readonly spec: Readonly<Record<string, unknown>>;
  readonly preconditions: Preconditions;
  /** `dryRun=All`: answer what would be, store nothing (S2). */
  readonly dryRun: boolean;
  /** Under which kube-apiserver and we log this request. */
  readonly auditId?: string;
  readonly signal: AbortSignal;
}

/** `metadata.uid` and `metadata.resourceVersion` of the body: the object that the caller has seen. */
export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

export interface ActionResult {
  /** Of the object as it is afterwards, so that a read can begin there. */
  readonly metadata: { readonly uid: string; readonly resourceVersion: string };
  /** Equal for a repeated action. */
  readonly status: object;
}

/** kube-apiserver takes these for long-running and never ends them. */
const LONG_RUNNING: ReadonlySet<string> = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);

/** Whether a subresource that people act on, or read, may be called so. */
export function isSubresourceName(name: unknown): name is string {
  return typeof name === 'string' && /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name) && !LONG_RUNNING.has(name);
}

/** Throws for what cannot be served: an author reads it at the start of the server. */
export function requireUsable(plural: string, subresources: readonly { readonly name: string }[]): void {
  const names = new Set<string>();
  for (const { name } of subresources) {
    if (!isSubresourceName(name) || names.has(name)) {
      throw new Error(
        `${plural}: ${JSON.stringify(name)} cannot be the name of a subresource: one lower-case word, each once, and none of ${[...LONG_RUNNING].join(', ')}`,
      );
    }
    names.add(name);
  }
}

/**
 * Throws 409 when the object is not the one that the caller has seen (S4). To be called on what is stored at the moment
 * of writing. The texts are those of `k8s.io/apiserver/pkg/registry/rest/delete.go`.
 */
export function checkPreconditions(
  resource: GroupResource,
  object: { readonly name: string; readonly uid: string; readonly resourceVersion: string },
  { uid, resourceVersion }: Preconditions,
): void {
  if (uid !== undefined && uid !== object.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${object.uid}). The object might have been deleted and then recreated`;
    throw conflict(resource, object.name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== object.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${object.resourceVersion}). The object might have been modified`;
    throw conflict(resource, object.name, why);
  }
}
