import { setTimeout as sleep } from 'node:timers/promises';
import { type AuthenticationConfig, parseAuthenticationConfig } from './authentication-config.ts';

export const AUTHENTICATION_CONFIG_MAP = {
  namespace: 'kube-system',
  name: 'extension-apiserver-authentication',
} as const;

/** Where the ConfigMap comes from: a watch on the cluster, wired by cli. */
export interface AuthenticationConfigSource {
  /**
   * Yields `data` of the ConfigMap when it was read first and whenever it may have changed. Ends when `signal` is
   * aborted; throws when it cannot go on, and is then called again.
   */
  watch(signal: AbortSignal): AsyncIterable<Readonly<Record<string, string>>>;
}

export interface AuthenticationConfigurationOptions {
  readonly source: AuthenticationConfigSource;
  /** Told when the ConfigMap cannot be read or used, once per distinct text until it works again. */
  readonly onFault: (message: string) => void;
  /** First and longest pause before another try, ms. Default: 1,000 and 30,000. */
  readonly retryMs?: { readonly first: number; readonly longest: number };
}

/**
 * The configuration of this moment, kept up to date for ever (A4). A version that cannot be used leaves the last good
 * one in place: a typing error in a ConfigMap must not lock the cluster out.
 */
export class AuthenticationConfiguration implements AsyncDisposable {
  readonly #options: AuthenticationConfigurationOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #current: AuthenticationConfig | undefined;
  #lastData = '';
  #lastFault = '';

  constructor(options: AuthenticationConfigurationOptions) {
    this.#options = options;
  }

  /** `undefined` until it was read once. */
  get current(): AuthenticationConfig | undefined {
    return this.#current;
  }

  /** Begins to read, in the background and until it is disposed of. */
  start(): void {
    this.#running ??= this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const { first, longest } = this.#options.retryMs ?? { first: 1000, longest: 30_000 };
    let pause = first;
    while (!signal.aborted) {
      try {
        for await (const data of this.#options.source.watch(signal)) {
          this.#take(data);
          pause = first;
        }
      } catch (error) {
        if (!signal.aborted) this.#fault((error as Error).message);
      }
      await sleep(pause * (0.8 + Math.random() * 0.4), undefined, { signal }).catch(() => undefined);
      pause = Math.min(pause * 2, longest);
    }
  }

  #take(data: Readonly<Record<string, string>>): void {
    const text = JSON.stringify(data);
    this.#lastFault = ''; // it can be read again
    if (text === this.#lastData) return;
    this.#lastData = text;
    try {
      this.#current = parseAuthenticationConfig(data);
    } catch (error) {
      this.#fault((error as Error).message);
    }
  }

  #fault(why: string): void {
    if (why === this.#lastFault) return;
    this.#lastFault = why;
    const { namespace, name } = AUTHENTICATION_CONFIG_MAP;
    this.#options.onFault(`ConfigMap ${namespace}/${name}: ${why}`);
  }
}
