import type { Context, Middleware } from 'koa';
import type { Issue } from '../../crds/issue.ts';
import { AS_OF_ANNOTATION, UUID } from '../../crds/names.ts';
import { formatTime } from '../../crds/time.ts';
import type { UserInfo } from '../kube/access/types.ts';
import { ApiError, type Moment, type Place, parseMoment, readPastObjects, untilGone } from '../kube/index.ts';
import { issueObject } from '../store/issue-object.ts';
import type { PastIssues } from '../store/past.ts';
import type { Store, StoredIssue } from '../store/store.ts';
import { answerJson } from './answer-json.ts';
import { answerErrors, RestError } from './errors.ts';
import { mayOnIssues } from './listable-namespaces.ts';
import { narrowingOf, type PastAnswer, parsePast } from './past-query.ts';
import { type SearchOptions, scopeOf } from './search.ts';

export interface PastOptions extends Pick<SearchOptions, 'listable' | 'authorizer' | 'now'> {
  readonly store: PastIssues & Pick<Store, 'issuesById'>;
  /** ms: how long history is kept, and how long resolved issues were shown. */
  readonly retention: number;
  readonly resolvedVisibleFor: number;
}

/**
 * How issues were, on the paths where they are: `GET /api/v1/issues` and `/issues/{id}` with `asOf` answer in their
 * Kubernetes form (docs/history.md); without it whoever comes next answers. Only what the caller may list, or get, now.
 */
export function pastIssuesRoutes(options: PastOptions): Middleware {
  return (ctx, next) => {
    const found = ctx.method === 'GET' ? PATH.exec(ctx.path) : null;
    if (!found || ctx.query.asOf === undefined) return next();
    const [, id] = found;
    return answerErrors(ctx, async () => {
      const body = id === undefined ? await listPast(ctx, options) : await getPast(ctx, id, options);
      answerJson(ctx, body);
    });
  };
}

/** With and without a slash at the end, as Kite's paths. */
const PATH = /^\/api\/v1\/issues(?:\/([^/]+))?\/?$/;

async function listPast(ctx: Context, options: PastOptions): Promise<PastAnswer> {
  const parameters = parsePast(ctx.query);
  const { limit, continue: token, asOf } = parameters;
  const isAskedFor = narrowingOf(parameters);
  const namespaces = await scopeOf(ctx.state.user as UserInfo, parameters, options);
  const page = token === undefined ? undefined : decodePage(token);
  const moment = momentOf(page?.asOf ?? asOf, options);
  const { found, next } = await readPastObjects({
    read: (after, most) => options.store.issuesAsOf({ ...spanOf(moment, options), namespaces, after, limit: most }),
    after: page,
    limit,
    select(issue) {
      const object = pastObject(issue, moment);
      return !isAskedFor || isAskedFor(object) ? object : undefined;
    },
    everyOne: !isAskedFor,
    signal: untilGone(ctx.res),
  });
  return { asOf: moment.text, items: found, ...(next && { next: encodePage(moment, next) }) };
}

/** 404 also for what the caller may not get: that it exists is not for them. */
async function getPast(ctx: Context, id: string, options: PastOptions): Promise<Issue> {
  const moment = momentOf(single(ctx.query.asOf), options);
  const [known] = UUID.test(id) ? await options.store.issuesById([id]) : [];
  const user = ctx.state.user as UserInfo;
  if (!known) throw notFound(id);
  const { namespace, name } = known;
  if (!(await mayOnIssues(options.authorizer, user, { verb: 'get', namespace, name }))) throw notFound(id);
  const [issue] = await options.store.issuesAsOf({
    ...spanOf(moment, options),
    namespaces: [namespace],
    name,
    limit: 1,
  });
  if (!issue) throw new RestError(404, `the issue ${id} was not there at ${moment.text}`);
  return pastObject(issue, moment);
}

function notFound(id: string): RestError {
  return new RestError(404, `there is no issue ${JSON.stringify(id)}`);
}

function momentOf(text: string, { now, retention }: PastOptions): Moment {
  try {
    return parseMoment(text, now(), retention);
  } catch (error) {
    throw error instanceof ApiError ? new RestError(error.code, error.message) : error;
  }
}

function spanOf({ before }: Moment, { resolvedVisibleFor }: PastOptions): { before: number; visibleFor: number } {
  return { before: before * 1_000, visibleFor: resolvedVisibleFor * 1_000 };
}

function pastObject(issue: StoredIssue, { before }: Moment): Issue {
  const object = issueObject(issue);
  return { ...object, metadata: { ...object.metadata, annotations: { [AS_OF_ANNOTATION]: formatTime(before - 1) } } };
}

/** All pages are of the moment of the first, also when it was given as a time ago. */
function encodePage({ before }: Moment, { namespace, name }: Place): string {
  const asOf = new Date(before - 1).toISOString();
  return Buffer.from(JSON.stringify([asOf, namespace, name])).toString('base64url');
}

function decodePage(token: string): { asOf: string; namespace: string; name: string } {
  try {
    const [asOf, namespace, name] = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as unknown[];
    const isText = (part: unknown): part is string => typeof part === 'string' && !part.includes('\0');
    if (isText(asOf) && isText(namespace) && isText(name)) return { asOf, namespace, name };
  } catch {
    // as any other text
  }
  throw new RestError(400, 'continue: it is not what a list of the past has given: begin without it');
}

function single(value: string | readonly string[] | undefined): string {
  return (typeof value === 'string' ? value : value?.[0]) ?? '';
}
