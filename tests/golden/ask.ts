import type { IncomingHttpHeaders } from 'node:http';
import { type Agent, request } from 'node:https';

/** One request as it goes over the wire: the path is sent as it is, odd as it may be. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Door {
  readonly port: number;
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  /** Default: a connection for each request. */
  readonly agent?: Agent;
}

/** Any status is an answer; rejects when none came within `timeoutMs`. */
export function ask(door: Door, { method, path, headers, body }: Asked, timeoutMs = 20_000): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const { port, ca, cert, key, servername, agent = false } = door;
  const options = { host: '127.0.0.1', port, ca, cert, key, servername, method, path, agent };
  const length =
    body === undefined || headers['transfer-encoding'] ? {} : { 'content-length': Buffer.byteLength(body) };
  const outgoing = request({ ...options, headers: { ...headers, ...length }, signal: AbortSignal.timeout(timeoutMs) });
  outgoing.once('error', reject);
  outgoing.once('response', (incoming) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.once('error', reject);
    incoming.once('end', () =>
      resolve({
        status: incoming.statusCode ?? 0,
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      }),
    );
  });
  outgoing.end(body);
  return promise;
}
