import type { Socket } from 'node:net';
import type { Registry } from 'prom-client';
import { Agent, buildConnector, type Dispatcher, request } from 'undici';
import { type Clock, systemClock } from './clock.ts';
import { type Credentials, CredentialsError, Renewal, type TlsMaterial } from './credentials.ts';
import { createRuntimeMetrics } from './metrics.ts';
import { RequestLimiter } from './request-limiter.ts';
import { retryAfter } from './retry-after.ts';

/** A cluster's API server, as far as reading it and writing Leases needs it. */
export interface KubeClient {
  /** The server's URL, for messages. */
  readonly server: string;
  /** Rejects when the server cannot be reached or the signal aborts; any HTTP status is an answer. */
  request(path: string, options: KubeRequest): Promise<KubeResponse>;
}

export interface KubeRequest {
  readonly signal: AbortSignal;
  /** A watch: it lasts, so it takes none of the places for requests at the same time. */
  readonly stream?: boolean;
  /** Default GET. */
  readonly method?: 'GET' | 'POST' | 'PUT';
  /** JSON. */
  readonly body?: string;
  /** The Accept header. Default `application/json`. */
  readonly accept?: string;
}

export interface KubeResponse {
  readonly status: number;
  /** Milliseconds of a Retry-After header. */
  readonly retryAfterMs?: number;
  /** Read it, or call `text()`, or abort the request's signal: else its connection stays occupied. */
  readonly body: AsyncIterable<Uint8Array>;
  text(): Promise<string>;
}

export interface KubeClientOptions extends TlsMaterial, Credentials {
  /** `https://host:port`, with a path when the API server is behind one. */
  server: string;
  /** `insecure-skip-tls-verify` of a kubeconfig. Default false. */
  skipTlsVerify?: boolean;
  /** TLS server name when it differs from the host. */
  serverName?: string;
  /** Opens connections through a proxy; default: directly. */
  tunnel?: (target: { readonly host: string; readonly port: number }) => Promise<Socket>;
  /** Requests a second, opened watches among them, and how many may come at once. Default 50 and 100. */
  qps?: number;
  burst?: number;
  /** Requests at the same time that read and are not watches. Default 8. */
  concurrency?: number;
  /** The server must begin to answer within this time, ms. Default 60,000. */
  headersTimeoutMs?: number;
  /** A list that stops in the middle for so long is given up, ms. Default 60,000. */
  bodyTimeoutMs?: number;
  /** For `rest_client_requests_total`. */
  registry?: Registry;
  clock?: Clock;
}

const HEADERS_TIMEOUT_MS = 60_000;
const BODY_TIMEOUT_MS = 60_000;
/** A watch may be silent for longer than a list, and whoever reads it decides for how long: this is never reached. */
const STREAM_TIMEOUT_MS = 180_000;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * A client of one API server from connection details that somebody else found (only the command line reads a
 * kubeconfig). One agent serves all watches and lists; limits on our side keep a start with many kinds, or the return of
 * an API server, from being a burst. What the server refuses (401, or a certificate that one of the two does not believe)
 * is asked once more with renewed credentials and on new connections.
 */
export function createKubeClient(options: KubeClientOptions): KubeClient & AsyncDisposable {
  return new UndiciKubeClient(options);
}

class UndiciKubeClient implements KubeClient, AsyncDisposable {
  readonly server: string;
  readonly #options: KubeClientOptions;
  readonly #host: string;
  readonly #clock: Clock;
  readonly #limiter: RequestLimiter;
  readonly #renewal: Renewal | undefined;
  readonly #requests: ReturnType<typeof createRuntimeMetrics>['requests'];
  #agent: Agent;
  /** Watches end on the connections of before. */
  readonly #agents = new Set<Agent>();

