import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { answerJson } from '../answer-json.ts';
import type { RestRoutes } from '../routes.ts';
import { answerKiteErrors } from './errors.ts';
import { kiteHealth } from './health.ts';
import { issueRoutes } from './issue-routes.ts';
import { KITE_VERSION, type KiteOptions } from './options.ts';
import { kiteTools } from './tools.ts';
import { webhookRoutes } from './webhooks.ts';

export type { KiteOptions } from './options.ts';

/**
 * Kite's API, unchanged (docs/migrate-from-kite.md): the Konflux UI, Kite's CLI, its operator and MintMaker speak it.
 * Paths come with and without a slash at the end. Behind the server's authentication; everything is authorized here.
 */
export function kiteRoutes(options: KiteOptions): RestRoutes {
  const router = new Router({ prefix: '/api/v1' });
  const tools = kiteTools(options);
  issueRoutes(router, tools);
  webhookRoutes(router, tools);
  router.get('/health', async (ctx) => {
    const { status, body } = await kiteHealth(options);
    ctx.status = status;
    answerJson(ctx, body);
  });
  router.get('/version', async (ctx) => {
    answerJson(ctx, {
      description: 'The backend service that powers the Konflux Issues Dashboard',
      name: 'Konflux Issues Dashboard API',
      version: KITE_VERSION,
    });
  });
  const routes = router.routes() as Middleware;
  const middleware: Middleware = (ctx: Context, next) => answerKiteErrors(ctx, () => routes(ctx, next));
  return Object.assign(middleware, { router });
}
