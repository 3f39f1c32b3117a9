import type { Middleware } from 'koa';
import type { Registry } from 'prom-client';

/** `GET /metrics` in the text format of Prometheus. Mounted behind authentication and authorization of that path. */
export function metricsEndpoint(registry: Registry): Middleware {
  return async (ctx, next) => {
    if (ctx.path !== '/metrics' || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return next();
    ctx.set('Content-Type', registry.contentType);
    ctx.body = await registry.metrics();
  };
}
