import { isIP } from 'node:net';

/**
 * Which names the plain listener answers to. Any page in a browser may send requests to 127.0.0.1, and by a name of its own
 * that leads there (DNS rebinding) read the answers; the name is in Host, and where a page sends a request, its own in Origin.
 */
export class KnownHosts {
  readonly #names: ReadonlySet<string>;

  /** `listening`: the host that is listened on. `more`: further names by which clients reach it. */
  constructor(listening: string, more: readonly string[] = []) {
    this.#names = new Set(['localhost', '127.0.0.1', '[::1]', bracketed(listening), ...more.map(bracketed)]);
  }

  /** `host`: the header Host, with or without a port. */
  knows(host: string | undefined): boolean {
    const name = host?.replace(/:\d{1,5}$/, '').toLowerCase();
    return name !== undefined && this.#names.has(name);
  }

  /** No origin is no browser's page, or one that only reads. */
  knowsOrigin(origin: string | undefined): boolean {
    return origin === undefined || this.knows(URL.parse(origin)?.host);
  }
}

/** True for an address that no other machine can have. */
export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(::1$|(::ffff:)?127\.\d)/.test(address);
}

function bracketed(host: string): string {
  const name = host.toLowerCase();
  return isIP(name) === 6 ? `[${name}]` : name;
}
