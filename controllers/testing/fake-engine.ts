import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { LeadRequest, Report, SyncRequest } from '../../crds/report.ts';

export interface FakeRequest {
  /** The bearer token: which process asked. */
  readonly by: string;
  readonly path: string;
  readonly body: unknown;
}

/**
 * A backend over real HTTP that issues epochs and fences as the engine does, and remembers what it was asked. It decides
 * nothing.
 */
export class FakeEngine implements AsyncDisposable {
  readonly requests: FakeRequest[] = [];
  /** False: requests are heard and not answered. */
  answers = true;
  readonly #server: Server;
  readonly #epochs = new Map<string, number>();
  #last = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<FakeEngine> {
    const server = createServer((request, response) => {
      void engine.#answer(request).then((answer) => {
        if (answer === undefined) return;
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
      });
    });
    const engine = new FakeEngine(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return engine;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The bodies of the requests of a process to a path. */
  of<T>(by: string, path: string): T[] {
    return this.requests.filter((each) => each.by === by && each.path === path).map(({ body }) => body as T);
  }

  reportsOf(by: string): Report[] {
    return this.of<Report[]>(by, '/api/v1/reports').flat();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: unknown } | undefined> {
    // A question that waits for somebody who wants something explained: nobody does.
    if (request.url?.startsWith('/api/v1/explanations/')) return undefined;
    const sent = await text(request);
    const [path = '', by = ''] = [request.url, request.headers.authorization?.replace('Bearer ', '')];
    const body: unknown = sent === '' ? undefined : JSON.parse(sent);
    this.requests.push({ by, path, body });
    if (!this.answers) return undefined;
    if (path === '/api/v1/lead') return { status: 200, body: this.#lead(body as LeadRequest) };
    if (path === '/api/v1/reports') return { status: 200, body: this.#decide(body as Report[]) };
    const [, source = ''] = /^\/api\/v1\/sources\/(.*)\/sync$/.exec(path) ?? [];
    const { epoch, shard = '' } = (body ?? {}) as Partial<SyncRequest>;
    if (source !== '' && this.#epochs.get(`${source}/${shard}`) !== epoch)
      return { status: 409, body: { error: 'fenced: x' } };
    return { status: 200, body: { resolved: 0, kept: 0, subjects: [] } };
  }

  #lead({ shard = '', sources }: LeadRequest): unknown {
    const led = sources.map(({ name }) => ({ name, epoch: ++this.#last }));
    for (const { name, epoch } of led) this.#epochs.set(`${name}/${shard}`, epoch);
    return { sources: led };
  }

  #decide(reports: readonly Report[]): unknown {
    const results = reports.map(({ source, order }, index) => {
      const current = [...this.#epochs].filter(([key]) => key.startsWith(`${source}/`)).map(([, epoch]) => epoch);
      const isOver = 'epoch' in order && !current.includes(order.epoch);
      return isOver ? { index, status: 409, error: 'fenced: another leads' } : { index, status: 200 };
    });
    return { results, resourceVersion: '1' };
  }
}
