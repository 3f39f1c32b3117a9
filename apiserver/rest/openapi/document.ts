import type Joi from 'joi';
import { type Described, ERROR_MEANINGS, type JsonSchema, type Message, type Operation } from './operation.ts';
import { NAMED_SCHEMAS, OPERATIONS, TAGS } from './operations.ts';

/** OpenAPI 3.1, as far as it is used here. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: object;
  readonly servers: readonly { readonly url: string }[];
  readonly security: readonly object[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>>; readonly [kind: string]: object };
}

export interface OperationObject {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly ParameterObject[];
  readonly requestBody?: { readonly required: true; readonly content: Content };
  readonly responses: Readonly<Record<string, ResponseObject | { readonly $ref: string }>>;
}

export interface ParameterObject {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

export interface ResponseObject {
  readonly description: string;
  readonly headers?: object;
  readonly content?: Content;
}

export type Content = Readonly<Record<string, { readonly schema: JsonSchema; readonly example?: unknown }>>;

/**
 * The document of `/openapi.json`: what `OPERATIONS` say, in the words of OpenAPI 3.1. Schemas come from the Joi schemas
 * that validate; one that has a name is referred to by it, wherever it occurs.
 */
export function openApiDocument(version: string): OpenApiDocument {
  const named = namedSchemas();
  const refer = referTo(named);
  const paths: Record<string, Record<string, OperationObject>> = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: operationObject(operation, refer) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Faultline',
      version,
      summary: 'What is broken in a Kubernetes cluster right now',
      description:
        'The REST interface. Issues are also served as Kubernetes resources, with watches: `/apis/faultline.dev/v1alpha1`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }, { certificate: [] }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(named).map(([name, schema]) => [name, refer(schema, name)])),
      responses: failures(),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token that the cluster knows.' },
        certificate: { type: 'mutualTLS', description: 'A client certificate, as in a kubeconfig.' },
        receiver: {
          type: 'http',
          scheme: 'bearer',
          description:
            'What the receiver asks for: a token of its own, a signature over the body, or a token of the cluster.',
        },
      },
    },
  };
}

/** The JSON Schema of what describes a value. */
export function jsonSchemaOf(described: Described): JsonSchema {
  return '~standard' in described
    ? ((described as Joi.Schema)['~standard'].jsonSchema.input({ target: 'draft-2020-12' }) as JsonSchema)
    : described;
}

type Refer = (schema: JsonSchema, except?: string) => JsonSchema;

function namedSchemas(): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(NAMED_SCHEMAS).map(([name, schema]) => [name, jsonSchemaOf(schema)]));
}

/** Puts a reference wherever a schema is the same as one with a name; a schema's own text (`except`) stays. */
function referTo(named: Readonly<Record<string, JsonSchema>>): Refer {
  const names = new Map(Object.entries(named).map(([name, schema]) => [JSON.stringify(schema), name]));
  const walk = (value: unknown, except?: string): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const name = Array.isArray(value) ? undefined : names.get(JSON.stringify(value));
    if (name !== undefined && name !== except) return { $ref: `#/components/schemas/${name}` };
    if (Array.isArray(value)) return value.map((each) => walk(each));
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, walk(each)]));
  };
  return (schema, except) => walk(schema, except) as JsonSchema;
}

function operationObject(operation: Operation, refer: Refer): OperationObject {
  const { id, tag, summary, description, rights, body } = operation;
  const parameters = parametersOf(operation).map((each) => ({ ...each, schema: refer(each.schema) }));
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: [...(description ? [description] : []), `Needs ${rights}.`].join('\n\n'),
    ...(operation.authentication === 'receiver' && { security: [{ receiver: [] }] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: content(body, refer, body.mediaTypes) } }),
    responses: {
      ...Object.fromEntries([401, ...operation.errors].map((status) => [status, failureRef(status)])),
      ...Object.fromEntries(
        Object.entries(operation.answers).map(([status, { description: meaning, body: answer }]) => [
          status,
          { description: meaning, ...(answer && { content: content(answer, refer) }) },
        ]),
      ),
    },
  };
}

function content(message: Message, refer: Refer, mediaTypes: readonly string[] = ['application/json']): Content {
  const { example } = message;
  const described = { schema: refer(jsonSchemaOf(message.schema)), ...(example !== undefined && { example }) };
  return Object.fromEntries(mediaTypes.map((type) => [type, described]));
}

/** Of the path in its order, then of the query, then headers. */
export function parametersOf({ path, params, query, headers }: Operation): ParameterObject[] {
  const inPath = params ? jsonSchemaOf(params).properties : {};
  return [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) =>
      parameter('path', name, inPath?.[name] ?? { type: 'string', minLength: 1 }, true),
    ),
    ...members('query', query),
    ...members('header', headers),
  ];
}

function members(where: ParameterObject['in'], schema: Joi.ObjectSchema | undefined): ParameterObject[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = jsonSchemaOf(schema);
  return Object.entries(properties).map(([name, each]) => parameter(where, name, each, required.includes(name)));
}

function parameter(
  where: ParameterObject['in'],
  name: string,
  { description, ...schema }: JsonSchema,
  required: boolean,
): ParameterObject {
  return { name, in: where, required, ...(description !== undefined && { description: `${description}` }), schema };
}

const failureRef = (status: number): { $ref: string } => ({ $ref: `#/components/responses/Failure${status}` });

function failures(): Record<string, ResponseObject> {
  const retryAfter = { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } } };
  const failure = (name: string, status: string, description: string): ResponseObject => ({
    description,
    ...((status === '429' || status === '503') && { headers: retryAfter }),
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
  });
  return {
    Failure401: failure('Status', '401', 'Nobody is known to ask: present a client certificate or a token.'),
    ...Object.fromEntries(
      Object.entries(ERROR_MEANINGS).map(([status, meaning]) => [
        `Failure${status}`,
        failure('Error', status, meaning),
      ]),
    ),
  };
}
