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
  /** '' for the first page. */
  readonly continueToken: string;
  readonly timeoutSeconds: number;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
}

/** Throws 400 for what does not parse and 422 for combinations that are not allowed (L10, L11, L13, W3, F1–F3). */
export function parseListOptions(definition: ResourceDefinition, info: RequestInfo): ListOptions {
  const { query } = info;
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
  requireKnownFields(fields, knownFields(definition));
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const faults = info.verb === 'watch' ? watchFaults(query) : listFaults(query);
  if (faults.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', faults);
  const resourceVersion = resourceVersionParameter(query);
  const continueToken = query.get('continue') ?? '';
  if (info.verb !== 'watch' && continueToken !== '' && resourceVersion !== '' && resourceVersion !== 0) {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  return {
    selector: { namespace: info.namespace, labels, fields },
    resourceVersion,
    match: (query.get('resourceVersionMatch') ?? '') as ListOptions['match'],
    limit: Math.max(0, integerParameter(query, 'limit')),
    continueToken,
    timeoutSeconds: Math.max(0, integerParameter(query, 'timeoutSeconds')),
    allowWatchBookmarks: booleanParameter(query, 'allowWatchBookmarks') ?? false,
    sendInitialEvents: booleanParameter(query, 'sendInitialEvents'),
  };
}

function listFaults(query: URLSearchParams): FieldFault[] {
  const match = query.get('resourceVersionMatch') ?? '';
  const resourceVersion = query.get('resourceVersion') ?? '';
  const faults: FieldFault[] = [];
  if (match !== '') {
    if (resourceVersion === '') faults.push(matchForbidden('is forbidden unless resourceVersion is provided'));
    if (query.get('continue')) faults.push(matchForbidden('is forbidden when continue is provided'));
    if (match !== 'Exact' && match !== 'NotOlderThan') faults.push(matchNotSupported(match, ['Exact', 'NotOlderThan']));
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

function watchFaults(query: URLSearchParams): FieldFault[] {
  const match = query.get('resourceVersionMatch') ?? '';
  const initial = query.has('sendInitialEvents');
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
  const message = `${JSON.stringify(match)}: supported values: ${allowed.map((value) => JSON.stringify(value)).join(', ')}`;
  return { reason: 'FieldValueNotSupported', field: 'resourceVersionMatch', message };
}

/** '' when absent or empty. Throws 400 on anything odd: read as 0 it would silently mean "any version" (L13). */
export function resourceVersionParameter(query: URLSearchParams): number | '' {
  const text = query.get('resourceVersion') ?? '';
  if (text === '') return '';
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) {
    throw badRequest(`Invalid value: ${JSON.stringify(text)}: resourceVersion must be an unsigned integer`);
  }
  return number;
}

function integerParameter(query: URLSearchParams, name: string): number {
  const text = query.get(name);
  if (text === null) return 0;
  const number = Number(text);
  if (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw badRequest(`invalid ${name}: ${JSON.stringify(text)} is not an integer`);
}
