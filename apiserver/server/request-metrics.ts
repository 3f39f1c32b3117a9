import type { Middleware } from 'koa';
import { Counter, type Registry } from 'prom-client';

/** `faultline_http_requests_total{method, area, code}`; areas instead of paths, so that callers cannot make series. */
export function countRequests(registry: Registry): Middleware {
  const requests = new Counter({
    name: 'faultline_http_requests_total',
    help: 'Requests answered, by method, area of the API and HTTP code.',
    labelNames: ['method', 'area', 'code'] as const,
    registers: [registry],
  });
  return async (ctx, next) => {
    ctx.res.once('finish', () => {
      requests.inc({ method: methodOf(ctx.method), area: areaOf(ctx.req.url ?? ''), code: String(ctx.res.statusCode) });
    });
    return next();
  };
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

function methodOf(method: string): string {
  return METHODS.has(method) ? method : 'other';
}

function areaOf(url: string): string {
  if (url.startsWith('/apis')) return 'apis';
  if (url.startsWith('/api/v1')) return 'rest';
  return url.startsWith('/openapi') ? 'openapi' : 'other';
}
