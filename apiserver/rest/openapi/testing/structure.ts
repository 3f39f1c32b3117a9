/**
 * The objects of OpenAPI 3.1.0 (https://spec.openapis.org/oas/v3.1.0) that the document uses, as a JSON Schema of our own: the
 * fields that the specification names for each, which of them it requires, and nothing besides, so that a misspelt one
 * is a fault.
 */
const text = { type: 'string', minLength: 1 };
const map = (values: object, names?: string) => ({
  type: 'object',
  additionalProperties: values,
  ...(names !== undefined && { propertyNames: { pattern: names } }),
});
const object = (required: Record<string, object>, optional: Record<string, object> = {}) => ({
  type: 'object',
  required: Object.keys(required),
  properties: { ...required, ...optional },
  additionalProperties: false,
});
const at = (name: string) => ({ $ref: `#/$defs/${name}` });
const reference = (kind: string) => object({ $ref: { type: 'string', pattern: `^#/components/${kind}/[\\w.-]+$` } });
const COMPONENT = '^[a-zA-Z0-9._-]+$';

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

export const OPENAPI_STRUCTURE = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  ...object(
    {
      openapi: { const: '3.1.0' },
      info: object({ title: text, version: text }, { summary: text, description: text, license: at('license') }),
      paths: map(at('pathItem'), '^/'),
    },
    {
      servers: { type: 'array', items: object({ url: text }, { description: text }) },
      security: { type: 'array', items: map({ type: 'array', items: text }) },
      tags: { type: 'array', items: object({ name: text }, { description: text }), uniqueItems: true },
      components: object(
        {},
        {
          schemas: map(at('schema'), COMPONENT),
          responses: map(at('response'), COMPONENT),
          securitySchemes: map(at('securityScheme'), COMPONENT),
        },
      ),
    },
  ),
  $defs: {
    // An SPDX identifier or a URL, not both.
    license: { oneOf: [object({ name: text, identifier: text }), object({ name: text, url: text })] },
    schema: { $ref: 'https://json-schema.org/draft/2020-12/schema' },
    pathItem: { ...map(at('operation')), propertyNames: { enum: METHODS }, minProperties: 1 },
    operation: object(
      { responses: { ...map({ anyOf: [reference('responses'), at('response')] }, '^[1-5]\\d\\d$'), minProperties: 1 } },
      {
        operationId: { type: 'string', pattern: '^[a-z][A-Za-z0-9]*$' },
        tags: { type: 'array', items: text, minItems: 1 },
        summary: text,
        description: text,
        security: { type: 'array', items: map({ type: 'array', items: text }) },
        parameters: { type: 'array', items: at('parameter') },
        requestBody: object({ content: at('content') }, { required: { type: 'boolean' }, description: text }),
      },
    ),
    parameter: {
      ...object(
        { name: text, in: { enum: ['path', 'query', 'header'] }, schema: at('schema') },
        { required: { type: 'boolean' }, description: text },
      ),
      if: { properties: { in: { const: 'path' } } },
      then: { required: ['required'], properties: { required: { const: true } } },
    },
    response: object(
      { description: text },
      { content: at('content'), headers: map(object({ schema: at('schema') }, { description: text })) },
    ),
    content: { ...map(object({ schema: at('schema') }, { example: {} }), '^[\\w.+-]+/[\\w.+-]+$'), minProperties: 1 },
    securityScheme: {
      oneOf: [
        object({ type: { const: 'http' }, scheme: text }, { bearerFormat: text, description: text }),
        object({ type: { const: 'mutualTLS' } }, { description: text }),
      ],
    },
  },
};
