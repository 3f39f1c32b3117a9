import type { Registry } from 'prom-client';
import { Agent, request } from 'undici';
import { retryAfter } from './backend.ts';
import { type Clock, systemClock } from './clock.ts';
import { createRuntimeMetrics } from './metrics.ts';
import { RequestLimiter } from './request-limiter.ts';

/** A cluster's API server, as far as reading it and writing Leases needs it. */
export interface KubeClient {
  /** The server's URL, for messages. */
  readonly server: string;
  /** Rejects when the server cannot be reached or the signal aborts; any HTTP status is an answer. */
  request(path: string, options: KubeRequest): Promise<KubeResponse>;
}

export interface KubeRequest {
  readonly signal: AbortSignal;
  /** A watch: it lasts, so it does not count towards the limits. */
  readonly stream?: boolean;
  /** Default GET. */
  readonly method?: 'GET' | 'POST' | 'PUT';
  /** JSON. */
  readonly body?: string;
}

export interface KubeResponse {
  readonly status: number;
  /** Milliseconds of a Retry-After header. */
  readonly retryAfterMs?: number;
  /** Read it, or call `text()`, or abort the request's signal: else its connection stays occupied. */
  readonly body: AsyncIterable<Uint8Array>;
  text(): Promise<string>;
}

export interface KubeClientOptions {
  /** `https://host:port`, with a path when the API server is behind one. */
  server: string;
  /** PEM. */
  ca?: string | Buffer;
  cert?: string | Buffer;
  key?: string | Buffer;
  /** `insecure-skip-tls-verify` of a kubeconfig. Default false. */
  skipTlsVerify?: boolean;
  /** TLS server name when it differs from the host. */
  serverName?: string;
  /** Asked for every request, so that tokens can be renewed. */
  headers?: () => Promise<Record<string, string>>;
  /** Requests a second that are not watches, and how many may come at once. Default 50 and 100. */
  qps?: number;
  burst?: number;
  /** Requests at the same time that are not watches. Default 8. */
  concurrency?: number;
  /** For `rest_client_requests_total`. */
  registry?: Registry;
  clock?: Clock;
}

/** The server must begin to answer within this time; how long it may be silent later is the reader's business. */
const HEADERS_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * A client of one API server from connection details that somebody else found (only the command line reads a
 * kubeconfig). Client-side limits keep a start with many kinds from being a burst; watches do not count, because they
 * last.
 */
export function createKubeClient(options: KubeClientOptions): KubeClient & AsyncDisposable {
  const server = options.server.replace(/\/+$/, '');
  const { host } = new URL(server);
  const { requests } = createRuntimeMetrics(options.registry);
  const limiter = new RequestLimiter({
    qps: options.qps ?? 50,
    burst: options.burst ?? 100,
    concurrency: options.concurrency ?? 8,
    clock: options.clock ?? systemClock,
  });
  const agent = agentOf(options);
  return {
    server,
    async request(path, { signal, stream = false, method = 'GET', body: sent }) {
      const release = stream ? () => {} : await limiter.acquire(signal);
      try {
        const type = sent === undefined ? {} : { 'content-type': 'application/json' };
        const common = { accept: 'application/json', 'user-agent': 'faultline', ...type };
        const headers = { ...common, ...(await options.headers?.()) };
        const {
          statusCode,
          headers: answered,
          body,
        } = await request(`${server}${path}`, {
          ...{ dispatcher: agent, headers, signal, method },
          ...(sent !== undefined && { body: sent }),
        });
        requests.inc({ code: String(statusCode), method, host });
        const wait = retryAfter(answered['retry-after']);
        // The slot is held until the body is read: a list's body is the expensive part.
        body.once('close', release);
        // Whoever reads sees the error; an abort after the last read must not end the process.
        body.on('error', () => {});
        return { status: statusCode, ...(wait !== undefined && { retryAfterMs: wait }), body, text: () => body.text() };
      } catch (error) {
        release();
        if (!signal.aborted) requests.inc({ code: '<error>', method, host });
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      await agent.destroy();
    },
  };
}

function agentOf({ ca, cert, key, skipTlsVerify = false, serverName }: KubeClientOptions): Agent {
  return new Agent({
    connect: {
      timeout: CONNECT_TIMEOUT_MS,
      rejectUnauthorized: !skipTlsVerify,
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(serverName !== undefined && { servername: serverName }),
    },
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: 0,
    keepAliveTimeout: 30_000,
  });
}
