import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import type { Random } from '../faults/random.ts';
import { ProxiedWatch } from './proxied-watch.ts';

/** What the proxy does to everything that passes, until it is set otherwise. Probabilities are in [0, 1]. */
export interface Behaviour {
  /** New connections and requests are cut. */
  readonly cut: boolean;
  /** Every part of an answer arrives so much later, ms. */
  readonly delayMs: number;
  /** A watch event is told once more, now or after others. */
  readonly repeat: number;
  /** A watch event is told after one to three of those that follow it. */
  readonly reorder: number;
  /** A watch event is never told: no server does that. */
  readonly swallow: number;
  /** A request is answered with one of `statuses`. */
  readonly refuse: number;
  readonly statuses: readonly number[];
  /** Watches and pages are answered 410. */
  readonly expired: boolean;
  /** The answer to a list ends in the middle. */
  readonly truncate: number;
}

export const HONEST: Behaviour = {
  cut: false,
  delayMs: 0,
  repeat: 0,
  reorder: 0,
  swallow: 0,
  refuse: 0,
  statuses: [],
  expired: false,
  truncate: 0,
};

export interface ProxiedRequest {
  /** performance.now() */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly isWatch: boolean;
}

/**
 * Stands between the controllers and a real kube-apiserver and does to their connections what networks, load balancers and
 * worse do. Restarts and compactions of the real servers are not its business: they happen behind it.
 */
export class ChaosProxy implements AsyncDisposable {
  readonly requests: ProxiedRequest[] = [];
  behaviour: Behaviour = HONEST;
  /** Events that were never told, or told out of order. */
  swallowed = 0;
  readonly #plane: ControlPlane;
  readonly #random: Random;
  readonly #server: Server;
  readonly #upstream: Agent;
  readonly #sockets = new Set<Socket>();
  readonly #watches = new Set<ProxiedWatch>();

  private constructor(plane: ControlPlane, random: Random, server: Server) {
    this.#plane = plane;
    this.#random = random;
    this.#server = server;
    this.#upstream = new Agent({ ca: plane.caPem, keepAlive: true });
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => this.#sockets.delete(socket));
      if (this.behaviour.cut) socket.resetAndDestroy();
    });
    server.on('request', (incoming, outgoing) => this.#forward(incoming, outgoing));
    server.on('tlsClientError', () => {});
  }

  static async start(plane: ControlPlane, random: Random): Promise<ChaosProxy> {
    const serving = await plane.servingCa.issue({ commonName: 'chaos', usage: 'server', ipAddresses: ['127.0.0.1'] });
    const server = createServer({ cert: serving.certificatePem, key: serving.keyPem });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ChaosProxy(plane, random, server);
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  /** Every connection ends with RST. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Connections stay open and nothing comes through them; those that are opened later work. */
  freeze(): () => void {
    const frozen = [...this.#watches];
    for (const watch of frozen) watch.freeze();
    return () => {
      for (const watch of frozen) watch.thaw();
    };
  }

  /** Every watch is told something that is no event, or half of one before it is cut. */
  garble(): void {
    for (const watch of [...this.#watches]) {
      if (this.#random.chance(0.5)) watch.send('{"type":"MODIFIED","object":{"kind":');
      else watch.breakOff('{"type":"MODIFIED","object":{"ki');
    }
  }

  /** Every watch is told that its position is gone. */
  expire(): void {
    for (const watch of [...this.#watches]) watch.end(EXPIRED_EVENT);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const watch of this.#watches) watch.close();
    this.#server.close();
    this.#server.closeAllConnections();
    this.#upstream.destroy();
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = 'GET', url = '/' } = incoming;
    const query = new URL(url, 'https://proxy').searchParams;
    const isWatch = query.has('watch');
    this.requests.push({ at: performance.now(), method, path: url, isWatch });
    if (this.#disturbed(incoming, outgoing, { isWatch, isLater: isWatch || query.has('continue') })) return;
    const { host: _, ...headers } = incoming.headers;
    const upstream = request(`${this.#plane.url}${url}`, { method, headers, agent: this.#upstream }, (answer) => {
      if (isWatch && answer.statusCode === 200) this.#watch(answer, outgoing);
      else void this.#copy(answer, outgoing, isListOf(url, method));
    });
    upstream.on('error', () => outgoing.destroy());
    outgoing.once('close', () => upstream.destroy());
    incoming.pipe(upstream);
  }

  /** Whether it was answered, or cut, here. */
  #disturbed(
    { socket }: IncomingMessage,
    outgoing: ServerResponse,
    { isWatch, isLater }: { isWatch: boolean; isLater: boolean },
  ): boolean {
    const { cut, refuse, statuses, expired } = this.behaviour;
    if (cut) socket.resetAndDestroy();
    else if (expired && isLater && isWatch && this.#random.chance(0.5)) {
      outgoing.writeHead(200, { 'content-type': 'application/json' });
      outgoing.end(`${EXPIRED_EVENT}\n`);
    } else if (expired && isLater) refuseWith(outgoing, 410);
    else if (statuses.length > 0 && this.#random.chance(refuse)) refuseWith(outgoing, this.#random.pick(statuses));
    else return false;
    return true;
  }

  #watch(answer: IncomingMessage, outgoing: ServerResponse): void {
    outgoing.writeHead(200, { 'content-type': 'application/json' });
    outgoing.flushHeaders();
    const watch = new ProxiedWatch(answer, outgoing, {
      random: this.#random,
      behaviour: () => this.behaviour,
      onSwallowed: () => this.swallowed++,
    });
    this.#watches.add(watch);
    outgoing.once('close', () => this.#watches.delete(watch));
  }

  async #copy(answer: IncomingMessage, outgoing: ServerResponse, isList: boolean): Promise<void> {
    const { connection: _c, 'transfer-encoding': _t, 'content-length': _l, ...headers } = answer.headers;
    const { delayMs, truncate } = this.behaviour;
    const parts: Buffer[] = [];
    try {
      for await (const part of answer) parts.push(part as Buffer);
    } catch {
      outgoing.destroy();
      return;
    }
    const body = Buffer.concat(parts);
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.#random.between(0, delayMs)));
    outgoing.writeHead(answer.statusCode ?? 502, headers);
    if (isList && this.#random.chance(truncate)) {
      outgoing.write(body.subarray(0, this.#random.between(1, body.length - 1)), () => outgoing.destroy());
    } else outgoing.end(body);
  }
}

function isListOf(url: string, method: string): boolean {
  return method === 'GET' && url.includes('?');
}

const EXPIRED = {
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  reason: 'Expired',
  code: 410,
  message: 'too old resource version: of the chaos proxy',
};
const EXPIRED_EVENT = JSON.stringify({ type: 'ERROR', object: EXPIRED });

function refuseWith(outgoing: ServerResponse, code: number): void {
  const body = code === 410 ? EXPIRED : { ...EXPIRED, reason: 'Refused', code, message: `${code} of the chaos proxy` };
  outgoing.writeHead(code, { 'content-type': 'application/json', ...(code === 429 && { 'retry-after': '1' }) });
  outgoing.end(JSON.stringify(body));
}
