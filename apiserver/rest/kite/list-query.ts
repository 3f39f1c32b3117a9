import type { Context } from 'koa';
import type { IssueQuery } from '../../store/issue-query.ts';
import { validationFailed } from './errors.ts';
import { single } from './reader.ts';
import { storedType } from './scope.ts';
import { severityOf, stateOf } from './words.ts';

/** The query of a list, as Kite reads it: an empty parameter is absent, and a limit that is none is the default. */
export interface ListQuery {
  readonly namespace: string;
  readonly severity: string;
  readonly issueType: string;
  readonly state: string;
  readonly resourceType: string;
  readonly resourceName: string;
  readonly search: string;
  /** Name or uid of a run. Kite does not have it; external CI asks for it. */
  readonly pipelineRun: string;
  readonly limit: number;
  readonly offset: number;
}

const DEFAULT_LIMIT = 50;
/** Kite has no bound; nobody shows more, and an answer must not fill the memory. */
export const MAX_LIMIT = 1_000;

export function parseListQuery(query: Context['query'], namespace: string): ListQuery {
  const text = (name: string): string => {
    const value = single(query[name]);
    if (value.includes('\0')) throw validationFailed(`${name} must not contain the character NUL`);
    return value;
  };
  const number = (name: string, from: number): number | undefined => {
    const value = /^\+?\d{1,9}$/.test(text(name)) ? Number(text(name)) : Number.NaN;
    return value >= from ? value : undefined;
  };
  return {
    namespace,
    severity: severityOf(text('severity'), () => {}) ?? text('severity'),
    issueType: text('issueType'),
    state: text('state'),
    resourceType: text('resourceType'),
    resourceName: text('resourceName'),
    search: text('search'),
    pipelineRun: text('pipelineRun'),
    limit: Math.min(number('limit', 1) ?? DEFAULT_LIMIT, MAX_LIMIT),
    offset: number('offset', 0) ?? 0,
  };
}

/** Whether memory has everything that such a list may show: Active issues are visible, and kept with these columns. */
export function isAboutVisible({ state, search, pipelineRun }: ListQuery): boolean {
  return state === 'ACTIVE' && search === '' && pipelineRun === '';
}

/** Undefined when nothing can match: Kite compares with what nobody stored, and finds none. */
export function storeQuery(query: ListQuery): IssueQuery | undefined {
  const { namespace, severity, issueType, state, resourceType, resourceName, search, pipelineRun, limit, offset } =
    query;
  const known = { severity: severityOf(severity, () => {}), state: stateOf(state) };
  if ((severity !== '' && !known.severity) || (state !== '' && !known.state)) return undefined;
  const subject = {
    ...(resourceName !== '' && { name: resourceName }),
    ...(resourceType !== '' && { type: storedType(resourceType) }),
  };
  return {
    ...{ namespace, limit, offset },
    ...(known.state && { state: known.state }),
    ...(known.severity && { severity: known.severity }),
    ...(issueType !== '' && { type: issueType }),
    ...(Object.keys(subject).length > 0 && { subject }),
    ...(search !== '' && { text: search }),
    ...(pipelineRun !== '' && { observed: pipelineRun }),
  };
}
