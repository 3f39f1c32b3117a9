import { quoted } from './quote.ts';
import type { IncludeObject, Representation } from './representation.ts';
import { ApiError, badRequest, notAcceptable } from './status.ts';

/** Content negotiation as `k8s.io/apiserver/pkg/endpoints/handlers/negotiation` does it (L2, L3, T1, T6, T8). */

/** What is asked for: one object, a list, or a watch; each allows other transformations. */
export type Endpoint = 'get' | 'list' | 'watch';

interface Clause {
  readonly type: string;
  readonly subtype: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The clauses of an Accept header, best first: by q, then specific before wildcard, then in order; others are ignored. */
export function parseAccept(header: string): Clause[] {
  return header
    .split(',')
    .map(parseClause)
    .filter((clause) => clause !== undefined)
    .sort((a, b) => b.q - a.q || wildcards(a) - wildcards(b));
}

/** Media types that are served, as 406 names them. The first is what a wildcard means. */
const SERVED = ['application/json', 'application/yaml'];

/** How the answer is written. */
export interface Negotiated {
  readonly mediaType: 'application/json' | 'application/yaml';
  readonly representation: Representation;
  /** Why the object cannot be shown so, once it is known to exist. */
  readonly refusal: ApiError | undefined;
}

/** The first acceptable representation; an absent Accept is JSON. Throws 406. */
export function negotiate(accept: string | undefined, endpoint: Endpoint, query: URLSearchParams): Negotiated {
  if (!accept) return { mediaType: 'application/json', representation: { as: 'object' }, refusal: undefined };
  for (const clause of parseAccept(accept)) {
    const negotiated = acceptable(clause, endpoint, query);
    if (!negotiated) continue;
    if (endpoint === 'watch' && negotiated.mediaType !== 'application/json') {
      throw notAcceptable(['application/json;stream=watch']);
    }
    return negotiated;
  }
  throw notAcceptable(SERVED);
}

/** The representation, for an object that is there. Throws 400 for a wrong includeObject (T3) and 406 for a wrong kind. */
export function representationOf({ representation, refusal }: Negotiated): Representation {
  if (refusal) throw refusal;
  return representation;
}

/** Whether a failure is answered as YAML too: it is what would be answered otherwise. */
export function prefersYaml(accept: string | undefined): boolean {
  if (!accept) return false;
  const best = parseAccept(accept).find((clause) => mediaTypeOf(clause) !== undefined && !hasTarget(clause));
  return best !== undefined && mediaTypeOf(best) === 'application/yaml';
}

/** Whether the best acceptable clause asks for indented JSON (L15). */
export function prefersPretty(accept: string | undefined): boolean {
  if (!accept) return false;
  const best = parseAccept(accept).find((clause) => mediaTypeOf(clause) !== undefined);
  return best?.parameters.get('pretty') === '1';
}

/** Whether some clause accepts plain JSON: all that discovery and create answer with. */
export function acceptsJson(accept: string | undefined): boolean {
  if (!accept) return true;
  return parseAccept(accept).some((clause) => mediaTypeOf(clause) === 'application/json' && !hasTarget(clause));
}

/** Aggregated discovery, when a clause before plain JSON asks for it in a version that we serve (D4). */
export function wantsAggregatedDiscovery(accept: string | undefined): boolean {
  for (const clause of parseAccept(accept ?? '')) {
    if (mediaTypeOf(clause) !== 'application/json') continue;
    const { parameters } = clause;
    if (!parameters.has('as')) return false;
    const asks = [parameters.get('g'), parameters.get('v'), parameters.get('as')].join('/');
    if (asks === 'apidiscovery.k8s.io/v2/APIGroupDiscoveryList') return true;
  }
  return false;
}

function acceptable(clause: Clause, endpoint: Endpoint, query: URLSearchParams): Negotiated | undefined {
  const mediaType = mediaTypeOf(clause);
  const { parameters } = clause;
  if (mediaType === undefined || !acceptableParameters(mediaType, parameters)) return undefined;
  if (!hasTarget(clause)) return { mediaType, representation: { as: 'object' }, refusal: undefined };
  const version = parameters.get('v');
  if (parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined;
  const as = parameters.get('as');
  if (as === 'Table') {
    const { value, refusal } = includeObject(query);
    return { mediaType, representation: { as: 'table', version, includeObject: value }, refusal };
  }
  if (as !== 'PartialObjectMetadata' && as !== 'PartialObjectMetadataList') return undefined;
  const fits = (as === 'PartialObjectMetadataList') === (endpoint === 'list');
  const what = endpoint === 'list' ? 'is a list' : 'is not a list';
  const refusal = fits
    ? undefined
    : new ApiError('NotAcceptable', `you requested ${as}, but the requested object ${what}`);
  return { mediaType, representation: { as: 'metadata', version }, refusal };
}

/** `stream` and `sv` choose what we have one of. */
function acceptableParameters(mediaType: string, parameters: ReadonlyMap<string, string>): boolean {
  const { stream = '', sv = '' } = Object.fromEntries(parameters);
  if (stream !== '' && (stream !== 'watch' || mediaType !== 'application/json')) return false;
  return sv === '' || sv === 'v1';
}

function hasTarget({ parameters }: Clause): boolean {
  return parameters.has('as') || parameters.has('g') || parameters.has('v');
}

function includeObject(query: URLSearchParams): { value: IncludeObject; refusal: ApiError | undefined } {
  const value = query.get('includeObject') ?? '';
  if (value === '') return { value: 'Metadata', refusal: undefined };
  if (value === 'None' || value === 'Metadata' || value === 'Object') return { value, refusal: undefined };
  const fault = `includeObject: Invalid value: ${quoted(value)}: must be 'Metadata', 'Object', 'None', or empty`;
  const refusal = badRequest(`Unable to convert to Table as requested: ${fault}`);
  return { value: 'Metadata', refusal };
}

function mediaTypeOf({ type, subtype }: Clause): Negotiated['mediaType'] | undefined {
  if (type === '*' ? subtype === '*' : type === 'application' && (subtype === '*' || subtype === 'json')) {
    return 'application/json';
  }
  return type === 'application' && subtype === 'yaml' ? 'application/yaml' : undefined;
}

function wildcards({ type, subtype }: Clause): number {
  return type === '*' ? 2 : subtype === '*' ? 1 : 0;
}

/** `application/json;as=Table;q=0.5`; `*` alone is every type. Undefined for what is no media type. */
function parseClause(text: string): (Clause & { readonly q: number }) | undefined {
  const [media = '', ...rest] = text.split(';');
  const [type = '', subtype = '', ...more] = media.split('/').map((part) => part.trim());
  const any = type === '*' && subtype === '';
  if (more.length > 0 || (subtype === '' && !any)) return undefined;
  const pairs = rest.map((part) => part.split('=').map((side) => side.trim())).filter(([, value]) => value);
  const parameters = new Map(pairs.filter((pair) => pair.length === 2) as [string, string][]);
  const q = Number(parameters.get('q') ?? '1');
  parameters.delete('q');
  return { type, subtype: any ? '*' : subtype, parameters, q: Number.isNaN(q) ? 1 : q };
}
