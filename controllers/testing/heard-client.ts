import type { KubeClient, KubeRequest, KubeResponse } from '../runtime/kube-client.ts';

/**
 * A client that knows what it has heard: how many requests have no answer yet, how many watches are open, and how many bytes
 * were read of them. Together with what the server wrote this tells when everything has arrived, without a wait.
 */
export class HeardClient implements KubeClient {
  readonly #client: KubeClient;
  readonly #watches = new Set<{ bytes: number }>();
  readonly #pending = new Set<symbol>();

  constructor(client: KubeClient) {
    this.#client = client;
  }

  get server(): string {
    return this.#client.server;
  }

  get pending(): number {
    return this.#pending.size;
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  get bytesHeard(): number {
    return [...this.#watches].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  async request(path: string, options: KubeRequest): Promise<KubeResponse> {
    const id = Symbol(path);
    const answered = (): void => void this.#pending.delete(id);
    this.#pending.add(id);
    options.signal.addEventListener('abort', answered, { once: true });
    try {
      const response = await this.#client.request(path, options);
      if (options.stream === true && response.status === 200) {
        answered();
        return { ...response, body: this.#heard(response.body, options.signal) };
      }
      const body = ended(response.body, answered);
      return { ...response, body, text: () => response.text().finally(answered) };
    } catch (error) {
      answered();
      throw error;
    }
  }

  /** It is open from now on: what reads it begins later. */
  #heard(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const watch = { bytes: 0 };
    const closed = (): void => void this.#watches.delete(watch);
    this.#watches.add(watch);
    signal.addEventListener('abort', closed, { once: true });
    return ended(body, closed, (bytes) => {
      watch.bytes += bytes;
    });
  }
}

async function* ended(
  body: AsyncIterable<Uint8Array>,
  closed: () => void,
  read: (bytes: number) => void = () => {},
): AsyncGenerator<Uint8Array, void, void> {
  try {
    for await (const chunk of body) {
      read(chunk.byteLength);
      yield chunk;
    }
  } finally {
    closed();
  }
}
