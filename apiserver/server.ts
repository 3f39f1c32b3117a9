import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { serviceUnavailable } from './kube/status.ts';
import type { HealthCheck } from './rest/health.ts';
import { createApplication, type RequestHandler } from './server/application.ts';
import { Connections } from './server/connections.ts';
import { toApiError } from './server/envelope.ts';
import { createListener, listen, refuseRaw, replaceCertificate, type ServingCertificate } from './server/listener.ts';
import type { ServerOptions } from './server/types.ts';

export { type ListenAddress, parseListenAddress, type ServingCertificate } from './server/listener.ts';
export type { KubernetesEndpoint, Logger, RequestState, ServerOptions, ShutdownOptions } from './server/types.ts';

/** For the connections of ended watches to be taken by a request, which is answered, or to rest. */
const SETTLE_MS = 1_000;

export interface ApiServer extends AsyncDisposable {
  /** Begins to listen. Rejects with one line that says what to do when the address is taken. */
  start(): Promise<{ readonly url: string }>;
  /** Stops as `ShutdownOptions` says; resolves when every connection is closed. Asked again, it is the same stop. */
  stop(): Promise<void>;
  /** Serves new connections with this certificate. */
  setCertificate(tls: ServingCertificate): void;
}

/**
 * The process's one door: TLS, who asks, health, then the REST routes and the Kubernetes API. Nothing but health is
 * answered before the caller is known.
 */
export function createServer(options: ServerOptions): ApiServer {
  return new Server(options);
}

class Server implements ApiServer {
  readonly #options: ServerOptions;
  readonly #listener;
  readonly #connections: Connections;
  #stopped: Promise<void> | undefined;

  constructor(options: ServerOptions) {
    this.#options = options;
    const handle = createApplication(options, this.#readiness());
    this.#listener = createListener(options.tls, (request, response) => this.#handle(request, response, handle));
    this.#connections = new Connections(this.#listener);
    this.#listener.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head));
  }

  async start(): Promise<{ readonly url: string }> {
    return { url: await listen(this.#listener, this.#options.listen) };
  }

  setCertificate(tls: ServingCertificate): void {
    replaceCertificate(this.#listener, tls);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    const { propagationMs = 0, drainMs = 1000 } = this.#options.shutdown ?? {};
    if (propagationMs > 0) await sleep(propagationMs);
    // Everything else is still answered: the clients of the watches come back over connections that are open here.
    await this.#options.kube.endWatches?.(drainMs / 2);
    // A watch could not say `Connection: close` when it began, so the aggregator holds its connection for an idle one that
    // may carry the next POST. What is used now ends with its answer; what is not used has no request on its way.
    if (propagationMs > 0) await sleep(Math.min(propagationMs, SETTLE_MS));
    await this.#connections.close(drainMs / 2);
  }

  #readiness(): HealthCheck[] {
    return [
      { name: 'tls', healthy: () => this.#listener.listening || this.#stopped !== undefined },
      { name: 'authentication-config', healthy: () => this.#options.clientAuthorities.current !== undefined },
      { name: 'shutdown', healthy: () => this.#stopped === undefined },
      ...(this.#options.ready ?? []),
    ];
  }

  #handle(request: IncomingMessage, response: ServerResponse, handle: RequestHandler): void {
    // From the first moment of a stop: the aggregator keeps idle connections for 90 s, and a POST on one that is being
    // closed is lost. This one ends with its answer, and the next request looks for another replica.
    if (this.#stopped !== undefined) response.setHeader('Connection', 'close');
    if (this.#connections.closing) {
      response.setHeader('Retry-After', '1');
      response.writeHead(503, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(serviceUnavailable('the server is stopping').toStatus()));
      return;
    }
    this.#connections.begin(response);
    void handle(request, response);
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { kube, logger } = this.#options;
    socket.on('error', () => socket.destroy()); // the client went away
    if (this.#connections.closing || kube.handleUpgrade === undefined) {
      refuseRaw(socket, serviceUnavailable('no WebSocket is served now'), { method: request.method });
      return;
    }
    this.#connections.upgraded(socket);
    try {
      await kube.handleUpgrade(request, socket, head);
    } catch (error) {
      const answer = toApiError(error);
      if (answer.code === 500) logger.error({ err: error, path: request.url }, 'upgrade failed');
      refuseRaw(socket, answer, { method: request.method });
    }
  }
}
