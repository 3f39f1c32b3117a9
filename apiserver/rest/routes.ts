import type Router from '@koa/router';
import type { Middleware } from 'koa';
import { answerErrors } from './errors.ts';

/** Routes of /api/v1, and which they are: a test compares them with what is documented (openapi/operations.ts). */
export type RestRoutes = Middleware & { readonly router: Router };

/** The routes of `router` behind the answers for what they throw. What they do not serve is passed on. */
export function restRoutes(router: Router): RestRoutes {
  const routes = router.routes() as Middleware;
  const middleware: Middleware = (ctx, next) => answerErrors(ctx, () => routes(ctx, next));
  return Object.assign(middleware, { router });
}
