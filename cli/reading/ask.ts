import type { ClientRequest, IncomingMessage } from 'node:http';
import type { ClusterConnection } from '../cluster/connection.ts';
import { faultOfAnswer, noJson, unreachable } from './fault.ts';
import { Sockets } from './sockets.ts';

/** kube-apiserver cuts what is no watch after 60 s. */
const SILENCE_MS = 65_000;

export interface Question {
  /** Default: JSON. */
  readonly accept?: string;
  /** POSTed as JSON. */
  readonly body?: object;
  /** For what never ends. */
  readonly silent?: boolean;
}

export interface Answered<T> {
  readonly body: T;
  /** The `Warning` headers. */
  readonly warning: string | undefined;
}

/** Silence ends a request; `timeoutMs`, when it was asked for, ends all of it. */
function giveUpLate(asked: ClientRequest, timeoutMs: number | undefined): void {
  const late = (ms: number) => () => asked.destroy(new Error(`no answer for ${ms / 1000} s`));
  if (timeoutMs === undefined) {
    asked.setTimeout(SILENCE_MS, late(SILENCE_MS));
    // That begins when it is connected: until then a new socket has the time that its agent gives to idle ones.
    asked.once('socket', (socket) => socket.setTimeout(SILENCE_MS));
  } else if (timeoutMs > 0) {
    const timer = setTimeout(late(timeoutMs), timeoutMs);
    asked.once('close', () => clearTimeout(timer));
  }
}

/**
 * Asks an API server with what Node has built in: nothing is loaded for it, and answers are streams. Rejects with a
 * Failure of one line, a Refusal when the server said no.
 */
export class Asker implements AsyncDisposable {
  readonly connection: ClusterConnection;
  readonly #signal: AbortSignal;
  readonly #sockets: Sockets;
  readonly #isShared: boolean;

  /** `sockets`: of who asks more than once, and closes them; default: its own, which are closed with it. */
  constructor(connection: ClusterConnection, signal: AbortSignal, sockets?: Sockets) {
    this.connection = connection;
    this.#signal = signal;
    this.#sockets = sockets ?? new Sockets();
    this.#isShared = sockets !== undefined;
  }

  async json<T>(path: string, question: Question = {}): Promise<Answered<T>> {
    const response = await this.open(path, question);
    const text = await this.#read(response);
    try {
      return { body: JSON.parse(text) as T, warning: response.headers.warning as string | undefined };
    } catch {
      throw noJson(this.connection);
    }
  }

  /** The answer when it is a 2xx. A 401 renews the credentials and asks once more: exec plugins have newer ones. */
  async open(path: string, question: Question = {}): Promise<IncomingMessage> {
    let response = await this.#send(path, question);
    if (response.statusCode === 401 && this.connection.renew !== undefined) {
      response.resume();
      await this.connection.renew();
      response = await this.#send(path, question);
    }
    const { statusCode = 0, headers } = response;
    if (statusCode >= 200 && statusCode < 300) return response;
    throw faultOfAnswer(statusCode, await this.#read(response), this.connection, headers['retry-after']);
  }

  async #send(path: string, question: Question): Promise<IncomingMessage> {
    const { accept = 'application/json', body, silent = false } = question;
    const { connection } = this;
    const url = new URL(connection.server);
    const secure = url.protocol === 'https:';
    const { Agent, request } = secure ? await import('node:https') : await import('node:http');
    const kept = await this.#sockets.agent(secure);
    const { ca, cert, key } = (await connection.tls?.()) ?? connection;
    const tls = {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(connection.serverName !== undefined && { servername: connection.serverName }),
      rejectUnauthorized: connection.skipTlsVerify !== true,
    };
    const [host, port] = [url.hostname.replace(/^\[|\]$/g, ''), Number(url.port || (secure ? 443 : 80))];
    // Of a proxy, TLS begins on a socket that is open; each request has one of its own.
    const socket = await connection.tunnel?.({ host, port }).catch((error: Error) => {
      throw unreachable(error, connection);
    });
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      'user-agent': 'faultline',
      accept,
      ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      ...(await connection.headers()),
    };
    return await new Promise<IncomingMessage>((answered, failed) => {
      const asked = request({
        ...(secure ? tls : {}),
        ...{ host, port },
        ...(socket && { socket }),
        path: `${url.pathname.replace(/\/+$/, '')}${path}`,
        method: text === undefined ? 'GET' : 'POST',
        headers,
        agent: socket ? new Agent() : kept,
        signal: this.#signal,
      });
      if (!silent) giveUpLate(asked, connection.timeoutMs);
      asked.once('response', answered);
      asked.once('error', (error: NodeJS.ErrnoException) => {
        if (this.#signal.aborted) return failed(error);
        // The server closed it while it was idle: it has not heard of this. What is POSTed might be done twice.
        const isAway = asked.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        if (!isAway || text !== undefined) return failed(unreachable(error, connection));
        this.#sockets.closeIdle();
        this.#send(path, question).then(answered, failed);
      });
      asked.end(text);
    });
  }

  /** What of an answer arrives. Rejects with a Failure of one line when the rest does not. */
  async *chunks(response: IncomingMessage): AsyncGenerator<Buffer, void> {
    try {
      yield* response as AsyncIterable<Buffer>;
    } catch (error) {
      throw this.#signal.aborted ? error : unreachable(error, this.connection);
    }
  }

  async #read(response: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.chunks(response)) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isShared) this.#sockets[Symbol.dispose]();
  }
}
