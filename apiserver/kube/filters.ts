import type { IncomingMessage } from 'node:http';
import {
  AccessUnavailable,
  type Attributes,
  AUTHENTICATED,
  type Authentication,
  type Authenticator,
  type Authorizer,
  type UserInfo,
} from './access/types.ts';
import { parseRequestInfo, type RequestInfo } from './request-info.ts';
import { ApiError, forbidden, serviceUnavailable, unauthorized } from './status.ts';

/**
 * What stands before every handler, REST, watch and WebSocket alike: what is asked, who asks, may they
 * (`k8s.io/apiserver` order: request info, authentication, authorization). Fails closed.
 */
export interface Access {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
}

export interface Admitted {
  readonly info: RequestInfo;
  readonly user: UserInfo;
}

/**
 * Throws 400, 401, 403, 500 or 503; whoever gets an answer may have what `info` says, and nothing else. `known`: who asks,
 * when that is settled already; a request can be authenticated only once, because its credentials are gone then (A5).
 */
export async function admit(request: IncomingMessage, access: Access, known?: UserInfo): Promise<Admitted> {
  const info = parseRequestInfo(request.method ?? 'GET', request.url ?? '/');
  const user = known ?? userOf(await access.authenticator.authenticate(request));
  if (!isOpenToAuthenticated(info, user)) await authorize(access.authorizer, user, attributesOf(info));
  return { info, user };
}

/** The attributes that the authorizer is asked about (A8, A9, A10). */
export function attributesOf(info: RequestInfo): Attributes {
  if (!info.isResourceRequest) return { kind: 'nonResource', verb: info.verb, path: info.path };
  const { verb, group, version, resource, subresource, namespace, name, query } = info;
  const selecting = ['list', 'watch', 'deletecollection'].includes(verb);
  const fieldSelector = selecting ? query.get('fieldSelector') : null;
  const labelSelector = selecting ? query.get('labelSelector') : null;
  return {
    kind: 'resource',
    verb,
    group,
    version,
    resource,
    ...(subresource && { subresource }),
    ...(namespace && { namespace }),
    ...(name && { name }),
    ...(fieldSelector && { fieldSelector }),
    ...(labelSelector && { labelSelector }),
  };
}

/** The user, or the ApiError (401, 403 or 503) that the outcome means. */
export function userOf(authentication: Authentication): UserInfo {
  switch (authentication.outcome) {
    case 'user':
      return authentication.user;
    case 'invalid':
      throw unauthorized(); // why is for the log: an answer that explains helps who guesses
    case 'refused':
      throw new ApiError('Forbidden', `forbidden: ${authentication.message}`, {});
    case 'unavailable':
      throw serviceUnavailable(authentication.message, authentication.retryAfterSeconds);
    default:
      throw new Error(`no such outcome: ${authentication satisfies never}`);
  }
}

async function authorize(authorizer: Authorizer, user: UserInfo, attributes: Attributes): Promise<void> {
  const decision = await Promise.resolve(authorizer.authorize(user, attributes)).catch((error: unknown) => {
    throw error instanceof AccessUnavailable ? accessUnknown(error) : error;
  });
  if (!decision.allowed) throw forbidden({ user: user.name, ...attributes }, decision.reason);
}

/**
 * Nobody can say whether the caller may: 500 as upstream (A11), which clients try again because of Retry-After (E5). Why
 * is for the log: it may name hosts.
 */
export function accessUnknown(error: AccessUnavailable): ApiError {
  const { retryAfterSeconds } = error;
  const message = 'access cannot be checked now';
  const details = { causes: [{ message }], retryAfterSeconds };
  return new ApiError('InternalError', `Internal error occurred: ${message}`, details, { cause: error });
}

/**
 * The aggregator asks for discovery and OpenAPI without groups of its own, so these never need a right beyond being
 * known (D8). They come from code and say nothing about anybody's data.
 */
function isOpenToAuthenticated(info: RequestInfo, user: UserInfo): boolean {
  const discovery = /^\/(|version\/?|api\/?|apis(\/.*)?|openapi\/v[23](\/.*)?)$/;
  return (
    !info.isResourceRequest &&
    (info.verb === 'get' || info.verb === 'head') &&
    discovery.test(info.path) &&
    user.groups.includes(AUTHENTICATED)
  );
}
