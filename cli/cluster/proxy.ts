import type { Socket } from 'node:net';
import { BlockList, isIP } from 'node:net';
import { Failure } from '../exit.ts';
import type { Streams } from '../streams.ts';

/** Opens a connection to a host through a proxy, for TLS to begin on it. */
export type Tunnel = (target: TunnelTarget) => Promise<Socket>;

export interface TunnelTarget {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

const TIMEOUT_MS = 10_000;

/**
 * The proxy of the environment for a server, as kubectl and curl read it: HTTPS_PROXY (for http:// servers HTTP_PROXY) unless
 * NO_PROXY names the host; lower case wins. Never for this machine itself. Throws a Failure for one that cannot be used.
 */
export function proxyOf(server: string, env: Streams['env']): URL | undefined {
  const { protocol, hostname, port } = new URL(server);
  const name = protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const proxy = read(env, name);
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (proxy === '' || isLoopback(host) || isExcepted(host, port || '443', read(env, 'NO_PROXY'))) return undefined;
  return proxyUrl(proxy.includes('://') ? proxy : `http://${proxy}`, name);
}

/** Throws a Failure that names `where` it comes from. */
export function proxyUrl(text: string, where: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // Its password is not for a screen.
  const shown = url ? `${url.protocol}//${url.host}` : 'what it says';
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new Failure(`${where}: ${shown} is no http:// or https:// proxy, which are the ones that faultline knows`);
}

/** By CONNECT, so that the proxy sees no more than where it goes. */
export function tunnelThrough(proxy: URL): Tunnel {
  const user = decodeURIComponent(proxy.username);
  const credentials = Buffer.from(`${user}:${decodeURIComponent(proxy.password)}`).toString('base64');
  const authorization = user === '' ? {} : { 'proxy-authorization': `Basic ${credentials}` };
  return async ({ host, port }) => {
    const { request } = proxy.protocol === 'https:' ? await import('node:https') : await import('node:http');
    const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    const asked = request({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...authorization },
      timeout: TIMEOUT_MS,
      agent: false,
    });
    const failed = (why: string) => reject(new Error(`the proxy ${proxy.host} does not connect to ${target}: ${why}`));
    asked.once('connect', ({ statusCode = 0 }, socket) => {
      socket.setTimeout(0);
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      failed(`it answered ${statusCode}`);
    });
    asked.once('response', ({ statusCode }) => failed(`it answered ${statusCode}`));
    asked.once('timeout', () => asked.destroy(new Error(`no answer within ${TIMEOUT_MS / 1_000} s`)));
    asked.once('error', (error: NodeJS.ErrnoException) => failed(error.message || String(error.code)));
    asked.end();
    return await promise;
  };
}

function read(env: Streams['env'], name: string): string {
  return (env[name.toLowerCase()] ?? env[name] ?? '').trim();
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

/** `*`, a host with its subdomains, `.suffix`, an address, a block of addresses; each perhaps with a port. */
function isExcepted(host: string, port: string, list: string): boolean {
  return list.split(',').some((entry) => {
    const text = entry.trim().toLowerCase();
    if (text === '*') return true;
    const [, bare = '', wanted] = /^(\[[^\]]+\]|[^:]+|[^:]*:.*:[^:]*?)(?::(\d+))?$/.exec(text) ?? [];
    const name = bare.replace(/^\[|\]$/g, '');
    if (name === '' || (wanted !== undefined && wanted !== port)) return false;
    if (name.includes('/')) return isWithin(host, name);
    if (isIP(host) !== 0) return host === name;
    return host === name.replace(/^\./, '')
      ? !name.startsWith('.')
      : host.endsWith(`.${name.replace(/^\.|^\*\./, '')}`);
  });
}

/** Such as the Services' of a cluster. */
function isWithin(host: string, block: string): boolean {
  const [network = '', bits = ''] = block.split('/');
  if (isIP(host) !== isIP(network) || isIP(host) === 0) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), isIP(host) === 4 ? 'ipv4' : 'ipv6');
  return list.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6');
}
