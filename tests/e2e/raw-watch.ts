/** A watch as bytes over the API server: its status, its events one by one, and whether it has ended. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { createInterface } from 'node:readline';
import type { ControlPlane } from '../controlplane/control-plane.ts';

export interface WatchEventJson {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: {
    readonly metadata: { readonly name: string; readonly resourceVersion: string };
    readonly spec: { readonly subject: { readonly name: string } };
  };
}

export class RawWatch implements AsyncDisposable {
  readonly status: number;
  readonly #response: IncomingMessage;
  readonly #lines: AsyncIterator<string>;

  private constructor(response: IncomingMessage) {
    this.#response = response;
    this.status = response.statusCode ?? 0;
    this.#lines = createInterface({ input: response })[Symbol.asyncIterator]();
  }

  /** As the administrator; any status is an answer. */
  static async open(plane: ControlPlane, path: string): Promise<RawWatch> {
    const { certificatePem: cert, keyPem: key } = plane.admin;
    const outgoing = request(`${plane.url}${path}`, { ca: plane.caPem, cert, key, agent: false });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    response.on('error', () => undefined); // shows as the end
    return new RawWatch(response);
  }

  /** Of a refusal that is to be asked again: in seconds. */
  get retryAfter(): number | undefined {
    const seconds = Number(this.#response.headers['retry-after']);
    return this.status === 429 && seconds > 0 ? seconds : undefined;
  }

  get ended(): boolean {
    return this.#response.readableEnded || this.#response.destroyed;
  }

  /** The next event; undefined at the end, an error after 30 s without one. */
  async next(): Promise<WatchEventJson | undefined> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error('no event for 30 s')), 30_000);
    try {
      const { value, done } = await Promise.race([this.#lines.next(), late.promise]);
      return done ? undefined : (JSON.parse(value) as WatchEventJson);
    } finally {
      clearTimeout(timer);
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchEventJson> {
    for (let event = await this.next(); event; event = await this.next()) yield event;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#response.destroy();
  }
}
