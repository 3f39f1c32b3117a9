import type { JsonSchema } from './resource.ts';

/**
 * JSON Schema (draft 2020-12, as Joi writes it) as the schema objects of OpenAPI 3.0, which kubectl and the aggregator
 * read. Descriptions stay; a keyword that 3.0 does not know is translated or, when it only narrows, left out.
 */
export function openApiSchema(schema: JsonSchema): JsonSchema {
  const { type, const: constant, patternProperties, examples, $schema: _dialect, ...rest } = schema;
  const types = Array.isArray(type) ? type : type === undefined ? [] : [type];
  const known = types.filter((name) => name !== 'null');
  return {
    ...Object.fromEntries(Object.entries(rest).map(([keyword, value]) => [keyword, translate(keyword, value)])),
    // Several types besides null cannot be said: any is then allowed.
    ...(known.length === 1 && { type: known[0] }),
    ...(types.length > known.length && { nullable: true }),
    ...(constant !== undefined && { enum: [constant] }),
    ...(patternProperties !== undefined && { additionalProperties: openApiSchema(firstOf(patternProperties)) }),
    ...(Array.isArray(examples) && examples.length > 0 && { example: examples[0] }),
  };
}

function translate(keyword: string, value: unknown): unknown {
  switch (keyword) {
    case 'properties':
      return mapValues(value as Record<string, JsonSchema>);
    case 'items':
    case 'not':
      return openApiSchema(value as JsonSchema);
    case 'additionalProperties':
      return typeof value === 'object' && value !== null ? openApiSchema(value as JsonSchema) : value;
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
      return (value as JsonSchema[]).map(openApiSchema);
    default:
      return value;
  }
}

function mapValues(schemas: Record<string, JsonSchema>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, openApiSchema(schema)]));
}

/** A map whose keys follow a pattern: OpenAPI 3.0 knows the values only. */
function firstOf(patternProperties: unknown): JsonSchema {
  return Object.values(patternProperties as Record<string, JsonSchema>)[0] ?? {};
}
