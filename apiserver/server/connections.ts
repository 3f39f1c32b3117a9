import type { Server as HttpServer, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';

/** What is open: running requests, and connections that became WebSockets, which `https.Server` forgets about. */
export class Connections {
  readonly #server: HttpServer | HttpsServer;
  readonly #upgraded = new Set<Duplex>();
  #running = 0;
  #closing = false;
  #idle: (() => void) | undefined;

  constructor(server: HttpServer | HttpsServer) {
    this.#server = server;
  }

  /** True from the moment that new requests are refused. */
  get closing(): boolean {
    return this.#closing;
  }

  begin(response: ServerResponse): void {
    this.#running++;
    response.once('close', () => {
      this.#running--;
      this.#settle();
    });
  }

  upgraded(socket: Duplex): void {
    this.#upgraded.add(socket);
    socket.once('close', () => {
      this.#upgraded.delete(socket);
      this.#settle();
    });
  }

  /** Takes no new connection, waits at most `drainMs` for what runs, then closes everything. */
  async close(drainMs: number): Promise<void> {
    this.#closing = true;
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const { promise: idle, resolve: becomeIdle } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#idle = becomeIdle;
    this.#settle();
    const timer = setTimeout(becomeIdle, drainMs);
    await idle;
    clearTimeout(timer);
    for (const socket of this.#upgraded) socket.destroy();
    this.#server.closeAllConnections();
    await closed;
  }

  #settle(): void {
    if (!this.#closing) return;
    this.#server.closeIdleConnections();
    if (this.#running === 0 && this.#upgraded.size === 0) this.#idle?.();
  }
}
