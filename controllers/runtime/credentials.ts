import type { Clock } from './clock.ts';

/** PEM. */
export interface TlsMaterial {
  readonly ca?: string | Buffer | undefined;
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
}

/** What a client shows a server, asked for whenever it is needed: tokens and certificates are renewed while we run. */
export interface Credentials {
  /** Asked for every request. */
  headers?: (() => Promise<Record<string, string | string[]>>) | undefined;
  /** Asked for every new connection; it may answer the same object again. */
  tls?: (() => Promise<TlsMaterial>) | undefined;
  /** The server refused them: forget what is remembered of them, so that they are read or asked for anew. */
  renew?: (() => Promise<void>) | undefined;
}

/** There are none: a file is missing, an exec plugin failed. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

/** A server that refuses whoever asks must not make us run an exec plugin for each request. */
const RENEWAL_PAUSE_MS = 10_000;

/** Renews credentials once for all requests that were refused with the same ones. */
export class Renewal {
  readonly #renew: () => Promise<void>;
  readonly #clock: Clock;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;

  constructor(renew: () => Promise<void>, clock: Clock) {
    this.#renew = renew;
    this.#clock = clock;
  }

  /** Whether it makes sense to ask again: others are there than at `since`, when the refused request was made. */
  async since(since: number): Promise<boolean> {
    if (this.#running === undefined) {
      if (this.#renewedAt > since) return true;
      if (Math.abs(this.#clock.now() - this.#renewedAt) < RENEWAL_PAUSE_MS) return false;
      this.#renewedAt = this.#clock.now();
      this.#running = this.#renew().finally(() => {
        this.#running = undefined;
      });
    }
    await this.#running;
    return true;
  }
}
