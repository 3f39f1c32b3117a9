import Joi from 'joi';
import type { Issue } from '../../crds/issue.ts';
import { LABELS } from '../../crds/names.ts';
import { matchesLabels } from '../kube/selectors/label-selector.ts';
import { RestError } from './errors.ts';
import { labelsOf, parseQuery, type SearchParameters, searchQuerySchema } from './search-query.ts';

/** The words of a search that narrow a list of the past, too: what people added (an assignee) is not in the past. */
const NARROWING = [
  'namespace',
  'severity',
  'state',
  'type',
  'source',
  'reason',
  'kind',
  'subject',
  'group',
  'stage',
  'label',
];

/** The query of `GET /api/v1/issues?asOf=`, as it was checked. */
export interface PastParameters
  extends Omit<SearchParameters, 'q' | 'assignee' | 'openedSince' | 'openedBefore' | 'evidence' | 'sort' | 'cursor'> {
  readonly asOf: string;
  readonly continue?: string;
}

/** What it answers. */
export interface PastAnswer {
  /** RFC 3339. */
  readonly asOf: string;
  readonly items: readonly Issue[];
  /** `continue` of the next page; absent on the last. A page that is narrowed may be short, or empty, and have one. */
  readonly next?: string;
}

const pastQuerySchema = Joi.object<PastParameters>({
  ...Object.fromEntries(NARROWING.map((name) => [name, searchQuerySchema.extract(name)])),
  asOf: Joi.string().allow('').max(64),
  limit: Joi.number().integer().min(1).max(500).default(100),
  continue: Joi.string().max(2_000),
});

/** Throws 400 with every fault: what is passed over in silence makes a list of something else than was asked for. */
export function parsePast(query: Parameters<typeof parseQuery>[1]): PastParameters {
  if (query.search !== undefined || query.q !== undefined) {
    throw new RestError(400, 'search is not allowed with asOf: only the present is indexed');
  }
  if (query.watch !== undefined) throw new RestError(400, 'asOf is not allowed with watch: the past does not change');
  return parseQuery(pastQuerySchema, query);
}

/** Which issues of the past are asked for; undefined: all of them. Throws 400 for a label selector that does not parse. */
export function narrowingOf(parameters: PastParameters): ((issue: Issue) => boolean) | undefined {
  const asked = VALUES.flatMap(([name, of]) => {
    const values = parameters[name];
    return values === undefined ? [] : [{ values: new Set<string>(values), of }];
  });
  const labels = parameters.label === undefined ? [] : labelsOf(parameters.label);
  if (asked.length === 0 && labels.length === 0) return undefined;
  return (issue) =>
    asked.every(({ values, of }) => values.has(of(issue) ?? '')) && matchesLabels(labels, issue.metadata.labels ?? {});
}

const VALUES: readonly [
  Exclude<keyof PastParameters, 'asOf' | 'continue' | 'limit' | 'label' | 'namespace'>,
  (issue: Issue) => string | undefined,
][] = [
  ['severity', ({ spec }) => spec.severity],
  ['state', ({ status }) => status.state],
  ['type', ({ spec }) => spec.type],
  ['source', ({ spec }) => spec.source],
  ['reason', ({ spec }) => spec.reason],
  ['kind', ({ spec }) => spec.subject.kind],
  ['subject', ({ spec }) => spec.subject.name],
  ['group', ({ spec }) => spec.group],
  ['stage', ({ metadata }) => metadata.labels?.[LABELS.stage]],
];
