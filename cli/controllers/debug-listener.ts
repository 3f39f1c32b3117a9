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
import { type ListenAddress, listen } from '../../apiserver/server/listener.ts';
import type { Manager } from '../../controllers/runtime/index.ts';
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
 * `get` the path, as at a server; a cluster that cannot be asked is 503. Rejects with one line where it cannot listen.
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
  await listen(server, address, { scheme: 'http', flag: '--debug-listen' });
  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
