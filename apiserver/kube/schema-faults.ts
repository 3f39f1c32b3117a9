import type Joi from 'joi';
import type { FieldFault, FieldFaultReason } from './status.ts';

/** At most so many faults are named: an answer must not be larger than its question by much. */
const MAX_FAULTS = 100;
/** A megabyte that was refused is not sent back. */
const MAX_ECHO = 200;

/** What a schema has against a value, as the causes of a 422 (E6). `field` is where the value is: `spec`. */
export function schemaFaults(schema: Joi.Schema, value: unknown, field: string): FieldFault[] {
  const { error } = schema.validate(value, OPTIONS);
  return (error?.details ?? []).slice(0, MAX_FAULTS).map((detail) => fault(detail, field));
}

/** Nothing is converted: "5" is no number. Messages say what to do, and not how the library calls it. */
const OPTIONS: Joi.ValidationOptions = {
  abortEarly: false,
  convert: false,
  errors: { label: false, wrap: { array: false } },
  messages: {
    'any.custom': '{#error.message}',
    'object.missing': 'one of {#peers} is required',
    'object.xor': 'only one of {#peers} may be set',
    'object.oxor': 'only one of {#peers} may be set',
  },
};

const REASONS: Readonly<Record<string, FieldFaultReason>> = {
  'any.required': 'FieldValueRequired',
  'object.missing': 'FieldValueRequired',
  'object.unknown': 'FieldValueForbidden',
  'any.unknown': 'FieldValueForbidden',
  'object.xor': 'FieldValueForbidden',
  'object.oxor': 'FieldValueForbidden',
  'any.only': 'FieldValueNotSupported',
};

function fault({ type, path, message, context }: Joi.ValidationErrorItem, field: string): FieldFault {
  const reason = REASONS[type] ?? 'FieldValueInvalid';
  const shown = reason === 'FieldValueInvalid' || reason === 'FieldValueNotSupported';
  const value = shown && context && 'value' in context ? `${echo(context.value)}: ` : '';
  return { reason, field: pathOf(field, path), message: `${value}${message}` };
}

/** `spec.links[0].url`; members that are no identifiers are quoted. */
function pathOf(root: string, path: readonly (string | number)[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return /^[A-Za-z_$][\w$]*$/.test(part) ? `${text}.${part}` : `${text}[${JSON.stringify(part)}]`;
  }, root);
}

function echo(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_ECHO ? `${text.slice(0, MAX_ECHO)}…` : text;
}
