import type Joi from 'joi';
import { ConfigurationDocument } from './document.ts';
import { ConfigurationError } from './fault.ts';

/** One object in a file of its own, as a schema accepts it, with the document that knows where each part was written. */
export interface CheckedDocument<T> {
  readonly document: ConfigurationDocument;
  readonly value: T;
}

/** Throws a ConfigurationError with every fault of the YAML, else every fault of the schema, at its line and column. */
export function checkedDocument<T>(file: string, text: string, schema: Joi.ObjectSchema<T>): CheckedDocument<T> {
  const document = new ConfigurationDocument(text);
  if (document.faults.length > 0) throw new ConfigurationError(file, document.faults);
  const { value, error } = schema.validate(document.value() ?? {}, {
    abortEarly: false,
    convert: false,
    errors: { label: false, wrap: { label: false, array: false } },
  });
  if (error) {
    const faults = error.details.map(({ path, type, message }) =>
      document.fault(path, message.trim(), type === 'object.unknown' ? 'key' : 'value'),
    );
    throw new ConfigurationError(file, faults);
  }
  return { document, value: value as T };
}
