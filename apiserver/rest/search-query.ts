import Joi from 'joi';
import { parseDuration } from '../../crds/duration.ts';
import { SEVERITIES, STATES } from '../../crds/issue.ts';
import { DNS_LABEL } from '../../crds/names.ts';
import type { InputFault } from '../../crds/report.ts';
import { parseTime } from '../../crds/time.ts';
import { ApiError } from '../kube/index.ts';
import { parseLabelSelector } from '../kube/selectors/label-selector.ts';
import { type SearchFilter, type SearchLabel, type SearchSort, SORT_COLUMNS } from '../store/search.ts';
import { RestError } from './errors.ts';

/** The query of `GET /api/v1/search`, as it was checked. */
export interface SearchParameters {
  readonly q?: string;
  readonly namespace?: readonly string[];
  readonly severity?: SearchFilter['severities'];
  readonly state?: SearchFilter['states'];
  readonly type?: readonly string[];
  readonly source?: readonly string[];
  readonly reason?: readonly string[];
  readonly kind?: readonly string[];
  readonly subject?: readonly string[];
  readonly group?: readonly string[];
  readonly assignee?: readonly string[];
  readonly stage?: readonly string[];
  readonly label?: string;
  readonly openedSince?: string;
  readonly openedBefore?: string;
  readonly evidence?: boolean;
  readonly sort?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** The database has no NUL, so nothing can be found by one. */
export const text = (most: number) =>
  Joi.string()
    .max(most)
    .custom((value: string) => {
      if (value.includes('\0')) throw new Error('must not contain the character NUL');
      return value;
    }, 'text');
export const list = (items: Joi.Schema = text(253)) => Joi.array().items(items).max(50).single();
export const moment = () =>
  Joi.string()
    .max(64)
    .custom((text: string) => {
      if (time(text, 0) === undefined)
        throw new Error('must be an RFC 3339 time or a duration such as 7d, so long ago');
      return text;
    }, 'a moment')
    .description('An RFC 3339 time, or a duration for so long ago.');
const sorts = [...SORT_COLUMNS, 'relevance'].flatMap((column) => [column, `-${column}`]);

export const searchQuerySchema = Joi.object<SearchParameters>({
  q: text(500).description('Words, "phrases" and -exclusions. The last word may be a beginning.'),
  namespace: list(Joi.string().pattern(DNS_LABEL, 'namespace name')).description(
    'Default: all that the caller may list.',
  ),
  severity: list(Joi.string().valid(...SEVERITIES)),
  state: list(Joi.string().valid(...STATES)).description('Default: both, also of issues that lists no longer show.'),
  type: list(),
  source: list(),
  reason: list(),
  kind: list().description('Of the subject.'),
  subject: list().description('Name of the subject.'),
  group: list(),
  assignee: list(),
  stage: list(Joi.string().valid('development', 'releasable')).description('Pull requests, or what is released.'),
  label: text(2_000).description('A label selector as in Kubernetes: `application=shop,component in (web,api)`.'),
  openedSince: moment(),
  openedBefore: moment(),
  evidence: Joi.boolean().default(false).description('Search the evidence too, where the caller may read it.'),
  sort: Joi.string()
    .valid(...sorts)
    .description('A column; `-` before it for the other way round. Default: -relevance with q, else -openedAt.'),
  limit: Joi.number().integer().min(1).max(100).default(20),
  cursor: Joi.string()
    .max(2_000)
    .description('`next` of the page before; every other parameter but limit stays the same.'),
});

/** What a query string has; a list is repeated or has commas. */
type QueryString = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Throws 400 with every fault. */
export function parseSearch(query: QueryString): SearchParameters {
  return parseQuery(searchQuerySchema, query);
}

/** Throws 400 with every fault. */
export function parseQuery<T>(schema: Joi.ObjectSchema<T>, query: QueryString): T {
  const given = Object.fromEntries(
    Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, listed(name, value)]])),
  );
  const { value, error } = schema.validate(given, { abortEarly: false });
  if (!error) return value as T;
  const details = error.details.map(({ path, message }): InputFault => {
    const shown = given[String(path[0])];
    return { path: path.join('.'), message, value: typeof shown === 'string' ? shown.slice(0, 100) : undefined };
  });
  throw new RestError(400, `invalid query: ${error.message}`, { details });
}

/** `now` in ms. Throws 400 for a label selector that does not parse. */
export function filterOf(parameters: SearchParameters, now: number): SearchFilter {
  const { severity, state, type, source, reason, kind, subject, group, assignee, stage, label } = parameters;
  const { openedSince, openedBefore } = parameters;
  return {
    severities: severity,
    states: state,
    types: type,
    sources: source,
    reasons: reason,
    subjectKinds: kind,
    subjects: subject,
    groups: group,
    assignees: assignee,
    stages: stage,
    labels: label === undefined ? undefined : labelsOf(label),
    openedSince: openedSince === undefined ? undefined : micros(openedSince, now),
    openedBefore: openedBefore === undefined ? undefined : micros(openedBefore, now),
  };
}

/** The best and the newest come first; names begin with a. */
export function sortOf({ sort, q }: SearchParameters): SearchSort {
  const text = sort ?? (q === undefined ? '-openedAt' : '-relevance');
  const by = text.replace(/^-/, '') as SearchSort['by'];
  if (by === 'relevance' && q === undefined) throw new RestError(400, 'sort: relevance needs q');
  return { by, descending: text.startsWith('-') || by === 'relevance' };
}

/** Throws 400 for a label selector that does not parse, and for what no index has: `<` and `>`. */
export function labelsOf(text: string): SearchLabel[] {
  try {
    return parseLabelSelector(text).map((requirement) => {
      if ('value' in requirement) throw new RestError(400, 'label: < and > are not searched by');
      return requirement;
    });
  } catch (error) {
    throw error instanceof ApiError ? new RestError(400, `label: ${error.message}`) : error;
  }
}

const SINGLE = new Set([
  'q',
  'label',
  'openedSince',
  'openedBefore',
  'evidence',
  'sort',
  'limit',
  'cursor',
  'since',
  'until',
  'asOf',
  'continue',
]);

function listed(name: string, value: string | readonly string[]): unknown {
  if (SINGLE.has(name)) return value;
  return [value].flat().flatMap((each) => each.split(','));
}

function micros(text: string, now: number): number {
  return Math.round((time(text, now) as number) * 1_000);
}

function time(text: string, now: number): number | undefined {
  const at = parseTime(text);
  if (at !== undefined) return at;
  try {
    return now - parseDuration(text);
  } catch {
    return undefined;
  }
}
