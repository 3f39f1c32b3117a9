import Joi from 'joi';
import type { Issue } from '../../crds/issue.ts';
import { LABELS } from '../../crds/names.ts';
import { ApiError } from '../kube/index.ts';
import { EVERY_LABEL, matchesLabels, parseLabelSelector } from '../kube/selectors/label-selector.ts';
import { RestError } from './errors.ts';
import { parseQuery, type SearchParameters, searchQuerySchema } from './search-query.ts';

/** The words of a search that narrow a list of the past, too: what people added (an assignee) is not in the past. */
const NARROWING = ['namespace', 'severity', 'type', 'source', 'reason', 'kind', 'subject', 'group', 'stage', 'label'];

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
  /** `continue` of the next page; absent on the last. */
  readonly next?: string;
}

export const asOfSchema = Joi.string()
  .allow('')
  .max(64)
  .description('An RFC 3339 time or a duration for so long ago: how things were then (docs/history.md).');

export const pastQuerySchema = Joi.object<PastParameters>({
  ...Object.fromEntries(NARROWING.map((name) => [name, searchQuerySchema.extract(name)])),
  state: searchQuerySchema.extract('state').description('As of then.'),
  asOf: asOfSchema,
  limit: Joi.number().integer().min(1).max(500).default(100),
  continue: Joi.string().max(2_000).description('`next` of the page before.'),
});

/** For the document: of these a list of the present knows nothing. */
export const pastOnlySchemas: Readonly<Record<string, Joi.Schema>> = {
  ...Object.fromEntries(
    NARROWING.filter((name) => !['namespace', 'severity'].includes(name)).map((name) => [
      name,
      Joi.string().description('With `asOf`: as for a search.'),
    ]),
  ),
  continue: Joi.string().description('With `asOf`: `next` of the page before.'),
};

export const pastIssueSchema = Joi.object<Issue>({
  kind: Joi.string().valid('Issue').required(),
})
  .unknown()
  .description('As the Kubernetes API serves it, with the annotation `faultline.dev/as-of`.');

export const pastAnswerSchema = Joi.object<PastAnswer>({
  asOf: Joi.string().isoDate().required(),
  items: Joi.array().items(pastIssueSchema).required(),
  next: Joi.string().description('`continue` of the next page; absent on the last.'),
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
  const labels = labelsOf(parameters.label);
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

function labelsOf(text: string | undefined) {
  if (text === undefined) return EVERY_LABEL;
  try {
    return parseLabelSelector(text);
  } catch (error) {
    throw error instanceof ApiError ? new RestError(400, `label: ${error.message}`) : error;
  }
}
