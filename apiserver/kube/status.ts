import type { Status, StatusCause, StatusDetails } from '../../crds/meta.ts';
import { quoted } from './quote.ts';

/**
 * Errors of the Kubernetes API: every answer that is not a success is a `metav1.Status` (aggregated-api E1, E2). Code
 * throws an `ApiError` made by one of the constructors below; the filter chain turns it into the answer. The texts are
 * those of `k8s.io/apimachinery/pkg/api/errors`, because kubectl prints them verbatim and tools compare them.
 */

/** HTTP code of every reason that we answer. A `Record`, so that the compiler keeps it complete. */
export const HTTP_CODES = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  Conflict: 409,
  AlreadyExists: 409,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const satisfies Record<string, number>;

export type Reason = keyof typeof HTTP_CODES;

/** An answer other than success. `message` is shown to the caller: no secrets, no stack. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly reason: Reason;
  readonly details: StatusDetails | undefined;
  /** With which an expired list can go on, inconsistently (L10). */
  readonly continueToken: string | undefined;

  constructor(
    reason: Reason,
    message: string,
    details?: StatusDetails,
    options: ErrorOptions & { readonly continueToken?: string | undefined } = {},
  ) {
    super(message, options);
    this.reason = reason;
    this.details = details;
    this.continueToken = options.continueToken;
  }

  get code(): number {
    return HTTP_CODES[this.reason];
  }

  /** The body of the answer, and the object of an ERROR event of a watch. */
  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.continueToken === undefined ? {} : { continue: this.continueToken },
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details && { details: this.details }),
      code: this.code,
    };
  }
}

/** A resource as errors name it: `issues.faultline.dev`, or `pods` of the core group. */
export interface GroupResource {
  readonly group: string;
  /** The plural. */
  readonly resource: string;
}

export function badRequest(message: string): ApiError {
  return new ApiError('BadRequest', message);
}

/** The credentials are missing or not valid. Says nothing more on purpose. */
export function unauthorized(): ApiError {
  return new ApiError('Unauthorized', 'Unauthorized');
}

/** What was asked, by whom: a resource request, or a path when `resource` is absent. */
export interface DeniedRequest {
  readonly user: string;
  /** `list`, `create`, …; for a path the HTTP method in lower case. */
  readonly verb: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly path?: string;
}

/** 403 as the API server words it (A14). `reason` is the authorizer's, and may be empty. */
export function forbidden(denied: DeniedRequest, reason = ''): ApiError {
  const text = `${sanitized(deniedText(denied))}${reason && `: ${reason}`}`;
  const { group = '', resource = '', name = '' } = denied;
  if (!resource) return new ApiError('Forbidden', `forbidden: ${text}`, {});
  const object = name ? `${qualified({ group, resource })} ${quoted(name)}` : qualified({ group, resource });
  return new ApiError('Forbidden', `${object} is forbidden: ${text}`, details({ group, resource }, name));
}

