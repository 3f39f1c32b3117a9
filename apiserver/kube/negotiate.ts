import type { IncludeObject, Representation } from './representation.ts';
import { badRequest, notAcceptable } from './status.ts';

/** Content negotiation as `k8s.io/apiserver/pkg/endpoints/handlers/negotiation` does it (L2, T1, T6, T8). */

/** What is asked for: one object, a list, or a watch; each allows other transformations. */
export type Endpoint = 'get' | 'list' | 'watch';

interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The clauses of an Accept header, best first: by q, then specific before wildcard, then in order. q=0 is dropped. */
export function parseAccept(header: string): Clause[] {
  return header
    .split(',')
    .map((text) => {
      const [type = '', ...rest] = text.split(';').map((part) => part.trim());
      const parameters = new Map(rest.map((part) => pair(part)));
      const q = Number(parameters.get('q') ?? '1');
      return { type: type.toLowerCase(), parameters, q: Number.isNaN(q) ? 1 : q };
    })
    .filter(({ type, q }) => type !== '' && q > 0)
    .sort((a, b) => b.q - a.q || wildcards(a.type) - wildcards(b.type));
}

/** Media types that are served, as 406 names them. */
const SERVED = ['application/json'];

/** The first acceptable representation; an absent Accept is JSON. Throws 406, and 400 for a wrong includeObject (T3). */
export function negotiate(accept: string | undefined, endpoint: Endpoint, query: URLSearchParams): Representation {
  const clauses = parseAccept(accept ?? '');
  if (clauses.length === 0) return { as: 'object' };
  for (const clause of clauses) {
    const representation = acceptable(clause, endpoint, query);
    if (representation) return representation;
  }
  throw notAcceptable(endpoint === 'watch' ? [...SERVED, 'application/json;stream=watch'] : SERVED);
}

/** Whether some clause accepts plain JSON: all that discovery, errors and create answer with. */
export function acceptsJson(accept: string | undefined): boolean {
  const clauses = parseAccept(accept ?? '');
  return clauses.length === 0 || clauses.some((clause) => isJson(clause.type) && !clause.parameters.has('as'));
}

/** Aggregated discovery, when a clause before plain JSON asks for it in a version that we serve (D4). */
export function wantsAggregatedDiscovery(accept: string | undefined): boolean {
  for (const { type, parameters } of parseAccept(accept ?? '')) {
    if (!isJson(type)) continue;
    if (!parameters.has('as')) return false;
    const asks = [parameters.get('g'), parameters.get('v'), parameters.get('as')].join('/');
    if (asks === 'apidiscovery.k8s.io/v2/APIGroupDiscoveryList') return true;
  }
  return false;
}

function acceptable(clause: Clause, endpoint: Endpoint, query: URLSearchParams): Representation | undefined {
  const { type, parameters } = clause;
  if (!isJson(type)) return undefined;
  const stream = parameters.get('stream');
  if (stream !== undefined && (endpoint !== 'watch' || stream !== 'watch')) return undefined;
  const as = parameters.get('as');
  if (as === undefined) return { as: 'object' };
  const version = parameters.get('v');
  if (parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined;
  if (as === 'Table') return { as: 'table', version, includeObject: includeObject(query) };
  if (as === (endpoint === 'list' ? 'PartialObjectMetadataList' : 'PartialObjectMetadata')) {
    return { as: 'metadata', version };
  }
  return undefined;
}

function includeObject(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject') ?? '';
  if (value === '') return 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  throw badRequest(`unrecognized includeObject value: ${JSON.stringify(value)}: use None, Metadata or Object`);
}

function isJson(type: string): boolean {
  return type === 'application/json' || type === 'application/*' || type === '*/*';
}

function wildcards(type: string): number {
  return type === '*/*' ? 2 : type.endsWith('/*') ? 1 : 0;
}

function pair(part: string): [string, string] {
  const [key = '', value = ''] = part.split('=', 2);
  return [key.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')];
}
