import Router from '@koa/router';
import type { Context } from 'koa';
import { retryAfterSeconds } from '../../crds/report.ts';
import { parseTraceparent, type Tracer } from '../../tracing/tracer.ts';
import type { Engine } from '../ingest/engine.ts';
import type { UserInfo } from '../kube/access/types.ts';
import { answerJson } from './answer-json.ts';
import { jsonBody } from './body.ts';
import { RestError } from './errors.ts';
import { type RestRoutes, restRoutes } from './routes.ts';

/** Reports are at most as large as anything that Kubernetes takes; a list of hashes names a million objects. */
const MAX_REPORTS_BYTES = 3 * 1024 * 1024;
const MAX_SYNC_BYTES = 68 * 1024 * 1024;

/**
 * How controllers and webhooks speak to the engine (contracts.md "Report"). Behind the server's authentication: the
 * caller is `ctx.state.user`, and without one nothing is answered but 401.
 */
export function reportRoutes(engine: Engine, tracer?: Tracer): RestRoutes {
  const router = new Router({ prefix: '/api/v1' });
  router.post('/reports', async (ctx) => {
    const user = caller(ctx);
    // Only what somebody else traces is traced here: a trace begins at the change that it is about.
    const parent = tracer && parseTraceparent(ctx.get('traceparent'));
    const span = parent && tracer?.start('POST /api/v1/reports', { kind: 'server', parent });
    using _ = { [Symbol.dispose]: () => span?.end() };
    const body = await jsonBody(ctx.req, MAX_REPORTS_BYTES);
    const answer = await engine.submit(body, user, ...(span ? [{ trace: span.context }] : []));
    const seconds = retryAfterSeconds(answer.results.filter(({ status }) => status === 429));
    if (seconds !== undefined) ctx.set('Retry-After', String(seconds));
    answerJson(ctx, answer);
  });
  router.post('/lead', async (ctx) => {
    const user = caller(ctx);
    answerJson(ctx, await engine.lead(await jsonBody(ctx.req, MAX_REPORTS_BYTES), user));
  });
  router.post('/sources/:source/sync', async (ctx) => {
    const user = caller(ctx);
    answerJson(ctx, await engine.sync(ctx.params.source as string, await jsonBody(ctx.req, MAX_SYNC_BYTES), user));
  });
  router.get('/sources/:source/subjects', async (ctx) => {
    const user = caller(ctx);
    const { state = 'Active' } = ctx.query;
    if (state !== 'Active') throw new RestError(400, `state=${String(state)} is not served: ask for state=Active`);
    answerJson(ctx, await engine.subjects(ctx.params.source as string, user));
  });
  return restRoutes(router);
}

function caller(ctx: Context): UserInfo {
  const user = ctx.state.user as UserInfo | undefined;
  if (!user || user.name === 'system:anonymous')
    throw new RestError(401, 'who are you? present a client certificate or a token');
  return user;
}
