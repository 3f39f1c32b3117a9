import Router from '@koa/router';
import type { Context } from 'koa';
import type { IssueReference, IssueRelativesStatus } from '../../crds/issue-relatives.ts';
import type { IssueTimelineStatus } from '../../crds/issue-timeline.ts';
import { DNS_LABEL, DNS_SUBDOMAIN } from '../../crds/names.ts';
import { formatTime } from '../../crds/time.ts';
import type { Authorizer, UserInfo } from '../kube/access/types.ts';
import type { Relation, Store, StoredIssue } from '../store/store.ts';
import { answerJson } from './answer-json.ts';
import { RestError, requireNow } from './errors.ts';
import { causeOf, consequencesOf, familyOf } from './issue-ancestry.ts';
import { eventsOf, isComplete } from './issue-timeline.ts';
import { mayOnIssues, requireOnIssues } from './listable-namespaces.ts';
import { type RestRoutes, restRoutes } from './routes.ts';

export interface IssueRoutesOptions {
  readonly store: Pick<Store, 'issue' | 'issuesById' | 'history' | 'relatedOf' | 'activeFamily'>;
  readonly authorizer: Authorizer;
}

/**
 * `GET /api/v1/issues/{id}/timeline` and `/related`, also as `/issues/{namespace}/{name}/…`, and of issues that have left
 * the list. By id it is 404 for who may not get the issue, because ids tell nothing; by name 403, whether it exists or not.
 */
export function issueRoutes({ store, authorizer }: IssueRoutesOptions): RestRoutes {
  const router = new Router({ prefix: '/api/v1' });
  const find = finder(store, authorizer);
  const timeline = async (ctx: Context): Promise<void> => {
    const issue = await find(ctx);
    answerJson(ctx, { issue: referenceTo(issue), ...(await timelineOf(issue, { store, authorizer }, callerOf(ctx))) });
  };
  const related = async (ctx: Context): Promise<void> => {
    const issue = await find(ctx);
    answerJson(ctx, { issue: referenceTo(issue), ...(await relativesOf(issue, { store, authorizer }, callerOf(ctx))) });
  };
  router.get('/issues/:id/timeline', timeline);
  router.get('/issues/:id/related', related);
  router.get('/issues/:namespace/:name/timeline', timeline);
  router.get('/issues/:namespace/:name/related', related);
  return restRoutes(router);
}

/** All that happened to an issue that `user` may get; other issues are named where `user` may get them, too. */
export async function timelineOf(
  issue: StoredIssue,
  { store, authorizer }: IssueRoutesOptions,
  user: UserInfo,
): Promise<IssueTimelineStatus> {
  const history = await store.history(issue.id);
  const linked = history.lines.flatMap(({ detail }) => detail?.other ?? []);
  const others = await visible(authorizer, user, await store.issuesById([...new Set(linked)]));
  return {
    complete: isComplete(issue, history),
    events: eventsOf(issue, history, new Map(others.map((other) => [other.id, other]))),
  };
}

/** What an issue that `user` may get comes from, what comes from it and what it is linked with, as far as `user` may get it. */
export async function relativesOf(
  issue: StoredIssue,
  { store, authorizer }: IssueRoutesOptions,
  user: UserInfo,
): Promise<IssueRelativesStatus> {
  const owners = familyOf(issue);
  const links = await store.relatedOf([issue.id]);
  const [family, linked] = await Promise.all([
    owners ? store.activeFamily(owners) : [],
    store.issuesById(links.map((link) => otherOf(link, issue))),
  ]);
  // First what the caller may see, then what follows from it: nothing else shows.
  const seen = new Map((await visible(authorizer, user, [...family, ...linked])).map((each) => [each.id, each]));
  const relatives = family.filter(({ id }) => id !== issue.id && seen.has(id));
  const cause = causeOf(issue, relatives);
  return {
    cause: cause ? referenceTo(cause) : null,
    consequences: consequencesOf(issue, relatives).map(referenceTo),
    related: links.flatMap((link) => {
      const other = seen.get(otherOf(link, issue));
      return other ? [{ by: link.actor, at: formatTime(link.at / 1_000), issue: referenceTo(other) }] : [];
    }),
  };
}

function otherOf({ sourceId, targetId }: Relation, { id }: StoredIssue): string {
  return sourceId === id ? targetId : sourceId;
}

/** Those that the caller may get. A right is asked for once a namespace, and for an issue only where that is not enough. */
async function visible(authorizer: Authorizer, user: UserInfo, issues: readonly StoredIssue[]): Promise<StoredIssue[]> {
  const namespaces = [...new Set(issues.map(({ namespace }) => namespace))];
  const answers = await Promise.all(
    namespaces.map((namespace) => mayOnIssues(authorizer, user, { verb: 'get', namespace })),
  );
  const allowed = new Set(namespaces.filter((_, index) => answers[index]));
  return issues.filter(({ namespace }) => allowed.has(namespace));
}

/** The issue of the path, when the caller may get it. */
function finder(store: IssueRoutesOptions['store'], authorizer: Authorizer) {
  return async (ctx: Context): Promise<StoredIssue> => {
    requireNow(ctx.query);
    const { id, namespace, name } = ctx.params as Record<string, string>;
    const user = callerOf(ctx);
    if (id !== undefined) {
      const [issue] = await store.issuesById([id]);
      const may = issue && (await mayOnIssues(authorizer, user, rightTo(issue)));
      if (!issue || !may) throw new RestError(404, 'there is no such issue');
      return issue;
    }
    const wanted = { namespace: namespace as string, name: name as string };
    if (!DNS_LABEL.test(wanted.namespace) || !DNS_SUBDOMAIN.test(wanted.name)) {
      throw new RestError(404, 'there is no such issue');
    }
    await requireOnIssues(authorizer, user, rightTo(wanted));
    const issue = await store.issue(wanted.namespace, wanted.name);
    if (!issue) throw new RestError(404, `there is no issue ${wanted.namespace}/${wanted.name}`);
    return issue;
  };
}

function rightTo({ namespace, name }: Pick<StoredIssue, 'namespace' | 'name'>) {
  return { verb: 'get', namespace, name } as const;
}

function callerOf(ctx: Context): UserInfo {
  return ctx.state.user as UserInfo;
}

function referenceTo({ id, namespace, name, state, spec, openedAt }: StoredIssue): IssueReference {
  const { severity, type, reason, title, subject } = spec;
  return { id, namespace, name, state, severity, type, reason, title, subject, openedAt: formatTime(openedAt / 1_000) };
}