/** A refusal never looks like HTML (`responsewriters/errors.go`). */
function sanitized(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function deniedText({ user, verb, group = '', resource, subresource, namespace, path = '' }: DeniedRequest): string {
  const who = `User ${quoted(user)} cannot ${verb}`;
  if (!resource) return `${who} path ${quoted(path)}`;
  const what = quoted(subresource ? `${resource}/${subresource}` : resource);
  const where = namespace ? `in the namespace ${quoted(namespace)}` : 'at the cluster scope';
  return `${who} resource ${what} in API group ${quoted(group)} ${where}`;
}

/** The object is known not to exist (E3, E4): never for "cannot tell now", garbage collectors take it as proof. */
export function notFound(resource: GroupResource, name: string): ApiError {
  return new ApiError(
    'NotFound',
    `${qualified(resource)} ${quoted(name)} not found`,
    details(resource, name), // kind is the plural here; only Invalid uses the Kind
  );
}

/** No such path, group, version or resource. */
export function unknownPath(): ApiError {
  return new ApiError('NotFound', 'the server could not find the requested resource', {});
}

/** `message`: what the caller should do instead. */
export function methodNotAllowed(resource: GroupResource, message: string): ApiError {
  return new ApiError('MethodNotAllowed', message, details(resource));
}

export function notAcceptable(mediaTypes: readonly string[]): ApiError {
  return new ApiError('NotAcceptable', `only the following media types are accepted: ${mediaTypes.join(', ')}`);
}

export function conflict(resource: GroupResource, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${qualified(resource)} ${quoted(name)}: ${why}`;
  return new ApiError('Conflict', message, details(resource, name));
}

export function alreadyExists(resource: GroupResource, name: string): ApiError {
  const message = `${qualified(resource)} ${quoted(name)} already exists`;
  return new ApiError('AlreadyExists', message, details(resource, name));
}

/** A resourceVersion or continue token older than the retained history: the client lists again. */
export function expired(message: string, continueToken?: string): ApiError {
  return new ApiError('Expired', message, undefined, { continueToken });
}

export function requestEntityTooLarge(limitBytes: number): ApiError {
  return new ApiError('RequestEntityTooLarge', `Request entity is too large: limit is ${limitBytes} bytes`);
}

export function unsupportedMediaType(mediaTypes: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${mediaTypes.join(', ')}`;
  return new ApiError('UnsupportedMediaType', message);
}

export type FieldFaultReason =
  | 'FieldValueInvalid'
  | 'FieldValueRequired'
  | 'FieldValueForbidden'
  | 'FieldValueNotSupported';

/** One fault of an input object, at its path (`spec.severity`). */
export interface FieldFault {
  readonly reason: FieldFaultReason;
  readonly field: string;
  /** Without the field; for example `must be one of critical, major, minor, info`. */
  readonly message: string;
}

const FAULT_PREFIX = {
  FieldValueInvalid: 'Invalid value',
  FieldValueRequired: 'Required value',
  FieldValueForbidden: 'Forbidden',
  FieldValueNotSupported: 'Unsupported value',
} as const satisfies Record<FieldFaultReason, string>;

/** 422 with every fault at once (E6). `kind` is the Kind, not the plural. */
export function invalid(kind: { group: string; kind: string }, name: string, faults: readonly FieldFault[]): ApiError {
  const causes: StatusCause[] = faults.map(({ reason, field, message }) => ({
    reason,
    message: `${FAULT_PREFIX[reason]}: ${message}`,
    field,
  }));
  const list = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const text = list.length === 1 ? list[0] : `[${list.join(', ')}]`;
  const object = kind.group ? `${kind.kind}.${kind.group}` : kind.kind;
  const message = `${object} ${quoted(name)} is invalid: ${text}`;
  return new ApiError('Invalid', message, { ...(name && { name }), group: kind.group, kind: kind.kind, causes });
}

/** Too much at once; client-go tries again after so many seconds (E5). */
export function tooManyRequests(message: string, retryAfterSeconds = 1): ApiError {
  return new ApiError('TooManyRequests', message, { retryAfterSeconds });
}

/** A fault of ours. The caller sees no more than `message`; `cause` goes to the log. */
export function internalError(message: string, cause?: unknown): ApiError {
  const details = { causes: [{ message }] };
  return new ApiError('InternalError', `Internal error occurred: ${message}`, details, { cause });
}

/** We cannot tell now (database away, cache cold); client-go tries again after so many seconds (E4, E5). */
export function serviceUnavailable(message: string, retryAfterSeconds = 1, cause?: unknown): ApiError {
  return new ApiError('ServiceUnavailable', message, { retryAfterSeconds }, { cause });
}

export function timeout(message: string, retryAfterSeconds = 1): ApiError {
  return new ApiError('Timeout', `Timeout: ${message}`, { retryAfterSeconds });
}

/** This replica has not reached that resourceVersion yet (L12). */
export function tooLargeResourceVersion(asked: number, current: number): ApiError {
  return new ApiError('Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

function qualified({ group, resource }: GroupResource): string {
  return group ? `${resource}.${group}` : resource;
}

function details({ group, resource }: GroupResource, name?: string): StatusDetails {
  return { ...(name && { name }), ...(group && { group }), kind: resource };
}
