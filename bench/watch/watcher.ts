import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import type { Target } from '../load/connection.ts';

const WORD = Buffer.from('attempt ');
/** More than a mark can be long: what is kept of a chunk, in case that a mark is cut. */
const KEPT = 24;

/**
 * One watch on a connection of its own, as lean as can be: it looks for marks in the bytes that arrive and parses
 * nothing, so that a thousand of them leave the two cores to the servers.
 */
export class Watcher {
  readonly #socket: TLSSocket;
  readonly #seen: (number: number) => void;
  #last = 0;
  #tail: Buffer = Buffer.alloc(0);

  private constructor(socket: TLSSocket, seen: (number: number) => void) {
    this.#socket = socket;
    this.#seen = seen;
  }

  /** Opens it and waits for the answer's header. Throws for another status than 200. */
  static async open(target: Target, path: string, seen: (number: number) => void): Promise<Watcher> {
    const { host, port, caPem, credentials } = target;
    const client = 'token' in credentials ? {} : { cert: credentials.certificatePem, key: credentials.keyPem };
    const socket = connect({ host, port, ca: caPem, servername: 'localhost', ALPNProtocols: ['http/1.1'], ...client });
    await once(socket, 'secureConnect');
    const token = 'token' in credentials ? `Authorization: Bearer ${credentials.token}\r\n` : '';
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nAccept: application/json\r\n${token}\r\n`);
    const [head] = (await once(socket, 'data')) as [Buffer];
    if (!head.toString('latin1').startsWith('HTTP/1.1 200')) throw new Error(`watch: ${head.toString()}`);
    const watcher = new Watcher(socket, seen);
    socket.on('data', (chunk) => watcher.#receive(chunk));
    socket.on('error', () => undefined);
    return watcher;
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    const bytes = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk]);
    let from = 0;
    for (let at = bytes.indexOf(WORD); at >= 0; at = bytes.indexOf(WORD, from)) {
      const end = bytes.indexOf(')', at);
      if (end < 0) break;
      this.#mark(Number(bytes.toString('latin1', at + WORD.length, end)));
      from = end;
    }
    // A copy: a slice would keep the whole chunk.
    this.#tail = Buffer.from(bytes.subarray(Math.max(from, bytes.length - KEPT)));
  }

  /** An object may say its mark more than once; changes are numbered upwards. */
  #mark(number: number): void {
    if (number <= this.#last) return;
    this.#last = number;
    this.#seen(number);
  }
}
