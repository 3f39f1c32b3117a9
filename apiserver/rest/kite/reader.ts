import type { Context } from 'koa';
import { DNS_LABEL, UUID } from '../../../crds/names.ts';
import type { UserInfo } from '../../kube/access/types.ts';
import type { StoredIssue } from '../../store/store.ts';
import { filterConcurrently } from '../filter-concurrently.ts';
import { type IssueRight, mayOnIssues } from '../listable-namespaces.ts';
import { accessDenied, KiteError, notFound, validationFailed } from './errors.ts';
import { type Related, UNRELATED } from './issue-json.ts';
import type { KiteOptions } from './options.ts';
import { SharedRelations } from './shared-relations.ts';

export interface Asked {
  readonly user: UserInfo;
  /** Of the query; every request of Kite's names one. */
  readonly namespace: string;
}

/** Questions at one time for one request. */
const CONCURRENCY = 16;

/** One issue by its id, for a caller who may see it. */
export class KiteReader {
  readonly #options: KiteOptions;
  /** Of issues, asked together. */
  readonly relations: SharedRelations;

  constructor(options: KiteOptions) {
    this.#options = options;
    this.relations = new SharedRelations((ids) => options.store.relatedOf(ids));
  }

  /**
   * Throws 404 for what is not stored, was deleted, or may not be seen, and 403 when the caller may see it but asked in
   * another namespace. `right`: what the caller is about to do, besides seeing it.
   */
  async find(id: string, { user, namespace }: Asked, right: Partial<IssueRight> = {}): Promise<StoredIssue> {
    const { store } = this.#options;
    await this.require(user, { verb: 'get', namespace });
    const [issue] = UUID.test(id) ? await store.issuesById([id]) : [];
    if (!issue || !(await this.maySee(user, issue))) throw notFound();
    if (issue.hiddenAt !== undefined && (await store.wasDeleted(issue))) throw notFound();
    if (issue.namespace !== namespace) throw accessDenied();
    if (right.subresource !== undefined) {
      await this.require(user, { verb: 'create', namespace, name: issue.name, ...right });
    }
    return issue;
  }

  /** Throws 403 without this right. */
  async require(user: UserInfo, right: IssueRight): Promise<void> {
    if (!(await mayOnIssues(this.#options.authorizer, user, right))) {
      const what = right.subresource ? `issues/${right.subresource}` : 'issues';
      throw accessDenied(`${user.name} may not ${right.verb} ${what} in the namespace ${right.namespace}`);
    }
  }

  maySee(user: UserInfo, issue: StoredIssue): Promise<boolean> {
    return this.#mayOn(user, issue, { verb: 'get' });
  }

  /** Those of these issues that the caller may see and resolve: what it takes to link them, or take a link away. */
  mayLink(user: UserInfo, issues: readonly StoredIssue[]): Promise<StoredIssue[]> {
    const may = async (issue: StoredIssue): Promise<boolean> =>
      (await this.maySee(user, issue)) && this.#mayOn(user, issue, { verb: 'create', subresource: 'resolve' });
    return filterConcurrently(issues, may, CONCURRENCY);
  }

  /** Asks about the namespace first: one answer, which is kept, for all of its issues. */
  async #mayOn(
    user: UserInfo,
    { namespace, name }: StoredIssue,
    what: Omit<IssueRight, 'namespace'>,
  ): Promise<boolean> {
    const { authorizer } = this.#options;
    const right = { ...what, namespace };
    return (await mayOnIssues(authorizer, user, right)) || mayOnIssues(authorizer, user, { ...right, name });
  }

  /** The links of these issues, as far as the caller may see where they lead. */
  async related(ids: readonly string[], user: UserInfo): Promise<Related> {
    const { store } = this.#options;
    const relations = await this.relations.of(ids);
    if (relations.length === 0) return UNRELATED;
    const ends = new Set(relations.flatMap(({ sourceId, targetId }) => [sourceId, targetId]));
    const may = async (issue: StoredIssue): Promise<boolean> =>
      (await this.maySee(user, issue)) && !(issue.hiddenAt !== undefined && (await store.wasDeleted(issue)));
    const others = await filterConcurrently(await store.issuesById([...ends]), may, CONCURRENCY);
    return { relations, others: new Map(others.map((issue) => [issue.id, issue])) };
  }
}

/**
 * Who asks, and in which namespace; throws 400 without one, and for another moment than now: whoever asks about the past
 * must not take the present for it. `body`: writers may name the namespace there instead.
 */
export function askedBy(ctx: Context, body?: unknown): Asked {
  if (ctx.query.asOf !== undefined)
    throw validationFailed('asOf: the past is answered by GET of issues and of one issue, on the HTTPS listener only');
  const namespace = single(ctx.query.namespace) || namespaceOf(body);
  if (namespace === '') throw new KiteError(400, 'Missing namespace');
  if (!DNS_LABEL.test(namespace)) throw validationFailed(`invalid namespace ${JSON.stringify(namespace)}`);
  return { user: ctx.state.user as UserInfo, namespace };
}

/** Of a parameter that is given more than once the first, as Kite reads them. */
export function single(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}

function namespaceOf(body: unknown): string {
  const { namespace } = (body ?? {}) as { namespace?: unknown };
  return typeof namespace === 'string' ? namespace : '';
}
