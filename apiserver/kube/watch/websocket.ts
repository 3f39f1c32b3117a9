import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { isTokenProtocol } from '../access/presented-token.ts';
import { failure, STALLED_AFTER } from '../answer.ts';
import type { KubeMetrics } from '../metrics.ts';
import { type ApiError, badRequest } from '../status.ts';
import type { Watcher } from './watcher.ts';

const BUFFERED_BYTES = 1024 * 1024;
const NORMAL_CLOSURE = 1000;
const GOING_AWAY = 1001;

/** Watches over WebSocket, which Headlamp uses (W12): each event is a text frame. */
export class WatchSockets {
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: 64 * 1024, // clients have nothing to say
    // Authentication has taken tokens out; who brings an authentication of their own may not have.
    handleProtocols: (protocols) => [...protocols].find((name) => !isTokenProtocol(name)) ?? false,
  });

  constructor() {
    // Its own words would be HTML (E1).
    this.#server.on('wsClientError', ({ message }, socket, request) => {
      refuseUpgrade(request, socket, badRequest(`this is no WebSocket: ${message}`));
    });
  }

  /** Answers 101 and sends the watch until it ends. Whether the client may have it is already decided. */
  async serve(
    watcher: Watcher,
    upgrade: { request: IncomingMessage; socket: Duplex; head: Buffer },
    stop: AbortSignal,
    metrics: Pick<KubeMetrics, 'watchLag'>,
    resource: string,
  ): Promise<void> {
    const socket = await this.#open(upgrade);
    if (!socket) return;
    const gone = new AbortController();
    socket.on('close', () => gone.abort());
    socket.on('error', () => socket.terminate());
    for await (const lines of watcher.frames(AbortSignal.any([stop, gone.signal]))) {
      for (const { line } of lines) socket.send(line.subarray(0, -1), { binary: false });
      metrics.watchLag(resource, watcher.lag);
      await sent(socket);
    }
    socket.close(stop.aborted ? GOING_AWAY : NORMAL_CLOSURE);
  }

  /** Undefined when the client is gone or no WebSocket. */
  async #open({ request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer }) {
    // ws would destroy it and call nobody back; of one that is closed already no 'close' comes either.
    if (socket.destroyed || !socket.readable || !socket.writable) return void socket.destroy();
    const { promise, resolve } = Promise.withResolvers<WebSocket | undefined>();
    socket.once('close', () => resolve(undefined));
    this.#server.handleUpgrade(request, socket, head, resolve);
    return promise;
  }
}

/** Refuses an upgrade with a Status: the aggregator relays codes from 400 on. */
export function refuseUpgrade({ method }: IncomingMessage, socket: Duplex, error: ApiError): void {
  const { status, headers, body } = failure(error);
  const lines = Object.entries({
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body as string)),
    Connection: 'close',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy()); // else a client that keeps its half open keeps the connection
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${method === 'HEAD' ? '' : body}`);
}

/** Waits while more than a megabyte is on its way to a client that does not read. */
async function sent(socket: WebSocket): Promise<void> {
  while (socket.readyState === socket.OPEN && socket.bufferedAmount > BUFFERED_BYTES) {
    const { promise, resolve } = Promise.withResolvers<void>();
    // The callback of a send fires once everything before it was handed to the kernel.
    socket.ping(undefined, undefined, () => resolve());
    socket.once('close', resolve);
    const timer = setTimeout(() => socket.terminate(), STALLED_AFTER);
    await promise;
    clearTimeout(timer);
    socket.off('close', resolve);
  }
}
