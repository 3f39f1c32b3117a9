import type { Agent } from 'node:http';

/**
 * Longer nobody waits with the next question of a burst. Servers and what is between keep idle connections for a minute, but a
 * machine that slept finds them dead without a word, so the clock on the wall counts.
 */
const IDLE_MS = 10_000;
const MOST_IDLE = 4;

/** Connections to an API server that are kept for the next question: a new one costs a TLS handshake and two round trips. */
export class Sockets implements Disposable {
  readonly #now: () => number;
  readonly #agents: { http?: Agent; https?: Agent } = {};
  #usedAt = 0;

  /** `now`: ms since 1970. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** For the next question. What has been idle for too long is closed before. */
  async agent(secure: boolean): Promise<Agent> {
    const now = this.#now();
    if (Math.abs(now - this.#usedAt) > IDLE_MS) this.closeIdle();
    this.#usedAt = now;
    const options = { keepAlive: true, maxFreeSockets: MOST_IDLE, timeout: IDLE_MS };
    if (secure) {
      const https = await import('node:https');
      this.#agents.https ??= new https.Agent(options);
      return this.#agents.https;
    }
    const http = await import('node:http');
    this.#agents.http ??= new http.Agent(options);
    return this.#agents.http;
  }

  /** Something happened to the connection: those that nobody uses are not trusted any more. */
  closeIdle(): void {
    for (const agent of Object.values(this.#agents)) {
      for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
    }
  }

  [Symbol.dispose](): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }
}
