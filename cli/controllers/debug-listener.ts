import { createServer } from 'node:http';
import {
  bearerTokenAuthenticator,
  type ClusterApi,
  createAuthenticator,
  createAuthorizer,
  subjectAccessReviewAuthorizer,
} from '../../apiserver/kube/access/index.ts';
import { type DebugPages, PROCESS_PAGES } from '../../apiserver/rest/debug.ts';
import { createDebugApplication } from '../../apiserver/server/debug-application.ts';
import type { ListenAddress } from '../../apiserver/server/listener.ts';
import type { Manager } from '../../controllers/runtime/index.ts';
import { Failure } from '../exit.ts';
import type { Log } from '../log.ts';

/** What `/debug` of the controllers tells, besides what every process does. */
export function controllerPages(manager: Pick<Manager, 'inside' | 'leadership' | 'status'>): DebugPages {
  return {
    ...PROCESS_PAGES,
    controllers: () => manager.status(),
    leadership: () => manager.leadership(),
    queues: () => {
      const { queues, buffered } = manager.inside();
      return { queues, bufferedReports: buffered };
    },
    reflectors: () => manager.inside().informers,
  };
}

export interface DebugListenerOptions {
  /** On the loopback interface: what asks brings a token, and there is no TLS. */
  readonly address: ListenAddress;
  readonly pages: DebugPages;
  /** Who says whose a token is (TokenReview), and what that user may (SubjectAccessReview). */
  readonly api: ClusterApi;
  readonly log: Log;
  /** ms. */
  readonly now: () => number;
}

/**
 * `/debug` of the controllers, for `kubectl port-forward`. Whoever asks brings a token of the cluster and needs the right to
 * `get` the path, as at a server; a cluster that cannot be asked is 503. Throws a Failure where it cannot listen.
 */
export async function serveDebug({ address, pages, api, log, now }: DebugListenerOptions): Promise<AsyncDisposable> {
  const handle = createDebugApplication({
    authenticator: createAuthenticator({
      credentials: [bearerTokenAuthenticator({ api, now })],
      onFault: (fault) => log.warn({ fault }, 'a credential for /debug was refused'),
    }),
    authorizer: createAuthorizer(subjectAccessReviewAuthorizer({ api, now })),
    pages,
    logger: log,
  });
  const server = createServer((request, response) => void handle(request, response));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (cause: NodeJS.ErrnoException) => {
    const where = `${address.host}:${address.port}`;
    reject(new Failure(`cannot listen on ${where} (${cause.code}): choose another with --debug-listen`, { cause }));
  });
  server.listen(address.port, address.host, resolve);
  await promise;
  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
