import { parseFieldSelector, requiredValue } from './selectors/field-selector.ts';
import { ApiError, badRequest } from './status.ts';

/**
 * What a request is about, read from its method and URL alone: authorization and the handlers use the same reading, so
 * that nobody is allowed one thing and served another (`k8s.io/apiserver/pkg/endpoints/request/requestinfo.go`).
 */
export interface RequestInfo {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; else the method in lower case. */
  readonly verb: string;
  /** Decoded, without the query string. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** True below `/apis/<group>/<version>/` and `/api/<version>/`; the fields below then have their values. */
  readonly isResourceRequest: boolean;
  readonly group: string;
  readonly version: string;
  /** The plural. */
  readonly resource: string;
  readonly subresource: string;
  /** '' for all namespaces and for resources without namespaces. */
  readonly namespace: string;
  /** Of one object; of a collection with the field selector `metadata.name=x`, that x (A9). */
  readonly name: string;
  /** Whether the URL names one object: a collection that is narrowed to a name has `name` too. */
  readonly isItem: boolean;
  /** More segments than namespace, resource, name and subresource: served by nothing. */
  readonly rest: readonly string[];
}

const METHOD_VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

const NO_RESOURCE = { group: '', version: '', resource: '', subresource: '', namespace: '', name: '' } as const;

/** Reads method and URL (path and query as they came, percent-encoded). Throws 400 when the path is not decodable. */
export function parseRequestInfo(method: string, url: string): RequestInfo {
  const mark = url.indexOf('?');
  const path = decode(mark < 0 ? url : url.slice(0, mark));
  const query = parseQuery(mark < 0 ? '' : url.slice(mark + 1));
  const parts = path.replace(/^\/+|\/+$/g, '').split('/');
  const prefixLength = parts[0] === 'apis' ? 3 : parts[0] === 'api' ? 2 : Number.POSITIVE_INFINITY;
  if (parts.length <= prefixLength) {
    const verb = method.toLowerCase();
    return { verb, path, query, isResourceRequest: false, ...NO_RESOURCE, isItem: false, rest: [] };
  }
  const group = parts[0] === 'apis' ? (parts[1] as string) : '';
  const version = parts[prefixLength - 1] as string;
  const target = readTarget(parts.slice(prefixLength));
  const verb = METHOD_VERBS[method] ?? method.toLowerCase();
  const item = { path, query, isResourceRequest: true, group, version, ...target };
  if (target.name !== '') return { ...item, verb, isItem: true };
  return { ...item, ...collectionVerb(verb, query), isItem: false };
}

/**
 * Boolean query parameters: absent, `false` (any case) and `0` are false, anything else is true, `?watch` without a
 * value too (L14).
 */
export function booleanParameter(query: URLSearchParams, name: string): boolean | undefined {
  const value = query.get(name);
  return value === null ? undefined : value.toLowerCase() !== 'false' && value !== '0';
}

/** Bytes that are no UTF-8 become U+FFFD, as in what upstream authorizes and answers; no name contains it. */
function decode(path: string): string {
  if (!path.includes('%')) return path;
  if (BAD_ESCAPE.test(path)) throw badRequest('the path of the request is not percent-encoded: % needs two hex digits');
  return Buffer.from(path.replace(/%([0-9a-f]{2})/gi, byteOf), 'latin1').toString('utf8');
}

/** As Go reads it: a pair with a semicolon or with a `%` that encodes nothing is no pair. */
function parseQuery(text: string): URLSearchParams {
  if (!/[%;]/.test(text)) return new URLSearchParams(text);
  const pairs = text.split('&').filter((pair) => !pair.includes(';') && !BAD_ESCAPE.test(pair));
  return new URLSearchParams(pairs.join('&'));
}

const BAD_ESCAPE = /%(?![0-9a-fA-F]{2})/;

function byteOf(_escape: string, hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}

/** `namespaces/<ns>/<resource>/<name>/<subresource>`; a bare `namespaces/<ns>` is the resource `namespaces`. */
function readTarget(segments: readonly string[]) {
  const inNamespace = segments[0] === 'namespaces' && segments.length > 2;
  const [resource = '', name = '', subresource = '', ...rest] = inNamespace ? segments.slice(2) : segments;
  return { namespace: inNamespace ? (segments[1] as string) : '', resource, name, subresource, rest };
}

function collectionVerb(verb: string, query: URLSearchParams): { verb: string; name: string } {
  if (verb === 'delete') return { verb: 'deletecollection', name: '' };
  if (verb !== 'get') return { verb, name: '' };
  return { verb: booleanParameter(query, 'watch') ? 'watch' : 'list', name: selectedName(query) };
}

/** RBAC's resourceNames must work for `kubectl get issue x -w`. A selector that does not parse names nothing: its 400 comes after authorization. */
function selectedName(query: URLSearchParams): string {
  try {
    const name = requiredValue(parseFieldSelector(query.get('fieldSelector') ?? ''), 'metadata.name') ?? '';
    return /^\.{1,2}$|[/%]/.test(name) ? '' : name;
  } catch (error) {
    if (error instanceof ApiError) return '';
    throw error;
  }
}
