import { UsageError } from '../exit.ts';
import { facts, section } from '../reading/lines.ts';
import { didYouMean } from '../suggest.ts';

/** What of a JSON Schema is shown. */
export interface ConfigurationSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, ConfigurationSchema>>;
  readonly items?: ConfigurationSchema;
  readonly required?: readonly string[];
}

/** What may be said at `path` (`issues.flapping`), as `kubectl explain` shows it. Throws a UsageError for a place that is none. */
export function schemaLines(schema: ConfigurationSchema, path: string): string[] {
  const words = path.split('.').filter((word) => word !== '');
  let place = schema;
  for (const [index, word] of words.entries()) {
    const { properties = {} } = insideOf(place);
    const next = Object.hasOwn(properties, word) ? properties[word] : undefined;
    if (next === undefined) {
      const at = words.slice(0, index).join('.') || 'faultline.yaml';
      throw new UsageError(`${at} has no ${JSON.stringify(word)}${didYouMean(word, Object.keys(properties))}`);
    }
    place = next;
  }
  const { properties = {}, required = [] } = insideOf(place);
  const fields = Object.entries(properties).flatMap(([name, property]) => [
    `${name} <${typeOf(property)}>${required.includes(name) ? ' required' : ''}`,
    ...(property.description === undefined ? [] : [`  ${property.description}`]),
    ...(property.default === undefined || property.properties !== undefined
      ? []
      : [`  Default: ${textOf(property.default)}`]),
  ]);
  return [
    ...facts([
      ['Place', path === '' ? 'faultline.yaml' : path],
      ['Type', typeOf(place)],
      ['Meaning', place.description],
      ['Default', place.default === undefined || place.properties ? undefined : textOf(place.default)],
    ]),
    ...section('Fields', fields),
  ];
}

/** Of a list what each of it may be. */
function insideOf(place: ConfigurationSchema): ConfigurationSchema {
  return place.items ?? place;
}

function typeOf({ type, enum: values, items }: ConfigurationSchema): string {
  if (values !== undefined) return values.map(String).join('|');
  if (items !== undefined) return `[]${typeOf(items)}`;
  return type === undefined ? 'any' : [type].flat().join('|');
}

function textOf(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
}
