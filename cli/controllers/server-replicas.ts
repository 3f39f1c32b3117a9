import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { Dispatcher } from 'undici';
import { connectingTo, type TlsFiles } from './backend-dispatcher.ts';

/**
 * Every process behind `name`, or `name:port` (default: the port of the URL), by address, and what connects to that one
 * alone: whoever is asked has to be reached, not anybody. Rejects when the name cannot be resolved.
 */
export function serverReplicas(
  name: string,
  files: TlsFiles,
  resolve: (name: string) => Promise<readonly LookupAddress[]> = (host) => lookup(host, { all: true }),
): () => Promise<ReadonlyMap<string, () => Dispatcher>> {
  const [, host = name, port = ''] = /^(.+?)(?::(\d+))?$/.exec(name) ?? [];
  return async () => {
    const addresses = await resolve(host);
    return new Map(addresses.map(({ address }) => [address, () => connectingTo({ address, port }, files)]));
  };
}
