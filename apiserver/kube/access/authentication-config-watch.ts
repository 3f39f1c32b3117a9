import { setTimeout as sleep } from 'node:timers/promises';
import { type AuthenticationConfig, parseAuthenticationConfig } from './authentication-config.ts';
import { type ClusterApi, ClusterApiError } from './cluster-api.ts';

export const AUTHENTICATION_CONFIG_MAP = {
  namespace: 'kube-system',
  name: 'extension-apiserver-authentication',
} as const;

/** Where the ConfigMap comes from: the runtime's reflector, or `pollAuthenticationConfig`. Wired by cli. */
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
  readonly #listeners = new Set<(config: AuthenticationConfig) => void>();
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

  /** Calls `listener` with every new version; returns how to stop that. */
  onChange(listener: (config: AuthenticationConfig) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
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
    if (text === this.#lastData) return;
    this.#lastData = text;
    try {
      this.#current = parseAuthenticationConfig(data);
    } catch (error) {
      this.#fault((error as Error).message);
      return;
    }
    this.#lastFault = '';
    for (const listener of this.#listeners) listener(this.#current);
  }

  #fault(why: string): void {
    if (why === this.#lastFault) return;
    this.#lastFault = why;
    const { namespace, name } = AUTHENTICATION_CONFIG_MAP;
    this.#options.onFault(`ConfigMap ${namespace}/${name}: ${why}`);
  }
}

/**
 * Reads the ConfigMap every `intervalMs` (default: 10,000). Enough where nothing else needs a watch: authorities are
 * rotated with an overlap of hours.
 */
export function pollAuthenticationConfig(api: ClusterApi, intervalMs = 10_000): AuthenticationConfigSource {
  const { namespace, name } = AUTHENTICATION_CONFIG_MAP;
  const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
  return {
    async *watch(signal) {
      while (!signal.aborted) {
        const { data = {} } = (await readConfigMap(api, path, signal)) as { data?: Record<string, string> };
        yield data;
        await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}

async function readConfigMap(api: ClusterApi, path: string, signal: AbortSignal): Promise<unknown> {
  try {
    return await api.get(path, { signal });
  } catch (error) {
    if (!(error instanceof ClusterApiError) || error.status !== 403) throw error;
    const role = 'bind the ServiceAccount to the Role extension-apiserver-authentication-reader in kube-system';
    throw new Error(`${error.message}; ${role}`, { cause: error });
  }
}
