import Router from '@koa/router';
import Joi from 'joi';
import type { Context } from 'koa';
import { ISSUE_GROUP_NAMES, type IssueGroup } from '../../crds/issue-group.ts';
import { DNS_LABEL } from '../../crds/names.ts';
import { readGroups } from '../groups/read-groups.ts';
import type { UserInfo } from '../kube/access/types.ts';
import type { GroupIndex } from '../store/group-index.ts';
import { answerJson } from './answer-json.ts';
import { RestError } from './errors.ts';
import type { ListableNamespaces } from './listable-namespaces.ts';
import { type RestRoutes, restRoutes } from './routes.ts';

/** A group as one caller sees it. */
export type CallersGroup = { readonly name: string } & Pick<IssueGroup, 'spec' | 'status'>;

/** What `GET /api/v1/groups` answers. */
export interface GroupsAnswer {
  readonly items: CallersGroup[];
  /** Absent on the last page. */
  readonly next?: string;
}

export interface GroupQuery {
  readonly limit: number;
  readonly cursor: string;
}

export const groupQuerySchema = Joi.object<GroupQuery, true>({
  limit: Joi.number().integer().min(1).max(200).default(50).description('Groups that are looked at for one page.'),
  cursor: Joi.string()
    .pattern(DNS_LABEL, '`next` of an answer')
    .default('')
    .description('`next` of the page before. A page may have fewer groups than `limit`, and still a next one.'),
});

export interface GroupRoutesOptions {
  readonly index: () => Promise<Pick<GroupIndex, 'names' | 'members' | 'crowded' | 'foremost' | 'tally'>>;
  /** The groups of these names as they are served. */
  readonly served: (names: readonly string[]) => Promise<readonly IssueGroup[]>;
  readonly listable: ListableNamespaces;
}

/**
 * Groups as `issuegroups` has them, made for each caller from the namespaces whose issues they may list: counts, members and
 * links of other namespaces are not in them, and a group with nothing else is not there (docs/groups.md).
 */
export function groupRoutes(options: GroupRoutesOptions): RestRoutes {
  const router = new Router({ prefix: '/api/v1' });
  router.get('/groups', async (ctx) => answerJson(ctx, await list(ctx, options)));
  router.get('/groups/:name', async (ctx) => answerJson(ctx, await get(ctx, options)));
  return restRoutes(router);
}

async function list(ctx: Context, options: GroupRoutesOptions): Promise<GroupsAnswer> {
  const { limit, cursor } = parseQuery(ctx.query);
  const namespaces = await namespacesOf(ctx, options);
  const index = await options.index();
  const names = await index.names(ISSUE_GROUP_NAMES.plural, cursor, limit, namespaces);
  const groups = await groupsOf(names, namespaces, options);
  const last = names.length === limit ? names.at(-1) : undefined;
  return {
    items: names.flatMap((name) => callersGroup(name, groups.get(name)) ?? []),
    ...(last !== undefined && { next: last }),
  };
}

async function get(ctx: Context & { params: { name?: string } }, options: GroupRoutesOptions): Promise<CallersGroup> {
  const { name = '' } = ctx.params;
  const namespaces = await namespacesOf(ctx, options);
  // A name that none can have is none of PostgreSQL's business.
  const groups = DNS_LABEL.test(name) ? await groupsOf([name], namespaces, options) : new Map<string, never>();
  const group = callersGroup(name, groups.get(name));
  if (!group) throw new RestError(404, `there is no group "${name}" with issues that you may list`);
  return group;
}

/** Who may look everywhere gets what is made anyway, and costs next to nothing. */
async function groupsOf(
  names: readonly string[],
  namespaces: readonly string[] | undefined,
  { index, served }: GroupRoutesOptions,
): Promise<Map<string, Omit<CallersGroup, 'name'>>> {
  if (namespaces) return readGroups(await index(), names, namespaces);
  const groups = await served(names);
  return new Map(groups.map(({ metadata, spec, status }) => [metadata.name, { spec, status }]));
}

function callersGroup(name: string, content: Omit<CallersGroup, 'name'> | undefined): CallersGroup | undefined {
  return content && { name, ...content };
}

/** Undefined: all of them. */
async function namespacesOf(ctx: Context, { listable }: GroupRoutesOptions): Promise<string[] | undefined> {
  const allowed = await listable.of(ctx.state.user as UserInfo);
  return allowed === 'all' ? undefined : [...allowed];
}

function parseQuery(query: unknown): GroupQuery {
  const { value, error } = groupQuerySchema.validate(query, { abortEarly: false, errors: { label: false } });
  if (!error) return value;
  const details = error.details.map((detail) => ({
    ...{ path: detail.path.join('.'), message: detail.message, value: detail.context?.value as unknown },
  }));
  throw new RestError(400, `the query cannot be understood: ${details[0]?.path} ${details[0]?.message}`, { details });
}
