import { randomUUID } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import { AccessUnavailable } from '../kube/access/types.ts';
import { accessUnknown } from '../kube/filters.ts';
import { ApiError, HTTP_CODES, internalError, type Reason, serviceUnavailable, unknownPath } from '../kube/status.ts';
import type { Logger } from './types.ts';

const REASONS = new Map<number, Reason>(
  (Object.entries(HTTP_CODES) as [Reason, number][]).toReversed().map(([reason, code]) => [code, reason]),
);

/**
 * Around everything: the headers that every answer has (L17), and a Status instead of Koa's texts for whatever nobody
 * answered or somebody threw (E1). The text of an unexpected error goes to the log, under the audit id that the
 * caller sees too.
 */
export function envelope(logger: Logger): Middleware {
  return async (ctx, next) => {
    const given = ctx.req.headers['audit-id'];
    const auditId = typeof given === 'string' && /^[\x21-\x7e]{1,128}$/.test(given) ? given : randomUUID();
    ctx.state.auditId = auditId;
    ctx.res.setHeader('Audit-Id', auditId);
    ctx.res.setHeader('Cache-Control', 'no-cache, private');
    ctx.res.setHeader('X-Content-Type-Options', 'nosniff');
    try {
      await next();
      if (isUnanswered(ctx)) fail(ctx, unknownPath());
    } catch (error) {
      const answer = toApiError(error);
      if (answer.code >= 500 && answer.reason !== 'ServiceUnavailable') {
        logger.error({ err: error, auditId, method: ctx.method, path: ctx.path }, 'request failed');
      }
      if (ctx.res.headersSent) ctx.res.destroy();
      else fail(ctx, answer);
    }
  };
}

/** Koa's defaults: nobody set a status or a body, and nobody took the response over. */
function isUnanswered(ctx: Context): boolean {
  return ctx.status === 404 && ctx.body == null && ctx.respond !== false && !ctx.res.headersSent;
}

/** The answer for whatever was thrown. Unknown errors are 500 and never 404 (E4). */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof AccessUnavailable) return accessUnknown(error);
  const { name, message, status, expose } = (error ?? {}) as Partial<Error & { status: number; expose: boolean }>;
  if (name === 'StoreUnavailable') return serviceUnavailable('the database does not answer', 1, error);
  const reason = expose === true && status !== undefined ? REASONS.get(status) : undefined; // http-errors of a library
  if (reason !== undefined && message !== undefined) return new ApiError(reason, message, {}, { cause: error });
  return internalError('see the log of the server', error);
}

/** Answers with the Status of `error`. */
export function fail(ctx: Context, error: ApiError): void {
  const retryAfter = error.details?.retryAfterSeconds;
  ctx.status = error.code;
  ctx.set('Content-Type', 'application/json');
  if (retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter));
  ctx.body = JSON.stringify(error.toStatus());
}
