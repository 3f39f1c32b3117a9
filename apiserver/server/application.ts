import type { IncomingMessage, ServerResponse } from 'node:http';
import Koa from 'koa';
import { debugEndpoints, isDebugPath } from '../rest/debug.ts';
import { type HealthCheck, healthEndpoints } from '../rest/health.ts';
import { metricsEndpoint } from '../rest/metrics.ts';
import { envelope } from './envelope.ts';
import { authenticate, authorizePath, refuseAnonymous, refuseUnknown } from './gates.ts';
import { countRequests } from './request-metrics.ts';
import type { ServerOptions } from './types.ts';

/** Never rejects: every failure becomes an answer. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * The order in which a request meets what the server consists of. Before the question who asks come health (A12) and
 * those who ask it themselves.
 */
export function createApplication(options: ServerOptions, ready: readonly HealthCheck[]): RequestHandler {
  const { authenticator, authorizer, debug, kube, live = [], logger, metrics, rest = [], selfReviews } = options;
  const app = new Koa();
  app.on('error', (err: unknown) => logger.warn({ err }, 'answer could not be sent'));
  if (metrics !== undefined) app.use(countRequests(metrics));
  app.use(envelope(logger));
  app.use(healthEndpoints({ live, ready }));
  for (const middleware of options.unauthenticated ?? []) app.use(middleware);
  app.use(authenticate(authenticator));
  if (metrics !== undefined) app.use(authorizePath('/metrics', authorizer, metricsEndpoint(metrics)));
  if (debug !== undefined) app.use(authorizePath(isDebugPath, authorizer, debugEndpoints(debug)));
  for (const middleware of rest) app.use(refuseAnonymous(middleware));
  if (selfReviews !== undefined) app.use(selfReviews);
  app.use(kube.middleware);
  app.use(refuseUnknown(authorizer));
  return app.callback();
}
