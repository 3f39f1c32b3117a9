import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect } from 'node:tls';

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly caPem: string;
  /** A client certificate, or else a token. */
  readonly credentials: { readonly certificatePem: string; readonly keyPem: string } | { readonly token: string };
}

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
  /** What Retry-After says, in seconds there. */
  readonly retryAfterMs: number | undefined;
}

/**
 * One kept-alive HTTP or HTTPS connection that takes ready-made requests, one at a time. Not a general client: it exists
 * so that the load generator costs about as little as pgbench's C client does, and the two cores go to the server.
 */
export class Connection {
  readonly #socket: Socket;
  #buffered: Buffer = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<Answer> | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection during a request')));
    socket.on('error', (error) => this.#waiting?.reject(error));
  }

  static async open(target: Target): Promise<Connection> {
    const { host, port, caPem, credentials } = target;
    const client = 'token' in credentials ? {} : { cert: credentials.certificatePem, key: credentials.keyPem };
    const socket = connect({ host, port, ca: caPem, servername: 'localhost', ALPNProtocols: ['http/1.1'], ...client });
    await once(socket, 'secureConnect');
    return new Connection(socket);
  }

  /** Without TLS. */
  static async openPlain({ hostname, port }: URL): Promise<Connection> {
    const socket = connectPlain({ host: hostname, port: Number(port) });
    await once(socket, 'connect');
    return new Connection(socket);
  }

  /** Sends the bytes of a whole request and answers its response. */
  send(request: Uint8Array): Promise<Answer> {
    this.#waiting = Promise.withResolvers<Answer>();
    this.#socket.write(request);
    return this.#waiting.promise;
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk]);
    const headEnd = this.#buffered.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const head = this.#buffered.toString('latin1', 0, headEnd);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) {
      this.#waiting?.reject(new Error(`an answer without Content-Length: ${head}`));
      return;
    }
    const end = headEnd + 4 + Number(length);
    if (this.#buffered.length < end) return;
    const body = this.#buffered.subarray(headEnd + 4, end);
    this.#buffered = this.#buffered.subarray(end);
    const seconds = /\r\nretry-after: *(\d+)/i.exec(head)?.[1];
    const retryAfterMs = seconds === undefined ? undefined : Number(seconds) * 1_000;
    this.#waiting?.resolve({ status: Number(head.slice(9, 12)), body, retryAfterMs });
  }
}

/** The bytes of a POST with a JSON body. */
export function postRequest(target: Target, path: string, json: string): Buffer {
  const authorization = 'token' in target.credentials ? `Authorization: Bearer ${target.credentials.token}\r\n` : '';
  const head =
    `POST ${path} HTTP/1.1\r\nHost: ${target.host}:${target.port}\r\n${authorization}` +
    `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(json)}\r\n\r\n`;
  return Buffer.from(head + json);
}
