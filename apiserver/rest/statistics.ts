import Router from '@koa/router';
import type { Context } from 'koa';
import { parseDuration } from '../../crds/duration.ts';
import { formatTime, parseTime } from '../../crds/time.ts';
import type { UserInfo } from '../kube/access/types.ts';
import type { IssueStatistics, Statistics } from '../store/statistics.ts';
import { answerJson } from './answer-json.ts';
import { RestError } from './errors.ts';
import { type RestRoutes, restRoutes } from './routes.ts';
import { type SearchOptions, scopeOf } from './search.ts';
import { parseStatistics } from './statistics-query.ts';

export interface StatisticsOptions extends Pick<SearchOptions, 'listable' | 'authorizer' | 'now'> {
  readonly statistics: IssueStatistics;
  /** ms. */
  readonly retention: number;
}

/** What `GET /api/v1/stats` answers. */
export interface StatisticsAnswer extends Statistics {
  /** RFC 3339. */
  readonly since: string;
  readonly until: string;
}

/** Numbers about what broke and how long it took, only of what the caller may list (docs/history.md). */
export function statisticsRoutes(options: StatisticsOptions): RestRoutes {
  const router = new Router({ prefix: '/api/v1' });
  router.get('/stats', async (ctx) => answerJson(ctx, await statistics(ctx, options)));
  return restRoutes(router);
}

async function statistics(ctx: Context, options: StatisticsOptions): Promise<StatisticsAnswer> {
  const user = ctx.state.user as UserInfo;
  const parameters = parseStatistics(ctx.query);
  const now = options.now();
  const until = parameters.until === undefined ? now : Math.min(moment(parameters.until, now), now);
  const since = Math.max(moment(parameters.since, now), now - options.retention);
  if (since >= until) throw new RestError(400, `since: ${parameters.since} is not before until`);
  const namespaces = await scopeOf(user, parameters, options);
  const { type: types, subject: subjects, limit } = parameters;
  const span = { since: Math.round(since * 1_000), until: Math.round(until * 1_000) };
  const found = await options.statistics.statistics({ namespaces, types, subjects, limit, ...span });
  return { since: formatTime(since), until: formatTime(until), ...found };
}

function moment(text: string, now: number): number {
  return parseTime(text) ?? now - parseDuration(text);
}
