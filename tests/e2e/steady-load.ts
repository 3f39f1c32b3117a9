/** Requests at a constant rate, whatever becomes of those before: a queue of clients would hide what a stop does to them. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import type { ControlPlane } from '../controlplane/control-plane.ts';

/** More are not sent while so many wait for their answers: on a starved machine the rate is what it can be. */
const MOST_IN_FLIGHT = 32;
/** Between two looks at what is due. */
const TICK_MS = 10;

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export class SteadyLoad implements AsyncDisposable {
  readonly #plane: ControlPlane;
  readonly #agent: Agent;
  readonly #stop = new AbortController();
  readonly #inFlight = new Set<Promise<void>>();
  #sent = 0;
  #seconds = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(plane: ControlPlane) {
    const { certificatePem: cert, keyPem: key } = plane.admin;
    this.#plane = plane;
    // Connections are kept, as clients keep them.
    this.#agent = new Agent({ connections: MOST_IN_FLIGHT, connect: { ca: plane.caPem, cert, key } });
  }

  /** Calls `send` so often a second, until `stop`; it must not reject. */
  start(perSecond: number, send: (index: number) => Promise<void>): void {
    this.#running = this.#run(perSecond, send);
  }

  /** Through the aggregator, as the administrator. */
  async request(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> {
    const { statusCode, body: text } = await this.#agent.request({
      ...{ origin: this.#plane.url, path, method, headersTimeout: 30_000, bodyTimeout: 30_000 },
      headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: statusCode, body: await text.text() };
  }

  /** Waits for the answers; how many were sent a second. */
  async stop(): Promise<{ readonly sent: number; readonly perSecond: number }> {
    this.#stop.abort();
    await this.#running;
    return { sent: this.#sent, perSecond: this.#sent / this.#seconds };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#agent.destroy();
  }

  async #run(perSecond: number, send: (index: number) => Promise<void>): Promise<void> {
    const begun = performance.now();
    let skipped = 0;
    while (!this.#stop.signal.aborted) {
      const due = ((performance.now() - begun) / 1_000) * perSecond - skipped;
      for (; this.#sent < due; this.#sent++) {
        if (this.#inFlight.size >= MOST_IN_FLIGHT) {
          skipped += due - this.#sent;
          break;
        }
        const sending = send(this.#sent).finally(() => this.#inFlight.delete(sending));
        this.#inFlight.add(sending);
      }
      await sleep(TICK_MS);
    }
    this.#seconds = (performance.now() - begun) / 1_000;
    await Promise.all(this.#inFlight);
  }
}
