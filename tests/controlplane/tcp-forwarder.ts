import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Connections to one port go on to another one of this machine: what kube-proxy does for Services. */
export class TcpForwarder implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** `target`: asked for each new connection; undefined: nobody is there. Open ones stay where they are. */
  constructor(target: () => { readonly port: number; readonly host: string } | undefined) {
    this.#server = createServer((client) => {
      const to = target();
      if (to === undefined) client.destroy();
      else this.#forward(client, connect(to));
    });
  }

  /** Port 0: any that is free. */
  async listen(port: number, host: string): Promise<void> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends all connections, as when a machine between goes away. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
  }

  #forward(client: Socket, server: Socket): void {
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
