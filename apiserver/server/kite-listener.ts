import { createServer, type IncomingMessage } from 'node:http';
import Koa, { type Context, type Middleware } from 'koa';
import { createAuthenticator } from '../kube/access/authenticator.ts';
import type { CredentialAuthenticator } from '../kube/access/credentials.ts';
import { presentedToken } from '../kube/access/presented-token.ts';
import type { UserInfo } from '../kube/access/types.ts';
import { userOf } from '../kube/filters.ts';
import { Connections } from './connections.ts';
import { toApiError } from './envelope.ts';
import { isLoopback, KnownHosts } from './kite-hosts.ts';
import { type ListenAddress, listen } from './listener.ts';
import type { Logger } from './types.ts';

export interface KiteListenerOptions {
  readonly listen: ListenAddress;
  /** Who asks without a token. Authorized like everybody. */
  readonly identity: UserInfo;
  /** Further names by which clients reach this listener, as in Host. */
  readonly hosts?: readonly string[];
  /** Whoever has a token is its user. */
  readonly tokens: CredentialAuthenticator;
  /** `kiteRoutes`; nothing else is served here. */
  readonly routes: Middleware;
  readonly logger: Logger;
  /** For running requests to end, ms. */
  readonly drainMs: number;
}

export interface KiteListener extends AsyncDisposable {
  readonly url: string;
}

/** Whole header of a request. */
const MAX_HEADER_BYTES = 16 * 1024;
/** Above the 90 s after which Go's clients close idle connections. */
const KEEP_ALIVE_MS = 100_000;

/**
 * Kite's API over plain HTTP, for Kite's clients, which know neither TLS nor tokens: whoever reaches the address is
 * `identity`. So it is off unless asked for, and refuses what only a browser that was lured would send: an unknown Host or
 * Origin, a body that is not JSON. A token on the wire beyond this machine is refused, so that nobody gets used to it.
 */
export async function openKiteListener(options: KiteListenerOptions): Promise<KiteListener> {
  const { identity, hosts, logger, drainMs } = options;
  const authenticator = createAuthenticator({ credentials: [options.tokens, everybody(identity)] });
  const known = new KnownHosts(options.listen.host, hosts);
  const app = new Koa();
  app.on('error', (err: unknown) => logger.warn({ err }, 'answer could not be sent'));
  app.use(envelope(logger));
  app.use(refuseForeign(known));
  app.use(async (ctx, next) => {
    ctx.state.user = userOf(await authenticator.authenticate(ctx.req));
    return next();
  });
  app.use(options.routes);
  const handle = app.callback();
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, maxHeaderSize: MAX_HEADER_BYTES },
    (request, response) => {
      connections.begin(response);
      void handle(request, response);
    },
  );
  const connections = new Connections(server);
  const url = await listen(server, options.listen, { scheme: 'http', flag: '--kite-listen' });
  return { url, [Symbol.asyncDispose]: () => connections.close(drainMs) };
}

/** Who has no credential at all: one that is wrong must not be taken for none. */
function everybody(user: UserInfo): CredentialAuthenticator {
  return {
    check: (request) => {
      if (!hasCredential(request)) return { kind: 'user', user };
      return { kind: 'invalid', message: 'no valid bearer token' };
    },
  };
}

function hasCredential(request: IncomingMessage): boolean {
  return request.headers.authorization !== undefined || presentedToken(request).kind !== 'absent';
}

function refuseForeign(known: KnownHosts): Middleware {
  return async (ctx, next) => {
    const { headers } = ctx.req;
    if (!known.knows(headers.host)) {
      return refuse(ctx, 421, `unknown Host ${JSON.stringify(headers.host ?? '')}: name it with --kite-host`);
    }
    if (!known.knowsOrigin(headers.origin)) {
      return refuse(ctx, 403, `requests from pages of ${JSON.stringify(headers.origin)} are not taken`);
    }
    if (hasCredential(ctx.req) && !isLoopback(ctx.req.socket.remoteAddress)) {
      return refuse(
        ctx,
        403,
        'tokens are not taken over plain HTTP from another machine: use the TLS address of the server',
      );
    }
    if (hasBody(ctx.req) && mediaType(headers['content-type']) !== 'application/json') {
      return refuse(ctx, 415, 'the body must be application/json');
    }
    return next();
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function mediaType(header: string | undefined): string {
  return (header ?? '').split(';', 1).join('').trim().toLowerCase();
}

function refuse(ctx: Context, status: number, error: string): void {
  ctx.status = status;
  ctx.set('Connection', 'close'); // nobody reads its body
  ctx.body = { error };
}

/** Errors as Kite's clients know them; what nobody serves as the router of Kite answers it. */
function envelope(logger: Logger): Middleware {
  return async (ctx, next) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.set('X-Content-Type-Options', 'nosniff');
    try {
      await next();
      if (ctx.status === 404 && ctx.body == null) {
        ctx.status = 404;
        ctx.body = '404 page not found';
      }
    } catch (error) {
      const answer = toApiError(error);
      if (answer.code === 500) logger.error({ err: error, method: ctx.method, path: ctx.path }, 'request failed');
      const retryAfter = answer.details?.retryAfterSeconds;
      ctx.status = answer.code;
      if (retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter));
      ctx.body = { error: answer.code === 500 ? 'Internal error' : answer.message };
    }
  };
}
