import type { Schema } from 'joi';

/** What of a JSON Schema the table shows. */
interface Property {
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Property>>;
}

/** The options of a controller as a Markdown table, from the JSON Schema of its Joi schema: one row an option. */
export function optionsTable(schema: Schema): string {
  const json = schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' }) as Property;
  const rows = rowsOf(json, '');
  if (rows.length === 0) return 'None.';
  return ['| option | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

/** An option with options of its own is a row for each of those, where they say what they are. */
function rowsOf({ properties = {} }: Property, prefix: string): string[] {
  return Object.entries(properties).flatMap(([name, property]) => {
    const below = Object.values(property.properties ?? {});
    if (below.some(({ description }) => description !== undefined)) return rowsOf(property, `${prefix}${name}.`);
    const fallback = property.default === undefined ? 'none' : `\`${textOf(property.default)}\``;
    const meaning = property.description?.replace(/\{\w+\}/g, '`$&`').replaceAll('|', '\\|') ?? '';
    return [`| \`${prefix}${name}\` | ${fallback} | ${meaning} |`];
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
