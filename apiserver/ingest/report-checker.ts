import { Ajv2020 } from 'ajv/dist/2020.js';
import { LABEL_KEY } from '../../crds/names.ts';
import { parseTime } from '../../crds/time.ts';
import { type JsonSchema, reportJsonSchema } from './report-json-schema.ts';

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
