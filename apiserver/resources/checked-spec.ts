import type Joi from 'joi';
import { invalid } from '../kube/index.ts';

/** The spec of a create-only resource by its schema, with defaults. Throws 422 with every fault and its field. */
export function checkedSpec<T>(
  schema: Joi.ObjectSchema<T>,
  given: unknown,
  about: { readonly group: string; readonly kind: string; readonly name: string },
): T {
  const { value, error } = schema.validate(given ?? {}, {
    abortEarly: false,
    convert: false,
    errors: { label: false },
  });
  if (error === undefined) return value as T;
  throw invalid(
    about,
    about.name,
    error.details.map(({ path, message, type }) => ({
      reason: type === 'any.required' ? ('FieldValueRequired' as const) : ('FieldValueInvalid' as const),
      field: ['spec', ...path].join('.'),
      message: message.trim(),
    })),
  );
}
