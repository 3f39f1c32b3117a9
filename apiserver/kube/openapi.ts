import type { ActionDefinition } from './action.ts';
import { type Answer, json } from './answer.ts';
import type { AttachmentDefinition } from './attachment.ts';
import { contentHash, type VersionInfo, withETag } from './discovery.ts';
import { parseAccept } from './negotiate.ts';
import { LIST_META, META_SCHEMAS, OBJECT_META, STATUS } from './openapi-meta.ts';
import { openApiSchema } from './openapi-schema.ts';
import { apiVersionOf, type JsonSchema, knownFields, type ResourceDefinition } from './resource.ts';
import { notAcceptable } from './status.ts';

export interface OpenApiOptions {
  /** `info.title` of every document. Default: `Aggregated API`. */
  readonly title?: string | undefined;
  /** Milliseconds since 1970. Default: Date.now. */
  readonly now?: () => number;
}

/**
 * OpenAPI v3 per group and version, for `kubectl explain` and the aggregator, and a v2 stub (aggregated-api section 2).
 * Made from the definitions alone, like discovery, once.
 */
export class OpenApi {
  readonly #documents = new Map<string, { document: object; hash: string }>();
  readonly #info: Info;
  readonly #now: () => number;

  constructor(definitions: readonly ResourceDefinition[], version: VersionInfo, options: OpenApiOptions = {}) {
    const { title = 'Aggregated API', now = Date.now } = options;
    this.#info = { title, version: version.gitVersion };
    this.#now = now;
    for (const definition of definitions) {
      const key = `apis/${apiVersionOf(definition)}`;
      if (this.#documents.has(key)) continue;
      const own = definitions.filter((other) => apiVersionOf(other) === apiVersionOf(definition));
      const document = documentOf(own, this.#info);
      this.#documents.set(key, { document, hash: contentHash(JSON.stringify(document)) });
    }
  }

  /** The answer for a path below /openapi, or undefined. Never a redirect: the aggregator turns those into 502 (O3). */
  answer(
    path: string,
    query: URLSearchParams,
    accept: string | undefined,
    ifNoneMatch: string | undefined,
  ): Answer | undefined {
    const trimmed = path.replace(/^\/+|\/+$/g, '');
    if (trimmed === 'openapi/v2') return this.#v2(accept, ifNoneMatch);
    if (trimmed === 'openapi/v3') return json({ paths: this.#roots() });
    const found = trimmed.startsWith('openapi/v3/') && this.#documents.get(trimmed.slice('openapi/v3/'.length));
    if (!found) return undefined;
    requireJson(accept);
    const current = query.get('hash') === found.hash;
    return withETag(found.document, ifNoneMatch, { Vary: 'Accept', ...(current && immutable(this.#now())) });
  }

  #roots() {
    return Object.fromEntries(
      [...this.#documents].map(([key, { hash }]) => [key, { serverRelativeURL: `/openapi/v3/${key}?hash=${hash}` }]),
    );
  }

  /**
   * Empty paths make the cluster's merge a no-op, so that nothing of ours can break it for others (O9). kubectl takes
   * protobuf only when it talks to us without an aggregator, and refuses to validate or edit without an answer.
   */
  #v2(accept: string | undefined, ifNoneMatch: string | undefined): Answer {
    const { title, version } = this.#info;
    const best = mediaRanges(accept).find((range) => range === V2_PROTOBUF || isJsonRange(range));
    if (best === V2_PROTOBUF) {
      const body = [message(1, '2.0'), message(2, message(1, title), message(2, version)), message(8)];
      return { status: 200, headers: { 'Content-Type': V2_PROTOBUF.replace('@', '.'), Vary: 'Accept' }, body };
    }
    requireJson(accept);
    return withETag({ swagger: '2.0', info: { title, version }, paths: {} }, ifNoneMatch, { Vary: 'Accept' });
  }
}

/** Asked for with an `@` that no Content-Type may have: the answer has a dot there (kube-openapi does the same). */
const V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

/** A length-delimited field of protobuf: all that the stub (gnostic's `Document`) consists of. */
function message(field: number, ...parts: readonly (string | Buffer)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...varint(content.length)]), content]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** A document under its own hash never changes (O4). */
function immutable(now: number): Record<string, string> {
  return {
    'Cache-Control': 'public, immutable',
    Expires: new Date(now + 365 * 86_400_000).toUTCString(),
  };
}

function requireJson(accept: string | undefined): void {
  if (accept && !mediaRanges(accept).some(isJsonRange)) throw notAcceptable(['application/json']);
}

/** What is accepted, best first. */
function mediaRanges(accept: string | undefined): string[] {
  return parseAccept(accept ?? '').map(({ type, subtype }) => `${type}/${subtype}`);
}

function isJsonRange(range: string): boolean {
  return range === 'application/json' || range === 'application/*' || range === '*/*';
}

function documentOf(definitions: readonly ResourceDefinition[], info: Info) {
  const schemas = Object.assign({}, META_SCHEMAS, ...definitions.map(schemasOf));
  const paths = Object.assign({}, ...definitions.map(pathsOf));
  return { openapi: '3.0.0', info, paths, components: { schemas } };
}

interface Info {
  readonly title: string;
  readonly version: string;
}

function schemasOf(definition: ResourceDefinition): Record<string, JsonSchema> {
  const { kind, listKind, description, schema } = definition;
  const own = schemaName(definition, kind);
  const fields = Object.fromEntries(Object.entries(schema).map(([name, one]) => [name, openApiSchema(one)]));
  const object = {
    type: 'object',
    description: `${description} Selectable fields: ${knownFields(definition).join(', ')}.`,
    properties: { ...typeFields(kind), metadata: reference(OBJECT_META, 'Metadata that every object has.'), ...fields },
    'x-kubernetes-group-version-kind': [gvk(definition, kind)],
    ...selectable(definition),
  };
  if (!definition.source) return { [own]: object };
  const actions = (definition.actions ?? []).map((action) => actionSchema(definition, action));
  const attachments = (definition.attachments ?? []).map((one) => attachmentSchema(definition, one));
  const list = {
    type: 'object',
    description: `A list of ${definition.plural}.`,
    required: ['items'],
    properties: {
      ...typeFields(listKind),
      metadata: reference(LIST_META, 'Metadata of the list.'),
      items: { type: 'array', description: `The ${definition.plural}.`, items: reference(own, description) },
    },
    'x-kubernetes-group-version-kind': [gvk(definition, listKind)],
  };
  return Object.assign({ [own]: object, [schemaName(definition, listKind)]: list }, ...actions, ...attachments);
}

/** As the schema of a custom resource says it; metadata.name and metadata.namespace go without saying (F4). */
function selectable({ source, selectableFields }: ResourceDefinition): JsonSchema {
  const own = selectableFields.filter((field) => !/^metadata\.name(space)?$/.test(field));
  if (!source || own.length === 0) return {};
  return { 'x-kubernetes-selectable-fields': own.map((fieldPath) => ({ fieldPath })) };
}

/** What an action takes and answers (O7). */
function actionSchema(definition: ResourceDefinition, action: ActionDefinition): Record<string, JsonSchema> {
  const { kind, description, status } = action;
  const spec = action.spec['~standard'].jsonSchema.input({ target: 'draft-2020-12' }) as JsonSchema;
  const metadata = `The ${definition.singular}. In a request uid and resourceVersion are preconditions.`;
  const properties = {
    ...typeFields(kind),
    metadata: reference(OBJECT_META, metadata),
    ...{ spec: openApiSchema(spec), status: openApiSchema(status) },
  };
  const schema = { type: 'object', description, properties };
  return { [schemaName(definition, kind)]: { ...schema, 'x-kubernetes-group-version-kind': [gvk(definition, kind)] } };
}

function attachmentSchema(
  definition: ResourceDefinition,
  { kind, description, status }: AttachmentDefinition,
): Record<string, JsonSchema> {
  const metadata = reference(OBJECT_META, `The ${definition.singular}.`);
  const properties = { ...typeFields(kind), metadata, status: openApiSchema(status) };
  const schema = { type: 'object', description, properties };
  return { [schemaName(definition, kind)]: { ...schema, 'x-kubernetes-group-version-kind': [gvk(definition, kind)] } };
}

/** `faultline.dev` v1alpha1 Issue → `dev.faultline.v1alpha1.Issue`: no slash, no tilde (O10). */
function schemaName({ group, version }: ResourceDefinition, kind: string): string {
  return [...group.split('.').toReversed(), version, kind].join('.');
}

function typeFields(kind: string): Record<string, JsonSchema> {
  return {
    apiVersion: { type: 'string', description: 'Group and version of this representation.' },
    kind: { type: 'string', description: `Always ${kind}.` },
  };
}

/** A description beside a reference is kept by readers of 3.0 only inside allOf. */
function reference(name: string, description: string): JsonSchema {
  return { description, allOf: [{ $ref: `#/components/schemas/${name}` }] };
}

function gvk({ group, version }: ResourceDefinition, kind: string) {
  return { group, version, kind };
}

function pathsOf(definition: ResourceDefinition): Record<string, object> {
  const { plural, namespaced, source, create } = definition;
  const base = `/apis/${apiVersionOf(definition)}`;
  const collection = namespaced ? `${base}/namespaces/{namespace}/${plural}` : `${base}/${plural}`;
  const inNamespace = namespaced ? [pathParameter('namespace', 'The namespace of the object.')] : [];
  const paths: Record<string, object> = {};
  paths[collection] = {
    ...(inNamespace.length > 0 && { parameters: inNamespace }),
    ...(source && { get: listOperation(definition, namespaced ? 'Namespaced' : '') }),
    ...(create && { post: createOperation(definition) }),
  };
  if (!source) return paths;
  paths[`${collection}/{name}`] = {
    parameters: [...inNamespace, pathParameter('name', `The name of the ${definition.singular}.`)],
    get: operation(
      definition,
      'get',
      `read${namespaced ? 'Namespaced' : ''}`,
      definition.kind,
      ownParameters(definition),
    ),
  };
  for (const action of definition.actions ?? []) {
    paths[`${collection}/{name}/${action.name}`] = {
      parameters: [...inNamespace, pathParameter('name', `The name of the ${definition.singular}.`)],
      post: actionOperation(definition, action),
    };
  }
  for (const attachment of definition.attachments ?? []) {
    paths[`${collection}/{name}/${attachment.name}`] = {
      parameters: [...inNamespace, pathParameter('name', `The name of the ${definition.singular}.`)],
      get: attachmentOperation(definition, attachment),
    };
  }
  if (namespaced) paths[`${base}/${plural}`] = { get: listOperation(definition, 'AllNamespaces') };
  return paths;
}

function listOperation(definition: ResourceDefinition, scope: string) {
  const parameters = [...LIST_PARAMETERS, ...ownParameters(definition), ...searchParameters(definition)];
  return operation(definition, 'list', `list${scope}`, definition.listKind, parameters);
}

function searchParameters({ search }: ResourceDefinition): object[] {
  if (!search) return [];
  const description = 'Only those with these words: words, "phrases" and -exclusions. Not with watch.';
  return [{ ...queryParameter('search', 'string'), description }];
}

function ownParameters({ past }: ResourceDefinition): object[] {
  if (!past) return [];
  const description = 'How it was: an RFC 3339 time, or a duration such as 2h for so long ago. Not with watch.';
  return [{ ...queryParameter('asOf', 'string'), description }];
}

function createOperation(definition: ResourceDefinition) {
  return withBody(
    operation(definition, 'post', 'create', definition.kind, WRITE_PARAMETERS),
    definition,
    definition.kind,
  );
}

function actionOperation(definition: ResourceDefinition, { name, kind, description }: ActionDefinition) {
  const posted = operation(
    definition,
    'post',
    `create${definition.namespaced ? 'Namespaced' : ''}`,
    kind,
    WRITE_PARAMETERS,
  );
  const operationId = `${posted.operationId}${capital(name)}`;
  const own = { ...posted, description, operationId, 'x-kubernetes-group-version-kind': gvk(definition, kind) };
  return withBody(own, definition, kind);
}

function attachmentOperation(definition: ResourceDefinition, { name, kind, description }: AttachmentDefinition) {
  const read = operation(definition, 'get', `read${definition.namespaced ? 'Namespaced' : ''}`, kind, []);
  const operationId = `${read.operationId}${capital(name)}`;
  return { ...read, description, operationId, 'x-kubernetes-group-version-kind': gvk(definition, kind) };
}

function capital(name: string): string {
  return `${name[0]?.toUpperCase()}${name.slice(1)}`;
}

function withBody(posted: object, definition: ResourceDefinition, kind: string) {
  const schema = { $ref: `#/components/schemas/${schemaName(definition, kind)}` };
  return { ...posted, requestBody: { required: true, content: { 'application/json': { schema } } } };
}

function operation(
  definition: ResourceDefinition,
  action: 'get' | 'list' | 'post',
  prefix: string,
  resultKind: string,
  parameters: readonly object[],
) {
  const { group, version, kind, plural } = definition;
  const verb = { get: 'Read', list: 'List or watch', post: 'Create' }[action];
  const schema = { $ref: `#/components/schemas/${schemaName(definition, resultKind)}` };
  const status = { $ref: `#/components/schemas/${STATUS}` };
  return {
    tags: [`${group}_${version}`],
    description: `${verb} ${plural}.`,
    operationId: `${prefix}${kind}`,
    ...(parameters.length > 0 && { parameters }),
    responses: {
      [action === 'post' ? '201' : '200']: { description: 'OK', content: { 'application/json': { schema } } },
      default: { description: 'Failure', content: { 'application/json': { schema: status } } },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk(definition, kind),
  };
}

const WRITE_PARAMETERS: readonly object[] = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) =>
  queryParameter(name, 'string'),
);

const LIST_PARAMETERS: readonly object[] = [
  queryParameter('labelSelector', 'string'),
  queryParameter('fieldSelector', 'string'),
  queryParameter('limit', 'integer'),
  queryParameter('continue', 'string'),
  queryParameter('resourceVersion', 'string'),
  queryParameter('resourceVersionMatch', 'string'),
  queryParameter('watch', 'boolean'),
  queryParameter('allowWatchBookmarks', 'boolean'),
  queryParameter('sendInitialEvents', 'boolean'),
  queryParameter('timeoutSeconds', 'integer'),
];

function queryParameter(name: string, type: string) {
  return { name, in: 'query', schema: { type, uniqueItems: true } };
}

function pathParameter(name: string, description: string) {
  return { name, in: 'path', required: true, description, schema: { type: 'string', uniqueItems: true } };
}
