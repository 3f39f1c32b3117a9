import type Joi from 'joi';
import {
  findingSchema,
  MAX_FINDINGS,
  receivedOrderSchema,
  reportSchema,
  runOrderSchema,
  stateOrderSchema,
} from '../../crds/report.ts';

export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/** `reportSchema`; Joi renders its alternatives more generously than they are, so they are put together from their parts. */
export function reportJsonSchema(): JsonSchema {
  const report = jsonSchemaOf(reportSchema);
  const orders = [runOrderSchema, stateOrderSchema, receivedOrderSchema].map(jsonSchemaOf);
  const order = { type: 'object', discriminator: { propertyName: 'class' }, required: ['class'], oneOf: orders };
  const findings = { type: 'array', items: jsonSchemaOf(findingSchema), maxItems: MAX_FINDINGS };
  const key = { type: 'string', minLength: 1, maxLength: 253 };
  const resolve = { type: 'array', items: key, maxItems: MAX_FINDINGS, uniqueItems: true };
  const body = {
    anyOf: [
      exactly({ complete: { const: true }, findings }),
      exactly({ complete: { const: false }, findings, resolve }, ['complete', 'findings']),
      exactly({ deleted: { enum: ['object', 'subject'] } }),
    ],
  };
  return { ...report, properties: { ...report.properties, order, body } };
}

function exactly(properties: Record<string, JsonSchema>, required = Object.keys(properties)): JsonSchema {
  return { type: 'object', properties, required, additionalProperties: false };
}

function jsonSchemaOf(schema: Joi.Schema): JsonSchema {
  return schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' }) as JsonSchema;
}
