import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import Koa from 'koa';
import type { Authentication, Decision, UserInfo } from '../access/types.ts';
import { KubeApi, type KubeApiOptions } from '../api.ts';
import type { Access } from '../filters.ts';
import type { ResourceDefinition } from '../resource.ts';
import type { ArraySource } from './array-source.ts';
import { type Widget, widgetDefinition, widgetSource } from './widgets.ts';

/** The API behind Koa on a port of its own, with widgets from an ArraySource, and a client that hides nothing. */
export class TestApi implements AsyncDisposable {
  readonly source: ArraySource<Widget>;
  readonly api: KubeApi;
  /** What the authorizer was asked, and who may. Default: everybody everything. */
  allow: (user: UserInfo, attributes: object) => Decision = () => ({ allowed: true });
  /** Who asks next. */
  user: UserInfo = { name: 'u', groups: ['system:authenticated'] };
  readonly asked: object[] = [];
  readonly errors: unknown[] = [];
  readonly #server;

  private constructor(options: TestApiOptions) {
    this.source = options.source ?? widgetSource();
    this.api = new KubeApi({
      resources: [widgetDefinition(this.source), ...(options.more ?? [])],
      version: { gitVersion: 'v1.34.1+test' },
      access: {
        authenticator: { authenticate: () => ({ outcome: 'user', user: this.user }) },
        authorizer: {
          authorize: (user, attributes) => {
            this.asked.push(attributes);
            return this.allow(user, attributes);
          },
        },
      },
      onError: (error) => this.errors.push(error),
      ...options.api,
    });
    const app = new Koa();
    app.use(this.api.middleware);
    this.#server = createServer(app.callback());
    this.#server.on('upgrade', (request, socket, head) => void this.api.handleUpgrade(request, socket, head));
  }

  static async start(options: TestApiOptions = {}): Promise<TestApi> {
    const test = new TestApi(options);
    test.#server.listen(0, '127.0.0.1');
    await once(test.#server, 'listening');
    if (options.follow !== false) test.api.start();
    return test;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api[Symbol.asyncDispose]();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async send(path: string, options: SendOptions = {}): Promise<TestResponse> {
    const response = await this.#open(path, options);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return new TestResponse(response.statusCode ?? 0, response.headers, Buffer.concat(chunks));
  }

  /** The body of a GET, parsed. */
  async json<T = TestObject>(path: string, accept?: string): Promise<T> {
    return (await this.send(path, accept === undefined ? {} : { headers: { accept } })).json<T>();
  }

  async watch(path: string, accept?: string): Promise<TestWatch> {
    const response = await this.#open(path, accept === undefined ? {} : { headers: { accept } });
    return new TestWatch(response);
  }

  async #open(path: string, { method = 'GET', headers = {}, body }: SendOptions): Promise<IncomingMessage> {
    const length =
      body === undefined || headers['transfer-encoding'] ? {} : { 'content-length': Buffer.byteLength(body) };
    const all = { ...headers, ...length };
    const request = httpRequest({ host: '127.0.0.1', port: this.port, path, method, headers: all, agent: false });
    request.on('error', () => undefined);
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response;
  }
}

export interface TestApiOptions {
  readonly source?: ArraySource<Widget>;
  readonly more?: readonly ResourceDefinition[];
  readonly api?: Partial<KubeApiOptions>;
  /** false: the sources are not followed yet. */
  readonly follow?: boolean;
}

export interface SendOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Everybody may everything; whoever asks first is only let in when its connection is gone. */
export function waitingForTheFirstToGo(): { access: Access; arrived: Promise<void> } {
  const arrived = Promise.withResolvers<void>();
  let first = true;
  const authenticate = async ({ socket }: IncomingMessage): Promise<Authentication> => {
    if (first) {
      first = false;
      arrived.resolve();
      await new Promise((resolve) => socket.once('close', resolve)); // events.once would reject: it is reset
    }
    return { outcome: 'user', user: { name: 'u', groups: ['system:authenticated'] } };
  };
  const access = { authenticator: { authenticate }, authorizer: { authorize: () => ({ allowed: true as const }) } };
  return { access, arrived: arrived.promise };
}

/** What answers look like, as far as tests ask. */
export interface TestObject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly [name: string]: unknown; readonly resourceVersion: string; readonly continue?: string };
  readonly items: Widget[];
  readonly rows: { cells: unknown[]; object?: Widget | null }[];
  readonly columnDefinitions: { name: string; type: string; format: string; priority: number }[] | null;
  readonly [field: string]: unknown;
}

export class TestResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;

  constructor(status: number, headers: IncomingHttpHeaders, bytes: Buffer) {
    this.status = status;
    this.headers = headers;
    this.bytes = bytes;
  }

  get text(): string {
    return this.bytes.toString('utf8');
  }

  json<T = TestObject>(): T {
    return JSON.parse(this.text) as T;
  }
}

export interface TestEvent {
  readonly type: string;
  readonly object: Widget & TestObject;
}

/** An open watch, event by event. */
export class TestWatch implements Disposable {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly response: IncomingMessage;
  readonly #lines: AsyncIterator<string>;

  constructor(response: IncomingMessage) {
    this.response = response;
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    response.on('error', () => undefined);
    this.#lines = createInterface({ input: response })[Symbol.asyncIterator]();
  }

  /** The next event, or undefined at the end of the watch. */
  async next(): Promise<TestEvent | undefined> {
    const { value, done } = await this.#lines.next();
    return done ? undefined : (JSON.parse(value) as TestEvent);
  }

  async take(count: number): Promise<TestEvent[]> {
    const events: TestEvent[] = [];
    while (events.length < count) events.push((await this.next()) as TestEvent);
    return events;
  }

  [Symbol.dispose](): void {
    this.response.destroy();
  }
}

/** `ADDED n/a` of each event: what most tests compare. */
export function shape(events: readonly TestEvent[]): string[] {
  return events.map(({ type, object }) => `${type} ${object.metadata.namespace}/${object.metadata.name}`);
}
