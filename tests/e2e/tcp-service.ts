/**
 * What a Service of a cluster is to our servers: new connections go to a replica that is ready, open ones stay where
 * they are.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { send } from '../controlplane/api-request.ts';

export class TcpService implements AsyncDisposable {
  readonly #server: Server;
  readonly #caPem: string;
  readonly #sockets = new Set<Socket>();
  readonly #ready = new Map<number, boolean>();
  readonly #probing: NodeJS.Timeout;
  #turn = 0;

  private constructor(caPem: string) {
    this.#caPem = caPem;
    this.#server = createServer((client) => this.#forward(client));
    this.#probing = setInterval(() => void this.#probe(), 200);
  }

  static async start(caPem: string): Promise<TcpService> {
    const service = new TcpService(caPem);
    service.#server.listen(0, 'localhost');
    await once(service.#server, 'listening');
    return service;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** A replica that gets connections while it is ready. */
  add(port: number): void {
    this.#ready.set(port, true);
  }

  remove(port: number): void {
    this.#ready.delete(port);
  }

  isReady(port: number): boolean {
    return this.#ready.get(port) ?? false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#probing);
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  async #probe(): Promise<void> {
    for (const port of [...this.#ready.keys()]) {
      const answer = await send(`https://localhost:${port}/readyz`, this.#caPem, { timeoutMs: 1_000 }).catch(
        () => undefined,
      );
      if (this.#ready.has(port)) this.#ready.set(port, answer?.status === 200);
    }
  }

  #forward(client: Socket): void {
    const ready = [...this.#ready].filter(([, is]) => is).map(([port]) => port);
    const port = ready[this.#turn++ % Math.max(1, ready.length)];
    if (port === undefined) return void client.destroy();
    const server = connect({ port, host: 'localhost' });
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.pipe(server).pipe(client);
  }
}
