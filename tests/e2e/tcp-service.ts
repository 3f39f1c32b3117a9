/**
 * What a Service of a cluster is to our servers: new connections go to a replica that is ready, open ones stay where
 * they are.
 */
import { send } from '../controlplane/api-request.ts';
import { TcpForwarder } from '../controlplane/tcp-forwarder.ts';

export class TcpService implements AsyncDisposable {
  readonly #forwarder = new TcpForwarder(() => this.#next());
  readonly #caPem: string;
  readonly #ready = new Map<number, boolean>();
  readonly #probing: NodeJS.Timeout;
  #turn = 0;

  private constructor(caPem: string) {
    this.#caPem = caPem;
    this.#probing = setInterval(() => void this.#probe(), 200);
  }

  static async start(caPem: string): Promise<TcpService> {
    const service = new TcpService(caPem);
    await service.#forwarder.listen(0, 'localhost');
    return service;
  }

  get port(): number {
    return this.#forwarder.port;
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
    await this.#forwarder[Symbol.asyncDispose]();
  }

  async #probe(): Promise<void> {
    for (const port of [...this.#ready.keys()]) {
      const answer = await send(`https://localhost:${port}/readyz`, this.#caPem, { timeoutMs: 1_000 }).catch(
        () => undefined,
      );
      if (this.#ready.has(port)) this.#ready.set(port, answer?.status === 200);
    }
  }

  #next(): { port: number; host: string } | undefined {
    const ready = [...this.#ready].filter(([, is]) => is).map(([port]) => port);
    const port = ready[this.#turn++ % Math.max(1, ready.length)];
    return port === undefined ? undefined : { port, host: 'localhost' };
  }
}
