import { Ajv2020 } from 'ajv/dist/2020.js';
import type Joi from 'joi';
import { LABEL_KEY } from '../../crds/names.ts';
import {
  findingSchema,
  MAX_FINDINGS,
  receivedOrderSchema,
  reportSchema,
  runOrderSchema,
  stateOrderSchema,
} from '../../crds/report.ts';
import { parseTime } from '../../crds/time.ts';

/**
 * A check of reports that takes microseconds where Joi takes a tenth of a millisecond: the JSON Schema that Joi exports,
 * compiled. `true` only for what `reportSchema` accepts too; `false` says nothing, then Joi is asked, which also names
 * the faults. Where JSON Schema has no word for a rule of the schema, the rule is said again here, never more generously
 * (report-checker.test.ts holds it to that).
 */
export function createReportChecker(): (report: unknown) => boolean {
  const ajv = new Ajv2020({
    // Joi counts UTF-16 units and matches without the flag u.
    unicode: false,
    unicodeRegExp: false,
    discriminator: true,
    logger: false,
    formats: { time: (text: string) => parseTime(text) !== undefined, uri: HTTP_URL },
  });
  return ajv.compile(checked(reportJsonSchema())) as (report: unknown) => boolean;
}

/** A subset of the URLs that the schema takes. */
const HTTP_URL =
  /^https?:\/\/[A-Za-z0-9]+(?:[-.][A-Za-z0-9]+)*(?::\d{1,5})?(?:\/[A-Za-z0-9\-._~!$&'()*+,;=:@/]*)?(?:\?[A-Za-z0-9\-._~!$&'()*+,;=:@/?]*)?(?:#[A-Za-z0-9\-._~!$&'()*+,;=:@/?]*)?$/;

interface JsonSchema {
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

/** Adds the rules that Joi has and its JSON Schema lacks: times, keys of labels, numbers that are exact. */
function checked(schema: JsonSchema, name = ''): JsonSchema {
  const { description: _, ...kept } = schema;
  const strict: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(kept)) {
    if (keyword === 'properties') {
      strict[keyword] = Object.fromEntries(
        Object.entries(value as Record<string, JsonSchema>).map(([key, each]) => [key, checked(each, key)]),
      );
    } else if (Array.isArray(value)) {
      strict[keyword] = value.map((each) => (typeof each === 'object' ? checked(each as JsonSchema) : each));
    } else if (keyword === 'items') strict[keyword] = checked(value as JsonSchema);
    else strict[keyword] = value;
  }
  if (strict.type === 'integer') strict.maximum = Number.MAX_SAFE_INTEGER;
  // Every property whose name ends in At is a time, as everywhere in Kubernetes.
  if (strict.type === 'string' && name.endsWith('At')) strict.format = 'time';
  if (name === 'labels') strict.propertyNames = { pattern: LABEL_KEY.source };
  return strict;
}
