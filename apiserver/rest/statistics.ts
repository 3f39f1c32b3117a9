import Router from '@koa/router';
import { parseDuration } from '../../crds/duration.ts';
import type { IssueStatisticsStatus } from '../../crds/issue-statistics.ts';
import { formatTime, parseTime } from '../../crds/time.ts';
import type { UserInfo } from '../kube/access/types.ts';
import type { IssueStatistics } from '../store/statistics.ts';
import { answerJson } from './answer-json.ts';
import { RestError } from './errors.ts';
import { type RestRoutes, restRoutes } from './routes.ts';
import { type SearchOptions, scopeOf } from './search.ts';
import { parseStatistics, type StatisticsParameters } from './statistics-query.ts';

export interface StatisticsOptions extends Pick<SearchOptions, 'listable' | 'authorizer' | 'now'> {
  readonly statistics: IssueStatistics;
  /** ms. */
  readonly retention: number;
}

/** Numbers about what broke and how long it took, only of what the caller may list (docs/history.md). */
export function statisticsRoutes(options: StatisticsOptions): RestRoutes {
  const router = new Router({ prefix: '/api/v1' });
  router.get('/stats', async (ctx) =>
    answerJson(ctx, await answerStatistics(parseStatistics(ctx.query), ctx.state.user as UserInfo, options)),
  );
  return restRoutes(router);
}

/** What `user` may know of it. Throws RestError: 400 for moments that make no span, 403 for a namespace that is not theirs. */
export async function answerStatistics(
  parameters: StatisticsParameters,
  user: UserInfo,
  options: StatisticsOptions,
): Promise<IssueStatisticsStatus> {
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
