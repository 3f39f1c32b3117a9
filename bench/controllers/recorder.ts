import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { Report } from '../../crds/report.ts';
import type { KeyPair } from '../../tests/controlplane/certificates.ts';

/** What a report said last of one observed object. */
export interface Said {
  readonly failing: boolean;
  readonly completedAt: string | undefined;
  readonly subject: string;
  readonly reason: string | undefined;
  /** performance.now() when it arrived. */
  readonly at: number;
}

/**
 * The least that takes reports: the routes that controllers call, answered at once, and what was said of each observed
 * object. A server with a database would share the two cores with what is measured.
 */
export class Recorder implements AsyncDisposable {
  readonly said = new Map<string, Said>();
  reports = 0;
  readonly #server: Server;
  readonly #waiting = new Set<() => void>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start({ certificatePem: cert, keyPem: key }: KeyPair): Promise<Recorder> {
    const server = createServer({ cert, key, keepAliveTimeout: 60_000 }, (request, response) => {
      const answer = async (): Promise<unknown> => {
        const { pathname } = new URL(request.url ?? '/', 'https://recorder');
        const body: unknown = request.method === 'POST' ? await json(request) : undefined;
        return recorder.#answer(pathname, body);
      };
      answer().then(
        (content) => response.setHeader('content-type', 'application/json').end(JSON.stringify(content)),
        (error: unknown) => response.writeHead(400).end(JSON.stringify({ error: String(error) })),
      );
    });
    const recorder = new Recorder(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return recorder;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  forget(): void {
    this.said.clear();
    this.reports = 0;
  }

  /** Resolves when `done` holds after some report. */
  async until(done: () => boolean, signal: AbortSignal): Promise<void> {
    while (!done()) {
      signal.throwIfAborted();
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
      await promise;
      this.#waiting.delete(resolve);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(path: string, body: unknown): unknown {
    if (path.endsWith('/lead')) {
      const { sources } = body as { sources: { name: string }[] };
      return { sources: sources.map(({ name }) => ({ name, epoch: 1 })) };
    }
    if (path.endsWith('/subjects')) return { subjects: [] };
    if (!path.endsWith('/reports')) return {};
    const reports = (Array.isArray(body) ? body : [body]) as Report[];
    for (const report of reports) this.#record(report);
    for (const wake of this.#waiting) wake();
    const results = reports.map((_, index) => ({ index, status: 200, decisions: [] }));
    return { results, resourceVersion: String(this.reports), database: 'recorder' };
  }

  #record({ observed, subject, order, body }: Report): void {
    this.reports++;
    const findings = 'findings' in body ? body.findings : [];
    this.said.set(observed?.uid ?? '', {
      failing: findings.length > 0,
      completedAt: order.class === 'run' ? order.completedAt : undefined,
      subject: `${subject.kind}/${subject.namespace}/${subject.name}/${subject.aspect}`,
      reason: findings[0]?.reason,
      at: performance.now(),
    });
  }
}
