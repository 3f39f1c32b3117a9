import Koa from 'koa';
import type { Authenticator, Authorizer } from '../kube/access/types.ts';
import { type DebugPages, debugEndpoints, isDebugPath } from '../rest/debug.ts';
import type { RequestHandler } from './application.ts';
import { envelope } from './envelope.ts';
import { authenticate, authorizePath, refuseUnknown } from './gates.ts';
import type { Logger } from './types.ts';

export interface DebugApplicationOptions {
  readonly authenticator: Authenticator;
  /** Asked about each path: nonResourceURLs `/debug`, `/debug/*`. */
  readonly authorizer: Authorizer;
  readonly pages: DebugPages;
  readonly logger: Logger;
}

/** `/debug` of a process that is no API server, as a server has it: the same credentials, the same rights, and nothing else. */
export function createDebugApplication(options: DebugApplicationOptions): RequestHandler {
  const { authenticator, authorizer, pages, logger } = options;
  const app = new Koa();
  app.on('error', (err: unknown) => logger.warn({ err }, 'answer could not be sent'));
  app.use(envelope(logger));
  app.use(authenticate(authenticator));
  app.use(authorizePath(isDebugPath, authorizer, debugEndpoints(pages)));
  app.use(refuseUnknown(authorizer));
  return app.callback();
}
