/** What client-go's reflector does, in few lines: one list, then watches from the last number, and a list again after 410. */
import { request } from 'node:https';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KeyPair } from '../controlplane/certificates.ts';

export interface Endpoint {
  readonly url: string;
  readonly caPem: string;
  readonly as: KeyPair | { readonly token: string };
}

interface WatchedObject {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly resourceVersion: string };
  readonly code?: number;
}

interface WatchedList {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly WatchedObject[];
}

/** Follows a collection until it is disposed of. Where it reads may change while it runs: `endpoint` is asked each time. */
export class Informer implements AsyncDisposable {
  /** `namespace/name` → resourceVersion. */
  readonly state = new Map<string, string>();
  lists = 0;
  watches = 0;
  /** What no client should see: errors in a stream, cut streams, events that make no sense. */
  readonly faults: string[] = [];
  readonly #endpoint: () => Endpoint;
  readonly #path: string;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #resourceVersion = '';

  constructor(path: string, endpoint: () => Endpoint) {
    this.#path = path;
    this.#endpoint = endpoint;
    this.#running = this.#run();
  }

  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === '') await this.#list();
        else await this.#watch();
      } catch (error) {
        if (!signal.aborted) this.faults.push(String(error));
        await sleep(100);
      }
    }
  }

  async #list(): Promise<void> {
    this.lists++;
    const list = JSON.parse(await read(await this.#get(this.#path))) as WatchedList;
    this.state.clear();
    for (const object of list.items) this.state.set(keyOf(object), object.metadata.resourceVersion);
    this.#resourceVersion = list.metadata.resourceVersion;
  }

  async #watch(): Promise<void> {
    const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=${this.#resourceVersion}`;
    const response = await this.#get(`${this.#path}?${query}`);
    this.watches++;
    for await (const line of createInterface({ input: response })) {
      const { type, object } = JSON.parse(line) as { type: string; object: WatchedObject };
      if (type === 'ERROR') {
        if (object.code !== 410) this.faults.push(line);
        this.#resourceVersion = '';
        return;
      }
      this.#apply(type, object);
    }
  }

  #apply(type: string, object: WatchedObject): void {
    const { resourceVersion } = object.metadata;
    if (Number(resourceVersion) < Number(this.#resourceVersion)) this.faults.push(`${type} goes back`);
    this.#resourceVersion = resourceVersion;
    if (type === 'BOOKMARK') return;
    const key = keyOf(object);
    if (this.state.has(key) === (type === 'ADDED')) this.faults.push(`${type} ${key} makes no sense`);
    if (type === 'DELETED') this.state.delete(key);
    else this.state.set(key, resourceVersion);
  }

  /** A 503 with Retry-After is tried again, as client-go does. */
  async #get(path: string) {
    for (;;) {
      const response = await open(this.#endpoint(), path, this.#stop.signal);
      if (response.statusCode === 200) return response;
      const body = await read(response);
      if (response.headers['retry-after'] === undefined) throw new Error(`GET ${path}: ${response.statusCode} ${body}`);
      await sleep(Number(response.headers['retry-after']) * 1_000, undefined, { signal: this.#stop.signal });
    }
  }
}

/** One GET on a connection of its own; the answer is read by the caller. */
export async function open({ url, caPem, as }: Endpoint, path: string, signal?: AbortSignal) {
  const { promise, resolve, reject } = Promise.withResolvers<import('node:http').IncomingMessage>();
  const credentials = 'token' in as ? {} : { cert: as.certificatePem, key: as.keyPem };
  const headers = 'token' in as ? { authorization: `Bearer ${as.token}` } : {};
  const outgoing = request(`${url}${path}`, {
    ca: caPem,
    agent: false,
    headers: { accept: 'application/json', ...headers },
    ...credentials,
    ...(signal && { signal }),
  });
  outgoing.once('response', resolve).once('error', reject).end();
  return promise;
}

export async function read(response: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

function keyOf({ metadata: { namespace, name } }: WatchedObject): string {
  return `${namespace}/${name}`;
}
