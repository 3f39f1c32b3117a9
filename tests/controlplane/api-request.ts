import { type IncomingHttpHeaders, request } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import type { KeyPair } from './certificates.ts';

export interface ApiRequest {
  /** Default GET. */
  readonly method?: string;
  /** An object is sent as JSON. */
  readonly body?: unknown;
  /** Default `accept: application/json`, and with a body `content-type: application/json`. Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Who asks. Default in ControlPlane.request: the administrator. */
  readonly as?: KeyPair | { readonly token: string } | 'anonymous';
  /** Default 10 s. */
  readonly timeoutMs?: number;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One request on a connection of its own. Any status is an answer; rejects only when none came. */
export async function send(url: string, caPem: string, options: ApiRequest): Promise<ApiResponse> {
  const { as = 'anonymous', body, method = 'GET', timeoutMs = 10_000 } = options;
  const credentials = as !== 'anonymous' && 'keyPem' in as ? { cert: as.certificatePem, key: as.keyPem } : {};
  const headers = {
    accept: 'application/json',
    ...(as !== 'anonymous' && 'token' in as ? { authorization: `Bearer ${as.token}` } : {}),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...options.headers,
  };
  const { promise, resolve, reject } = Promise.withResolvers<ApiResponse>();
  const signal = AbortSignal.timeout(timeoutMs);
  const start = url.startsWith('https:') ? tlsRequest : request;
  const outgoing = start(url, { method, headers, ca: caPem, agent: false, signal, ...credentials }, (incoming) => {
    text(incoming).then(
      (content) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: content }),
      reject,
    );
  });
  outgoing.once('error', (cause) => reject(new Error(`${method} ${url}: ${cause.message}`, { cause })));
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}
