import { constants } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo, Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { ApiError, badRequest } from '../kube/status.ts';

export interface ServingCertificate {
  /** PEM, with intermediates when there are any. */
  readonly cert: string;
  readonly key: string;
}

/** How long a connection may be idle. Above 90 s, after which Go's clients close theirs: else a POST meets a closed socket (H1). */
const KEEP_ALIVE_MS = 100_000;
/** Whole header of a request; above the idle time, as Node wants it. */
const HEADERS_MS = 110_000;
const NO_EXPECTATION = 'no other expectation than 100-continue is met here';
/** For a refused client to read why before its connection is cut, even while it still sends. */
const LINGER_MS = 500;
/** Of IPv4 too, where there is IPv6. */
const EVERY_ADDRESS = '::';
/** A user in 200 groups has 200 headers (H5). */
const MAX_HEADER_BYTES = 64 * 1024;

/**
 * HTTP/1.1 over TLS and nothing else (design.md decision 12). Every client is asked for a certificate, none is
 * required and none is believed here: who it proves is judged per authority in `apiserver/kube/access` (A1, A2).
 */
export function createListener(certificate: ServingCertificate, onRequest: RequestListener): Server {
  const server = createServer(
    {
      ...secureContext(certificate),
      ALPNProtocols: ['http/1.1'],
      requestCert: true,
      rejectUnauthorized: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: HEADERS_MS,
      requestTimeout: 300_000, // of receiving a request; long answers such as watches are not cut (H3)
    },
    onRequest,
  );
  server.timeout = 0;
  server.maxRequestsPerSocket = 0;
  server.on('clientError', answerUnreadable);
  server.on('checkExpectation', ({ socket, method }) =>
    refuseRaw(socket, badRequest(NO_EXPECTATION), { code: 417, method }),
  ); // Node's 417 is no Status
  return server;
}

/** Serves new connections with another certificate; open ones stay (X12). */
export function replaceCertificate(server: Server, certificate: ServingCertificate): void {
  server.setSecureContext(secureContext(certificate));
}

function secureContext({ cert, key }: ServingCertificate): ServerOptions {
  return {
    cert,
    key,
    ca: [], // nobody is trusted here, and a client with certificates of several authorities is asked for any
    minVersion: 'TLSv1.2',
    // A resumed session carries the client's certificate without its intermediates, and outlives a changed authority.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  };
}

/** Where to listen. `host` is a name or address without brackets. */
export interface ListenAddress {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

/** `127.0.0.1:7443`, `[::1]:7443`, `:7443` (all addresses) or `7443` (loopback). */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:(?:\[([^\]]+)\]|([^:]*)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new Error(
      `listen address ${JSON.stringify(text)} is not <host>:<port>, such as 127.0.0.1:7443 or [::1]:7443`,
    );
  }
  const host = match[1] ?? match[2];
  return { host: host === undefined ? '127.0.0.1' : host || EVERY_ADDRESS, port };
}

/** Begins to listen; resolves with the URL that clients on this machine use. Rejects with one line that says what to do. */
export async function listen(
  server: NetServer,
  address: ListenAddress,
  { scheme = 'https', flag = '--listen' } = {},
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  // Every address is left to Node: where the kernel has no IPv6 it takes 0.0.0.0, and refuses `::`.
  const { port: wanted, host } = address;
  server.listen({ port: wanted, ...(host !== EVERY_ADDRESS && { host }) }, resolve);
  try {
    await promise;
  } catch (cause) {
    throw new Error(listenFault(cause as NodeJS.ErrnoException, address, flag), { cause });
  } finally {
    server.off('error', reject);
  }
  const { port, family, address: bound } = server.address() as AddressInfo;
  if (bound === '::' || bound === '0.0.0.0') return `${scheme}://localhost:${port}`;
  return `${scheme}://${family === 'IPv6' ? `[${bound}]` : bound}:${port}`;
}

function listenFault({ code, message }: NodeJS.ErrnoException, { host, port }: ListenAddress, flag: string): string {
  const where = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  if (code === 'EADDRINUSE') {
    return `${where} is taken by another process: stop it, or choose another port with ${flag} ${host.includes(':') ? `[${host}]` : host}:${port + 1}`;
  }
  if (code === 'EACCES') return `not allowed to listen on ${where}: choose a port above 1023 with ${flag}`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `${host} is no address of this machine: choose another with ${flag}`;
  }
  return `cannot listen on ${where}: ${message}`;
}

/** What HTTP's parser refuses never becomes a request; the answer is a Status all the same (E1). */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (socket.writableEnded) return; // what follows an unreadable beginning is unreadable too, and already answered
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    refuseRaw(socket, new ApiError('BadRequest', `request header is larger than ${MAX_HEADER_BYTES} bytes`), {
      code: 431,
    });
  } else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    refuseRaw(socket, new ApiError('BadRequest', 'the request was not received in time'), { code: 408 });
  } else refuseRaw(socket, badRequest('this is not a readable HTTP/1.1 request'));
}

/**
 * Answers on a socket that has no ServerResponse (an upgrade, an unreadable request), and closes it. `method`, where it is
 * known: HEAD gets headers alone.
 */
export function refuseRaw(
  socket: Duplex,
  error: ApiError,
  { code = error.code, method }: { readonly code?: number; readonly method?: string | undefined } = {},
): void {
  const body = JSON.stringify({ ...error.toStatus(), code });
  const retry = error.details?.retryAfterSeconds;
  socket.end(
    [
      `HTTP/1.1 ${code} ${error.reason}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...(retry === undefined ? [] : [`Retry-After: ${retry}`]),
      'Connection: close',
      '',
      method === 'HEAD' ? '' : body,
    ].join('\r\n'),
    () => setTimeout(() => socket.destroy(), LINGER_MS).unref(),
  );
}
