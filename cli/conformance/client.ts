import { Agent, type Dispatcher } from 'undici';
import type { ClusterConnection } from '../cluster/connection.ts';
import { Failed } from './item.ts';
import type { Loose } from './loose.ts';
import { type WatchRun, watchOver } from './watch.ts';

export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

/** What came back, whole. */
export class Answer {
  /** `GET /apis/…`: how messages name it. */
  readonly question: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  /** Until the whole body was there. */
  readonly ms: number;

  constructor(question: string, status: number, headers: Answer['headers'], bytes: Buffer, ms: number) {
    this.question = question;
    this.status = status;
    this.headers = headers;
    this.bytes = bytes;
    this.ms = ms;
  }

  get text(): string {
    return this.bytes.toString('utf8');
  }

  /** One value; several are joined as HTTP does. '' when absent. */
  header(name: string): string {
    return [this.headers[name] ?? []].flat().join(', ');
  }

  /** The media type without its parameters. */
  get mediaType(): string {
    return this.header('content-type').split(';')[0]?.trim() ?? '';
  }

  /** Fails the item when the body is no JSON object. */
  json<T = Loose>(): T {
    let value: unknown;
    try {
      value = JSON.parse(this.text);
    } catch {
      throw new Failed(`${this.question} answered ${this.status} with what is no JSON: ${this.beginning}`);
    }
    if (typeof value === 'object' && value !== null) return value as T;
    throw new Failed(`${this.question} answered ${this.status} with no JSON object: ${this.beginning}`);
  }

  get beginning(): string {
    return JSON.stringify(this.text.slice(0, 120));
  }
}

/** Asks one server as one user. */
export interface ApiClient extends AsyncDisposable {
  readonly server: string;
  readonly connection: ClusterConnection;
  send(path: string, question?: Question): Promise<Answer>;
  /** A watch, read to its end; cut `forMs` after it began when the server does not end it. */
  watch(path: string, options: WatchOptions): Promise<WatchRun>;
  /** For what is neither: WebSockets. */
  readonly dispatcher: Dispatcher;
}

export interface WatchOptions {
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly forMs: number;
  readonly signal?: AbortSignal;
}

/** Until an answer is whole. Longer than kube-apiserver's own limit for aggregated servers would say nothing more. */
const ANSWER_WITHIN_MS = 30_000;

export interface ClientOptions {
  /** Without the certificate and the token of the connection. */
  readonly anonymous?: boolean;
  readonly signal: AbortSignal;
}

/** Connects when first asked. Nothing is retried: what the server does is what counts. */
export function createClient(connection: ClusterConnection, options: ClientOptions): ApiClient {
  const { ca, cert, key, skipTlsVerify = false, serverName } = connection;
  const identity = options.anonymous || !cert || !key ? {} : { cert, key };
  const agent = new Agent({
    connect: {
      ...(ca && { ca }),
      ...identity,
      ...(serverName && { servername: serverName }),
      rejectUnauthorized: !skipTlsVerify,
      timeout: 10_000,
    },
    headersTimeout: 70_000,
    bodyTimeout: 0,
    allowH2: false,
  });
  const request = async (path: string, question: Question, signal: AbortSignal) => {
    const credentials = options.anonymous ? {} : await connection.headers();
    const { method = 'GET', headers = {}, body } = question;
    const mine = { 'user-agent': 'faultline-conformance', ...credentials, ...headers };
    return await agent.request({
      origin: connection.server,
      path,
      method: method as Dispatcher.HttpMethod,
      headers: mine,
      signal,
      ...(body !== undefined && { body }),
    });
  };
  return {
    server: connection.server,
    connection,
    dispatcher: agent,
    async send(path, question = {}) {
      const started = performance.now();
      const named = `${question.method ?? 'GET'} ${path}`;
      try {
        const signal = AbortSignal.any([options.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
        const { statusCode, headers, body } = await request(path, question, signal);
        const bytes = Buffer.from(await body.arrayBuffer());
        return new Answer(named, statusCode, headers, bytes, performance.now() - started);
      } catch (cause) {
        options.signal.throwIfAborted();
        throw new Failed(`${named} was not answered: ${reasonOf(cause)}`, { cause });
      }
    },
    watch(path, watching) {
      const headers = { ...(watching.accept !== undefined && { accept: watching.accept }), ...watching.headers };
      const signals = [options.signal, ...(watching.signal ? [watching.signal] : [])];
      return watchOver((signal) => request(path, { headers }, signal), `GET ${path}`, watching.forMs, signals);
    },
    [Symbol.asyncDispose]: () => agent.destroy(),
  };
}

export function reasonOf(error: unknown): string {
  const { name, message, code, cause } = error as Error & { code?: string };
  if (name === 'TimeoutError') return `nothing came within ${ANSWER_WITHIN_MS / 1_000} s`;
  return message || code || (cause === undefined ? name : reasonOf(cause));
}
