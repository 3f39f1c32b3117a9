import { groupOf } from '../../crds/meta.ts';
import { causeOf } from './backend.ts';
import { CredentialsError } from './credentials.ts';
import { AnswerError, type ServedKind } from './discovery.ts';
import type { SourceFault, WatchRequest } from './source.ts';

/** What a reflector says when it waits: the host, the cause and what to do about it. */

export type Fault = Omit<SourceFault, 'retryInMs'>;

export function notInstalled(server: string, request: WatchRequest): Fault {
  const versions = request.apiVersions.join(' or ');
  return {
    reason: 'NotInstalled',
    message: `${server} does not serve ${request.kind} (${versions}) yet: waiting for it to be installed`,
  };
}

export function heldBack(server: string, { plural }: ServedKind, minutes: number): Fault {
  return {
    reason: 'ServerError',
    message: `${server} told nothing of ${plural} for ${Math.round(minutes)} minutes, not even a bookmark: does a proxy buffer its answers? Listing again`,
  };
}

export function outOfOrder(
  server: string,
  { plural }: ServedKind,
  { version, after }: { version: string; after: string },
): Fault {
  return {
    reason: 'ServerError',
    message: `${server} told of ${plural} out of order (resourceVersion ${version} after ${after}): listing again`,
  };
}

export function faultOf(
  error: unknown,
  context: { server: string; request: WatchRequest; served?: ServedKind | undefined; verbs: string },
): Fault {
  const { server } = context;
  if (error instanceof CredentialsError)
    return { reason: 'Unauthorized', message: `no credentials for ${server}: ${error.message}` };
  if (!(error instanceof AnswerError))
    return { reason: 'Unreachable', message: `${server} cannot be reached: ${causeOf(error)}` };
  switch (error.status) {
    case 401:
      return {
        reason: 'Unauthorized',
        message: `${server} refuses the credentials (401 ${error.message}): log in again or renew the token`,
      };
    case 403:
      return { reason: 'Forbidden', message: `${missingRule(context)} (${server}: ${error.message})` };
    case 429:
      return { reason: 'Throttled', message: `${server} is too busy (429 ${error.message})` };
    default:
      return { reason: 'ServerError', message: `${server}: ${error.message}` };
  }
}

/** The rule that would allow it, ready to be pasted. */
function missingRule({
  request,
  served,
  verbs,
}: {
  request: WatchRequest;
  served?: ServedKind | undefined;
  verbs: string;
}): string {
  if (verbs === 'discover') {
    const path = request.apiVersions.map((version) => (groupOf(version) === '' ? '/api' : `/apis/${groupOf(version)}`));
    return `not allowed to ask which versions of ${request.kind} there are: the ClusterRole system:discovery, which everybody who is authenticated has by default, must allow to get ${[...new Set(path)].join(' and ')}/*`;
  }
  const group = groupOf(served?.apiVersion ?? request.apiVersions[0] ?? '');
  const resource = served?.plural ?? request.kind;
  const inside = served?.namespaced !== false && request.namespace !== undefined;
  const role = inside ? `a Role in namespace ${request.namespace}` : 'a ClusterRole';
  return `not allowed to ${verbs} ${resource}: ${role} needs {apiGroups: ["${group}"], resources: ["${resource}"], verbs: ["list", "watch"]}; faultline rbac prints all that the configuration needs`;
}
