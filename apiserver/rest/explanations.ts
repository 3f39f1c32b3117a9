import Router from '@koa/router';
import { type ExplanationPoll, explanationPollSchema } from '../../crds/explanation.ts';
import type { Explanations } from '../explanations/index.ts';
import type { ReportAccess } from '../ingest/ports.ts';
import type { UserInfo } from '../kube/access/types.ts';
import { untilGone } from '../kube/index.ts';
import { answerJson } from './answer-json.ts';
import { jsonBody } from './body.ts';
import { RestError } from './errors.ts';
import { type RestRoutes, restRoutes } from './routes.ts';

const MAX_BYTES = 3 * 1024 * 1024;

export interface ExplanationRoutesOptions {
  readonly explanations: Explanations;
  readonly access: ReportAccess;
}

/** Where controllers processes fetch the questions that people ask about objects (docs/explain.md). */
export function explanationRoutes({ explanations, access }: ExplanationRoutesOptions): RestRoutes {
  const router = new Router({ prefix: '/api/v1' });
  router.post('/explanations/next', async (ctx) => {
    const user = ctx.state.user as UserInfo;
    const { value, error } = explanationPollSchema.validate(await jsonBody(ctx.req, MAX_BYTES), {
      abortEarly: false,
      convert: false,
      errors: { label: false },
    });
    if (error !== undefined) {
      const details = error.details.map(({ message, path }) => ({ path: path.join('.'), message: message.trim() }));
      throw new RestError(400, 'this is no poll for questions', { details });
    }
    const poll = value as Required<ExplanationPoll>;
    const sources = [];
    for (const { name, namespaces } of poll.sources) {
      const permission = await access.mayLead(user, { source: name, namespaces });
      if (!permission.allowed) throw new RestError(403, permission.reason);
      sources.push({ name, namespaces: await mayAnswer(access, user, name, namespaces) });
    }
    answerJson(ctx, await explanations.poll(user.name, { ...poll, sources }, untilGone(ctx.res)));
  });
  return restRoutes(router);
}

/**
 * A process hears what is asked where it may speak. With the right for the whole cluster that is everything: what
 * `namespaces` leaves out is an answer too.
 */
async function mayAnswer(
  access: ReportAccess,
  user: UserInfo,
  source: string,
  namespaces: string[],
): Promise<string[]> {
  const { allowed } = await access.mayLead(user, { source, namespaces: ['*'] });
  return allowed ? ['*'] : namespaces;
}