  constructor(options: KubeClientOptions) {
    this.#options = options;
    this.server = options.server.replace(/\/+$/, '');
    this.#host = new URL(this.server).host;
    this.#clock = options.clock ?? systemClock;
    this.#requests = createRuntimeMetrics(options.registry).requests;
    this.#limiter = new RequestLimiter({
      qps: options.qps ?? 50,
      burst: options.burst ?? 100,
      concurrency: options.concurrency ?? 8,
      clock: this.#clock,
    });
    this.#agent = this.#connect();
    const { renew } = options;
    this.#renewal = renew && new Renewal(() => this.#renew(renew), this.#clock);
  }

  async request(path: string, asked: KubeRequest): Promise<KubeResponse> {
    const { signal, stream = false, method = 'GET' } = asked;
    let release = (): void => {};
    // A Lease must not wait for lists that came to a stop.
    if (stream || method !== 'GET') await this.#limiter.pass(signal);
    else release = await this.#limiter.acquire(signal);
    try {
      const { statusCode, headers, body } = await this.#believed(path, asked);
      const wait = retryAfter(headers['retry-after']);
      // The slot is held until the body is read: a list's body is the expensive part.
      body.once('close', release);
      // Whoever reads sees the error; an abort after the last read must not end the process.
      body.on('error', () => {});
      return { status: statusCode, ...(wait !== undefined && { retryAfterMs: wait }), body, text: () => body.text() };
    } catch (error) {
      release();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#agents].map((agent) => agent.destroy()));
  }

  /** Once more with other credentials when these are refused and there may be others. */
  async #believed(path: string, asked: KubeRequest): Promise<Dispatcher.ResponseData> {
    const since = this.#clock.now();
    const first = await this.#send(path, asked).catch((error: unknown) => {
      if (isTlsError(error)) return { error };
      throw error;
    });
    if (!('error' in first) && first.statusCode !== 401) return first;
    if (!asked.signal.aborted && (await this.#renewal?.since(since))) {
      if (!('error' in first)) await first.body.dump();
      return await this.#send(path, asked);
    }
    if ('error' in first) throw first.error;
    return first;
  }

  async #send(path: string, asked: KubeRequest): Promise<Dispatcher.ResponseData> {
    const { signal, stream, method = 'GET', body, accept = 'application/json' } = asked;
    const count = (code: string): void => this.#requests.inc({ code, method, host: this.#host });
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const headers = { accept, 'user-agent': 'faultline', ...type, ...(await this.#headers()) };
    const bodyTimeout = stream ? STREAM_TIMEOUT_MS : (this.#options.bodyTimeoutMs ?? BODY_TIMEOUT_MS);
    try {
      const response = await request(`${this.server}${path}`, {
        ...{ dispatcher: this.#agent, headers, signal, bodyTimeout, method },
        ...(body !== undefined && { body }),
      });
      count(String(response.statusCode));
      return response;
    } catch (error) {
      if (!signal.aborted) count('<error>');
      throw error;
    }
  }

  async #headers(): Promise<Record<string, string | string[]>> {
    try {
      return (await this.#options.headers?.()) ?? {};
    } catch (error) {
      throw new CredentialsError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  async #renew(renew: () => Promise<void>): Promise<void> {
    await renew();
    // A connection keeps the certificate that it was opened with.
    const before = this.#agent;
    this.#agent = this.#connect();
    const forget = (): void => void this.#agents.delete(before);
    before.close().then(forget, forget);
  }

  #connect(): Agent {
    const { ca, cert, key, tls, skipTlsVerify = false, serverName, tunnel } = this.#options;
    const fixed: TlsMaterial = { ca, cert, key };
    const connectorOf = (material: TlsMaterial): buildConnector.connector =>
      buildConnector({
        // One connection a watch: a cut or stalled one takes no other along.
        allowH2: false,
        timeout: CONNECT_TIMEOUT_MS,
        rejectUnauthorized: !skipTlsVerify,
        ...(material.ca !== undefined && { ca: material.ca }),
        ...(material.cert !== undefined && { cert: material.cert }),
        ...(material.key !== undefined && { key: material.key }),
        ...(serverName !== undefined && { servername: serverName }),
      });
    let last: { material: TlsMaterial; connector: buildConnector.connector } | undefined;
    const agent = new Agent({
      connect: (target, callback) => {
        const material = Promise.resolve(tls?.() ?? fixed).catch((error: Error) => {
          throw new CredentialsError(error.message, { cause: error });
        });
        const place = { host: target.hostname.replace(/^\[|\]$/g, ''), port: Number(target.port || 443) };
        Promise.all([material, tunnel?.(place)]).then(
          ([found, httpSocket]) => {
            if (last?.material !== found) last = { material: found, connector: connectorOf(found) };
            last.connector({ ...target, ...(httpSocket && { httpSocket }) }, callback);
          },
          (error: Error) => callback(error, null),
        );
      },
      allowH2: false,
      headersTimeout: this.#options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS,
      keepAliveTimeout: 30_000,
    });
    this.#agents.add(agent);
    return agent;
  }
}

/** The handshake failed because one side does not believe the other's certificate. */
function isTlsError(error: unknown): boolean {
  const { code = '', cause } = error as { code?: string; cause?: unknown };
  if (/^(ERR_TLS_|ERR_SSL_|CERT_|SELF_SIGNED_|UNABLE_TO_|DEPTH_ZERO_)/.test(code)) return true;
  return cause instanceof Error && isTlsError(cause);
}
