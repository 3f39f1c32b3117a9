import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../controlplane/ports.ts';

/**
 * What a Service does for the servers behind it: one port whose connections go to a server that takes them. It stays
 * with the last server that did, so that whoever stops that server disturbs everybody.
 */
export class Service implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #targets: readonly number[];

  private constructor(port: number, targets: readonly number[]) {
    this.port = port;
    this.#targets = targets;
    this.#server = createServer((client) => void this.#serve(client));
  }

  static async start(targets: readonly number[]): Promise<Service> {
    const service = new Service(await freePort(), targets);
    service.#server.listen(service.port, '127.0.0.1');
    await once(service.#server, 'listening');
    return service;
  }

  /** Ports of the servers, the preferred one first. */
  route(targets: readonly number[]): void {
    this.#targets = targets;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(client: Socket): Promise<void> {
    this.#keep(client);
    for (const port of this.#targets) {
      const upstream = this.#keep(connect({ port, host: '127.0.0.1', noDelay: true }));
      const connected = await once(upstream, 'connect').then(
        () => true,
        () => false,
      );
      if (!connected) continue;
      this.#targets = [port, ...this.#targets.filter((other) => other !== port)];
      client.setNoDelay(true);
      client.pipe(upstream).pipe(client);
      client.once('close', () => upstream.destroy());
      upstream.once('close', () => client.destroy());
      return;
    }
    client.destroy();
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on('error', () => {}); // the other side closes with it
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }
}
