import type { Middleware } from 'koa';
import { ANONYMOUS, type Authenticator, type Authorizer, type UserInfo } from '../kube/access/types.ts';
import { userOf } from '../kube/filters.ts';
import { forbidden, unauthorized, unknownPath } from '../kube/status.ts';

/** Says who asks, in `ctx.state.user`, or answers 401, 403 or 503. Behind it no request carries a credential (A5). */
export function authenticate(authenticator: Authenticator): Middleware {
  return async (ctx, next) => {
    const pending = authenticator.authenticate(ctx.req);
    ctx.state.user = userOf(pending instanceof Promise ? await pending : pending);
    return next();
  };
}

/** Lets `inner` be asked by named users only: for routes that authorize what they do and have nothing for strangers. */
export function refuseAnonymous(inner: Middleware): Middleware {
  return async (ctx, next) => {
    if (!isRest(ctx.req.url ?? '')) return next();
    if ((ctx.state.user as UserInfo).name === ANONYMOUS.name) throw unauthorized();
    return inner(ctx, next);
  };
}

/** The paths that are not Kubernetes' own; `/api/v1` is the core group there, and what REST does not serve falls through. */
function isRest(url: string): boolean {
  return !/^\/(apis|openapi(?!\.json)|version)/.test(url);
}

/**
 * A path that nobody serves is not found; whoever may not ask for it learns not even that, as everywhere in Kubernetes.
 * Below `/api/v1` it is: no client of REST expects to need a right to a path.
 */
export function refuseUnknown(authorizer: Authorizer): Middleware {
  return async (ctx) => {
    const user = ctx.state.user as UserInfo;
    const { path } = ctx;
    const verb = ctx.method.toLowerCase();
    if (!path.startsWith('/api/')) {
      const decision = await authorizer.authorize(user, { kind: 'nonResource', verb, path });
      if (!decision.allowed) throw forbidden({ user: user.name, verb, path }, decision.reason);
    }
    throw unknownPath();
  };
}

/** Lets `inner` be asked for one path, or those that are its own, only by whom the authorizer allows that path. */
export function authorizePath(
  own: string | ((path: string) => boolean),
  authorizer: Authorizer,
  inner: Middleware,
): Middleware {
  return async (ctx, next) => {
    const { path } = ctx;
    if (typeof own === 'string' ? path !== own : !own(path)) return next();
    const user = ctx.state.user as UserInfo;
    const verb = ctx.method.toLowerCase();
    const decision = await authorizer.authorize(user, { kind: 'nonResource', verb, path });
    if (!decision.allowed) throw forbidden({ user: user.name, verb, path }, decision.reason);
    return inner(ctx, next);
  };
}
