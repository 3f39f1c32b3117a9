import type { IncomingMessage, ServerResponse } from 'node:http';

/** Set on requests that came through the front: who the front says that it is. */
export const FRONT_USER = 'x-test-front-user';

/** One request on its way to the correct server, for a defect to change it or its answer. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly #serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  ) {
    this.request = request;
    this.response = response;
    this.url = new URL(request.url ?? '/', 'http://server');
    this.#serve = serve;
  }

  get path(): string {
    return this.url.pathname;
  }

  get query(): URLSearchParams {
    return this.url.searchParams;
  }

  get isWatch(): boolean {
    return this.query.has('watch') && !['0', 'false'].includes((this.query.get('watch') ?? '').toLowerCase());
  }

  /** The correct server answers, asked with what `url` and the headers have become. */
  next(): Promise<void> {
    this.request.url = `${this.path}${this.url.search}`;
    return this.#serve(this.request, this.response);
  }

  answer(status: number, body: unknown, headers: Record<string, string> = {}): void {
    this.response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    this.response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }
}

export interface HeldAnswer {
  status: number;
  body: Buffer;
}

/** Holds the answer back until it is whole, and lets `change` have it. Headers are changed on the response. */
export async function changeAnswer(exchange: Exchange, change: (answer: HeldAnswer) => void): Promise<void> {
  const { response } = exchange;
  const chunks: Buffer[] = [];
  const { write, end, writeHead } = response;
  const keep = (chunk: unknown): void => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk as string));
  };
  response.write = ((chunk: unknown, ...rest: unknown[]) => {
    keep(chunk);
    const done = rest.findLast((one) => typeof one === 'function') as (() => void) | undefined;
    done?.();
    return true;
  }) as typeof write;
  response.writeHead = ((status: number, ...rest: unknown[]) => {
    response.statusCode = status;
    const headers = rest.findLast((one) => typeof one === 'object') as Record<string, string> | undefined;
    for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
    return response;
  }) as typeof writeHead;
  response.end = ((chunk: unknown) => {
    keep(chunk);
    Object.assign(response, { write, end, writeHead });
    const answer: HeldAnswer = { status: response.statusCode, body: Buffer.concat(chunks) };
    change(answer);
    response.statusCode = answer.status;
    response.removeHeader('Content-Length');
    return response.end(answer.body);
  }) as typeof end;
  await exchange.next();
}

/** Changes every line of a stream: into others, into none, or into text that is no line. */
export async function changeLines(exchange: Exchange, change: (line: string, index: number) => string): Promise<void> {
  const { response } = exchange;
  const { write, end } = response;
  // To HTTP/1.1 our server writes ready-made chunks, past the response.
  exchange.request.httpVersion = '1.0';
  let rest = '';
  let index = 0;
  const changed = (chunk: unknown): string => {
    const lines = (rest + (chunk === undefined ? '' : Buffer.from(chunk as string).toString())).split('\n');
    rest = lines.pop() ?? '';
    return lines.map((line) => change(line, index++)).join('');
  };
  response.write = ((chunk: unknown, ...more: unknown[]) => {
    const text = changed(chunk);
    const done = more.findLast((one) => typeof one === 'function') as (() => void) | undefined;
    if (text === '') {
      done?.();
      return true;
    }
    return write.call(response, text, 'utf8', done as never);
  }) as typeof write;
  response.end = ((chunk?: unknown) => {
    response.write = write;
    response.end = end;
    if (!response.headersSent) response.removeHeader('Content-Length'); // of a refusal, which comes whole
    const text = changed(typeof chunk === 'function' ? undefined : chunk);
    return text === '' ? response.end() : response.end(text);
  }) as typeof end;
  await exchange.next();
}
