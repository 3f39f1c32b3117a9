import type { KubernetesObject } from '../../crds/meta.ts';
import type { UserInfo } from './access/types.ts';
import type { ActionDefinition } from './action.ts';
import type { AttachmentDefinition } from './attachment.ts';
import type { PastSource } from './past.ts';
import type { TextSearch } from './search.ts';
import type { ChangeSource } from './source.ts';

/**
 * A served resource is a definition, not a code path: everything that discovery, OpenAPI, tables, selectors, list and
 * watch need to know about it. A resource has a `source` (get, list and watch), `create`, or both.
 */
export interface ResourceDefinition<T extends KubernetesObject = KubernetesObject> {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  /** `kubectl get <category>`. Do not join `all` (D2). */
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** One sentence for `kubectl explain`. */
  readonly description: string;
  /** JSON Schema (draft 2020-12) of the fields beside apiVersion, kind and metadata: `{ spec, status }`. */
  readonly schema: Readonly<Record<string, JsonSchema>>;
  /** The first column is the name (T4). */
  readonly columns: readonly Column<T>[];
  /** Fields that a field selector may name; metadata.name and metadata.namespace always may (F2, F4). */
  readonly selectableFields: readonly string[];
  /** Values of the selectable fields; a field that the object does not have is left out. */
  fields(object: T): Record<string, string>;
  readonly source?: ChangeSource<T>;
  /** Answers `?asOf=` on get and list. Absent: 400. Needs a `source`. */
  readonly past?: PastSource<T>;
  /** Answers `?search=` on list. Absent: 400. Needs a `source`. */
  readonly search?: TextSearch;
  /** Answers POST to the collection. Absent: 405. */
  readonly create?: CreateHandler;
  /** What callers may do to one object besides reading it (S1): create-only subresources. Needs a `source`. */
  readonly actions?: readonly ActionDefinition[];
  /** What is kept beside an object and read with a right of its own: read-only subresources. Needs a `source`. */
  readonly attachments?: readonly AttachmentDefinition[];
  /** The message of the 405 for every method that is not served: what to do instead. */
  readonly readOnlyMessage: string;
}

/** A JSON Schema, opaque here. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Column<T> {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  /** `name` for the first column, else ''. */
  readonly format?: string;
  readonly description: string;
  /** 0 is always shown, more only with `-o wide`. Default 0. */
  readonly priority?: number;
  cell(object: T): Cell;
}

/** A JSON scalar, or an age that is computed when the row is read. */
export type Cell = string | number | boolean | null | { /** RFC 3339. */ readonly since: string };

/** What a create handler gets. Body limit, media type, kind and namespace are already checked (S1, S5). */
export interface CreateRequest {
  readonly user: UserInfo;
  /** '' for a resource without namespaces. */
  readonly namespace: string;
  /** The parsed body: a JSON object of the definition's apiVersion and kind. */
  readonly object: Readonly<Record<string, unknown>>;
  /** `dryRun=All`: nothing may be stored (S2). */
  readonly dryRun: boolean;
  /** Audit-ID that kube-apiserver gave the request, when it did. */
  readonly auditId?: string;
  readonly signal: AbortSignal;
}

/** Answers 201 with what it returns; throws ApiError for anything else. */
export type CreateHandler = (request: CreateRequest) => Promise<object>;

/** `issues.faultline.dev` → what errors and authorization name. */
export function groupResource(definition: ResourceDefinition): { group: string; resource: string } {
  return { group: definition.group, resource: definition.plural };
}

export function apiVersionOf(definition: { group: string; version: string }): string {
  return definition.group ? `${definition.group}/${definition.version}` : definition.version;
}

/** The verbs that discovery lists (D2): what is really served and nothing else. */
export function verbsOf(definition: ResourceDefinition): string[] {
  return [...(definition.create ? ['create'] : []), ...(definition.source ? ['get', 'list', 'watch'] : [])];
}

/** Every field that a field selector on this resource may name. */
export function knownFields(definition: ResourceDefinition): string[] {
  return ['metadata.name', 'metadata.namespace', ...definition.selectableFields.filter((f) => !META_FIELDS.has(f))];
}

const META_FIELDS: ReadonlySet<string> = new Set(['metadata.name', 'metadata.namespace']);
