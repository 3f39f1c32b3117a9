import type { CredentialAuthenticator } from '../../apiserver/kube/access/index.ts';
import { type KiteOptions, kiteRoutes } from '../../apiserver/rest/kite/index.ts';
import { openKiteListener } from '../../apiserver/server/kite-listener.ts';
import { parseListenAddress } from '../../apiserver/server.ts';
import type { KiteChoice } from '../commands/flags.ts';
import type { Log } from '../log.ts';

export interface KiteWiring {
  readonly rest: KiteOptions;
  readonly tokens: CredentialAuthenticator;
  readonly log: Log;
  readonly drainMs: number;
}

/** Opens the listener of `--kite-listen`; undefined when it was not asked for. */
export async function startKite(
  { listen, identity, hosts }: KiteChoice,
  { rest, tokens, log, drainMs }: KiteWiring,
): Promise<AsyncDisposable | undefined> {
  if (listen === undefined || identity === undefined) return undefined;
  const address = parseListenAddress(listen);
  const routes = kiteRoutes(rest);
  const listener = await openKiteListener({ listen: address, identity, hosts, tokens, routes, logger: log, drainMs });
  const { name: user, groups } = identity;
  log.warn(
    { url: listener.url, user, groups },
    'the API of Kite is served over plain HTTP: whoever reaches it is this user',
  );
  return listener;
}
