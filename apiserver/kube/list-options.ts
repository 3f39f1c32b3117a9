import { type ContinueToken, decodeContinueToken } from './continue-token.ts';
import { quoted } from './quote.ts';
import type { RequestInfo } from './request-info.ts';
import { booleanParameter } from './request-info.ts';
import { knownFields, type ResourceDefinition } from './resource.ts';
import { parseFieldSelector, requireKnownFields } from './selectors/field-selector.ts';
import { parseLabelSelector } from './selectors/label-selector.ts';
import type { ObjectSelector } from './selectors/object-selector.ts';
import { badRequest, type FieldFault, invalid } from './status.ts';

/** The query of a list or a watch, checked as `k8s.io/apimachinery/pkg/apis/meta/internalversion/validation` does. */
export interface ListOptions {
  readonly selector: ObjectSelector;
  /** '' is consistent: the most recent. */
  readonly resourceVersion: number | '';
  readonly match: 'Exact' | 'NotOlderThan' | '';
  /** 0 is everything. */
  readonly limit: number;
  /** Undefined for the first page. */
  readonly page: ContinueToken | undefined;
  readonly timeoutSeconds: number;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
}

/**
 * Throws 400 for what does not parse and 422 for combinations that are not allowed (L10, L11, L13, W3, F1–F3), the first
 * fault that upstream would find.
 */
export function parseListOptions(definition: ResourceDefinition, info: RequestInfo): ListOptions {
  const { query, namespace } = info;
  const timeoutSeconds = integerParameter(query, 'timeoutSeconds');
  const limit = integerParameter(query, 'limit');
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
  const isWatch = info.verb === 'watch';
  const initial = initialEvents(query, isWatch);
  const faults = isWatch ? watchFaults(initial, query) : listFaults(query);
  if (faults.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', faults);
  requireKnownFields(fields, knownFields(definition));
  const page = isWatch ? undefined : pageParameter(query, namespace);
  return {
    selector: { namespace, labels, fields },
    resourceVersion: page ? '' : resourceVersionParameter(query),
    match: initial.match as ListOptions['match'],
    limit: Math.max(0, limit),
    page,
    timeoutSeconds: Math.max(0, timeoutSeconds),
    allowWatchBookmarks: booleanParameter(query, 'allowWatchBookmarks') ?? false,
    sendInitialEvents: initial.send,
  };
}

/** A watch that says nothing of initial events and no number to start from is given them (W2). */
function initialEvents(query: URLSearchParams, isWatch: boolean): { send: boolean | undefined; match: string } {
  const send = booleanParameter(query, 'sendInitialEvents');
  const match = query.get('resourceVersionMatch') ?? '';
  const fromNow = ['', '0'].includes(query.get('resourceVersion') ?? '');
  if (isWatch && send === undefined && match === '' && fromNow) return { send: true, match: 'NotOlderThan' };
  return { send, match };
}

/** The page that a continue token names; with one, a resourceVersion other than 0 is refused, whatever it is (L10). */
function pageParameter(query: URLSearchParams, namespace: string): ContinueToken | undefined {
  const text = query.get('continue') ?? '';
  if (text === '') return undefined;
  const token = decodeContinueToken(text, namespace);
  if (['', '0'].includes(query.get('resourceVersion') ?? '')) return token;
  throw badRequest('specifying resource version is not allowed when using continue');
}

function listFaults(query: URLSearchParams): FieldFault[] {
  const match = query.get('resourceVersionMatch') ?? '';
  const resourceVersion = query.get('resourceVersion') ?? '';
  const faults: FieldFault[] = [];
  if (match !== '') {
    if (resourceVersion === '') faults.push(matchForbidden('is forbidden unless resourceVersion is provided'));
    if (query.get('continue')) faults.push(matchForbidden('is forbidden when continue is provided'));
    if (match !== 'Exact' && match !== 'NotOlderThan')
      faults.push(matchNotSupported(match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && resourceVersion === '0') {
      faults.push(matchForbidden('"exact" is forbidden for resourceVersion "0"'));
    }
  }
  if (query.has('sendInitialEvents')) {
    const message = 'sendInitialEvents is forbidden for list';
    faults.push({ reason: 'FieldValueForbidden', field: 'sendInitialEvents', message });
  }
  return faults;
}

function watchFaults({ send, match }: ReturnType<typeof initialEvents>, query: URLSearchParams): FieldFault[] {
  const initial = send !== undefined;
  const faults: FieldFault[] = [];
  if (initial && match !== 'NotOlderThan') {
    const message = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
    faults.push({ reason: 'FieldValueForbidden', field: 'resourceVersionMatch', message });
  }
  if (match !== '') {
    if (!initial) faults.push(matchForbidden('is forbidden for watch unless sendInitialEvents is provided'));
    if (match !== 'NotOlderThan') faults.push(matchNotSupported(match, ['NotOlderThan']));
    if (query.get('continue')) faults.push(matchForbidden('is forbidden when continue is provided'));
  }
  return faults;
}

function matchForbidden(why: string): FieldFault {
  return {
    reason: 'FieldValueForbidden',
    field: 'resourceVersionMatch',
    message: `resourceVersionMatch ${why}`,
  };
}

function matchNotSupported(match: string, allowed: readonly string[]): FieldFault {
  const message = `${quoted(match)}: supported values: ${allowed.map(quoted).join(', ')}`;
  return { reason: 'FieldValueNotSupported', field: 'resourceVersionMatch', message };
}

/**
 * '' when absent or empty. Throws 400 on anything odd: read as 0 it would silently mean "any version" (L13). Numbers are
 * unsigned with 64 bits; we issue none beyond 2^53, so those beyond mean a future that never comes.
 */
export function resourceVersionParameter(query: URLSearchParams): number | '' {
  const text = query.get('resourceVersion') ?? '';
  if (text === '') return '';
  const why = !/^\d+$/.test(text) ? 'invalid syntax' : BigInt(text) > MAX_UINT64 ? 'value out of range' : undefined;
  if (why === undefined) return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
  const shown = quoted(text);
  throw badRequest(
    `invalid resource version: resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: ${why}`,
  );
}

/** Signed with 64 bits; more than 2^53 is as good as everything. */
function integerParameter(query: URLSearchParams, name: string): number {
  const text = query.get(name);
  if (text === null) return 0;
  const isInteger = /^[+-]?\d+$/.test(text);
  if (isInteger && BigInt.asIntN(64, BigInt(text.replace('+', ''))) === BigInt(text.replace('+', ''))) {
    return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
  }
  const why = isInteger ? 'value out of range' : 'invalid syntax';
  throw badRequest(`strconv.ParseInt: parsing ${quoted(text)}: ${why}`);
}

const MAX_UINT64 = 2n ** 64n - 1n;
