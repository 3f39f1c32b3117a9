import Router from '@koa/router';
import type { Context } from 'koa';
import type { Issue } from '../../crds/issue.ts';
import type { Authorizer, UserInfo } from '../kube/access/types.ts';
import { issueObject } from '../store/issue-object.ts';
import type { IssueSearch, Scope, SearchMatch } from '../store/search.ts';
import { answerJson } from './answer-json.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { RestError } from './errors.ts';
import { type ListableNamespaces, mayOnIssues, requireOnIssues } from './listable-namespaces.ts';
import { type RestRoutes, restRoutes } from './routes.ts';
import { filterOf, parseSearch, type SearchParameters, sortOf } from './search-query.ts';

export const TEXT_SEARCH_IS_OFF = 'switched off on this server (feature gate TextSearch)';

/** What `GET /api/v1/search` answers. */
export interface SearchAnswer {
  readonly items: readonly { readonly issue: Issue; readonly score?: number; readonly snippet?: string }[];
  readonly match: SearchMatch;
  /** Absent on the last page. */
  readonly next?: string;
  /** More matched than were ranked: only so many of the newest were. */
  readonly ranked?: number;
}

export interface SearchOptions {
  /** Absent: no index is kept (the feature TextSearch is off), and an old one would answer wrongly: 404 says so. */
  readonly search: Pick<IssueSearch, 'search'> | undefined;
  readonly listable: ListableNamespaces;
  /** Where the caller may `get issues/evidence` of any issue. */
  readonly readable: ListableNamespaces;
  readonly authorizer: Authorizer;
  /** ms. */
  readonly now: () => number;
}

/** Finding issues (docs/search.md), only among those that the caller may list. */
export function searchRoutes(options: SearchOptions): RestRoutes {
  const router = new Router({ prefix: '/api/v1' });
  router.get('/search', async (ctx) => answerJson(ctx, await search(ctx, options)));
  return restRoutes(router);
}

async function search(
  ctx: Context,
  { search: store, listable, readable, authorizer, now }: SearchOptions,
): Promise<SearchAnswer> {
  if (store === undefined)
    throw new RestError(404, `search is ${TEXT_SEARCH_IS_OFF}: list issues with filters instead`);
  const user = ctx.state.user as UserInfo;
  const parameters = parseSearch(ctx.query);
  const { cursor, limit, q: text, evidence, ...question } = parameters;
  const asked = { ...question, text, evidence };
  const query = { filter: filterOf(parameters, now()), sort: sortOf(parameters) };
  const after = cursor === undefined ? undefined : decodeCursor(cursor, asked, query.sort);
  const namespaces = await scopeOf(user, parameters, { listable, authorizer });
  const evidenceIn =
    evidence && text !== undefined ? await evidenceScope(user, parameters, { readable, authorizer }) : [];
  const page = await store.search({ ...query, namespaces, text, evidenceIn, after, limit });
  const { hits, match, next, ranked } = page;
  return {
    items: hits.map(({ issue, ...found }) => ({ issue: issueObject(issue), ...found })),
    match,
    ...(next && { next: encodeCursor(next, asked) }),
    ...(ranked !== undefined && { ranked }),
  };
}

/** Namespaces that are named must be the caller's to list: 403 says more than an empty page. */
export async function scopeOf(
  user: UserInfo,
  { namespace }: Pick<SearchParameters, 'namespace'>,
  { listable, authorizer }: Pick<SearchOptions, 'listable' | 'authorizer'>,
): Promise<Scope> {
  if (namespace !== undefined) {
    for (const each of namespace) await requireOnIssues(authorizer, user, { verb: 'list', namespace: each });
    return namespace;
  }
  const all = await listable.of(user);
  return all === 'all' ? 'all' : [...all];
}

/** Where the caller may read the evidence of any issue; a right to single issues does not count. */
async function evidenceScope(
  user: UserInfo,
  { namespace }: Pick<SearchParameters, 'namespace'>,
  { readable, authorizer }: Pick<SearchOptions, 'readable' | 'authorizer'>,
): Promise<Scope> {
  if (namespace === undefined) {
    const all = await readable.of(user);
    return all === 'all' ? 'all' : [...all];
  }
  const allowed: string[] = [];
  for (const each of namespace) {
    const right = { verb: 'get', subresource: 'evidence', namespace: each } as const;
    if (await mayOnIssues(authorizer, user, right)) allowed.push(each);
  }
  return allowed;
}
