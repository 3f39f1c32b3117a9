import type { IncomingMessage } from 'node:http';

/**
 * Who asks, what they ask for, and the two ports that answer: `Authenticator` turns a request into a user,
 * `Authorizer` says whether that user may. The filter chain of `apiserver/kube` calls both for every request, REST,
 * watch and WebSocket upgrade alike; nothing answers data without them. Both fail closed.
 */

/** `authentication.k8s.io/v1` UserInfo. `groups` ends with `system:authenticated` or `system:unauthenticated` (A6). */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** A request about a resource: the fields of a SubjectAccessReview's resourceAttributes. */
export interface ResourceAttributes {
  readonly kind: 'resource';
  /** get, list, watch, create, update, patch, delete, deletecollection, or a virtual verb such as `report` (A9). */
  readonly verb: string;
  /** Absent: all namespaces, or a resource without namespaces. */
  readonly namespace?: string;
  readonly group: string;
  readonly version: string;
  /** The plural. */
  readonly resource: string;
  readonly subresource?: string;
  /** Of one object; also set when a collection is asked for with the field selector `metadata.name=x` (A9). */
  readonly name?: string;
  /** As in the query string, when it parsed (A10). */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

/** A request about a path that is no resource: health, metrics, discovery, OpenAPI, `/api/v1`. */
export interface NonResourceAttributes {
  readonly kind: 'nonResource';
  /** The HTTP method in lower case. */
  readonly verb: string;
  /** Without the query string. */
  readonly path: string;
}

export type Attributes = ResourceAttributes | NonResourceAttributes;

/** What became of a request's credentials; the filter chain answers 401, 403 and 503 for the last three. */
export type Authentication =
  /** Also without any credential: then the user is `system:anonymous`, and the authorizer decides (A6). */
  | { readonly outcome: 'user'; readonly user: UserInfo }
  /** A credential was presented and is not valid: 401 Unauthorized. */
  | { readonly outcome: 'invalid'; readonly message: string }
  /** The request asks to act as somebody else, which only the aggregator may arrange (A13): 403 Forbidden. */
  | { readonly outcome: 'refused'; readonly user: UserInfo; readonly message: string }
  /** The credential cannot be checked now: 503 with Retry-After. */
  | { readonly outcome: 'unavailable'; readonly message: string; readonly retryAfterSeconds: number };

export interface Authenticator {
  /**
   * Never throws and never rejects. Afterwards the request carries no credential any more: Authorization, X-Remote-*
   * and Impersonate-* are gone from `headers`, `headersDistinct` and `rawHeaders` (A5), as are tokens among the subprotocols
   * of a WebSocket (W12).
   */
  authenticate(request: IncomingMessage): Authentication | Promise<Authentication>;
}

export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly reason?: string };

export interface Authorizer {
  /**
   * Whether `user` may do this. "No opinion" is a refusal. A synchronous answer (from a cache, from local rules) is
   * not wrapped in a promise, because this is on the path of every report. Rejects with AccessUnavailable when
   * nobody can say now.
   */
  authorize(user: UserInfo, attributes: Attributes): Decision | Promise<Decision>;
}

/** Told of every question to the cluster, cached answers excepted: how it ended, and how long that took with all its tries (X11). */
export type ReviewObserver = (asked: {
  readonly review: 'SubjectAccessReview' | 'TokenReview';
  /** `denied`: forbidden, or a token that is not valid. `error`: the cluster did not say. */
  readonly result: 'allowed' | 'denied' | 'error';
  readonly seconds: number;
}) => void;

/**
 * Access cannot be decided now (the cluster's API does not answer): 500 with Retry-After on the Kubernetes API (A11),
 * 503 with Retry-After on REST, never an allowed request.
 */
export class AccessUnavailable extends Error {
  override readonly name = 'AccessUnavailable';
  readonly retryAfterSeconds: number;

  constructor(message: string, options: { cause?: unknown; retryAfterSeconds?: number } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterSeconds = options.retryAfterSeconds ?? 1;
  }
}

export const AUTHENTICATED = 'system:authenticated';
export const MASTERS = 'system:masters';
/** Who asks without a credential. */
export const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
