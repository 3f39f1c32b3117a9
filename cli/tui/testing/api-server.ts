import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { COLUMNS, type Given, tableRowsOf } from './issues.ts';

/** A small API server of issues that a test tells what to answer, and what changed. */
export interface FakeApi extends AsyncDisposable {
  readonly url: string;
  /** How many connections there were. */
  readonly connections: () => number;
  /** Method, path and body of every question, watches included. */
  readonly asked: { method: string; url: string; body?: unknown; authorization: string | undefined }[];
  issues: readonly Given[];
  /** Of a list or a watch; undefined: as it should be. */
  refuse: ((url: URL) => { status: number; message: string } | undefined) | undefined;
  /** What other paths answer. */
  answers: (url: URL, body: unknown) => object | undefined;
  /** What is no JSON; true: it was answered. */
  raw: (url: URL, response: ServerResponse) => boolean;
  /** To everybody who watches. */
  event(type: string, given: readonly Given[]): void;
  /** Watches end as when the server dies. */
  cut(): void;
  /** Watches end in order, as they do after some minutes. */
  end(): void;
  watching(count: number): Promise<void>;
}

export async function fakeApi(issues: readonly Given[]): Promise<FakeApi> {
  const watches = new Set<ServerResponse>();
  const asked: FakeApi['asked'] = [];
  let connections = 0;
  const server = createServer((request, response) => void answer(request, response));
  const api: FakeApi = {
    connections: () => connections,
    ...{ url: '', asked, issues, refuse: undefined, answers: () => undefined, raw: () => false },
    event(type, given) {
      for (const watch of watches) watch.write(line(type, given));
    },
    cut() {
      for (const watch of watches) watch.destroy();
    },
    end() {
      for (const watch of watches) watch.end();
    },
    async watching(count) {
      while (asked.filter(({ url }) => url.includes('watch=true')).length < count || watches.size === 0) await delay(5);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://x');
    const body = request.method === 'POST' ? await json(request) : undefined;
    asked.push({
      ...{ method: request.method ?? '', url: request.url ?? '', authorization: request.headers.authorization },
      ...(body !== undefined && { body }),
    });
    const no = api.refuse?.(url);
    if (no !== undefined)
      return send(response, no.status, {
        kind: 'Status',
        code: no.status,
        message: no.message,
        details: { name: 'x' },
      });
    if (api.raw(url, response)) return;
    if (url.searchParams.get('watch') === 'true') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      watches.add(response);
      response.once('close', () => watches.delete(response));
      return;
    }
    if (url.searchParams.has('asOf'))
      response.setHeader('warning', `299 - "issues as of ${url.searchParams.get('asOf')}"`);
    if (/\/issues$/.test(url.pathname)) {
      const from = Number(url.searchParams.get('continue') ?? 0);
      const to = from + Number(url.searchParams.get('limit') ?? api.issues.length);
      return send(response, 200, {
        kind: 'Table',
        metadata: { resourceVersion: '7', ...(to < api.issues.length && { continue: String(to) }) },
        columnDefinitions: COLUMNS,
        // As the server writes them.
        rows: tableRowsOf(api.issues.slice(from, to)).map(({ cells, object }) => ({ cells, object })),
      });
    }
    const other = api.answers(url, body);
    send(
      response,
      other === undefined ? 404 : 200,
      other ?? { kind: 'Status', code: 404, message: `no ${url.pathname}`, details: { name: 'x' } },
    );
  }
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(api, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function line(type: string, given: readonly Given[]): string {
  const object = { kind: 'Table', columnDefinitions: [], metadata: { resourceVersion: '8' }, rows: tableRowsOf(given) };
  return `${JSON.stringify({ type, object })}\n`;
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
