import { Ajv2020 } from 'ajv/dist/2020.js';
import { parseTime } from '../../../../crds/time.ts';
import type { Content, OpenApiDocument, OperationObject, ResponseObject } from '../document.ts';

/** Why `value` is not what the document says at `pointer`; undefined when it is. */
export type Check = (pointer: readonly string[], value: unknown) => string | undefined;

/** Checks values against the schemas of a document, with their references. */
export function checker(document: OpenApiDocument): Check {
  const ajv = new Ajv2020({
    strict: false, // the document around the schemas is no schema
    allErrors: true,
    formats: {
      'date-time': (value: string) => parseTime(value) !== undefined,
      uri: (value: string) => URL.canParse(value),
    },
  });
  ajv.addSchema(document, 'openapi');
  return (pointer, value) => {
    const path = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const validate = ajv.compile({ $ref: `openapi#/${path}` });
    return validate(value) ? undefined : ajv.errorsText(validate.errors, { separator: '\n' });
  };
}

export interface Documented {
  readonly method: string;
  readonly path: string;
  readonly operation: OperationObject;
}

export function operationsOf(document: OpenApiDocument): Documented[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
  );
}

/** Where the answer with this status is described, without references. */
export function answerAt(
  document: OpenApiDocument,
  { method, path, operation }: Documented,
  status: number,
): { readonly pointer: readonly string[]; readonly content: Content | undefined } | undefined {
  const answer = operation.responses[status];
  if (answer === undefined) return undefined;
  if (!('$ref' in answer)) {
    return { pointer: ['paths', path, method, 'responses', `${status}`], content: answer.content };
  }
  const pointer = answer.$ref.slice(2).split('/');
  const found = pointer.reduce<unknown>((place, part) => (place as Record<string, unknown>)[part], document);
  return { pointer, content: (found as ResponseObject).content };
}
