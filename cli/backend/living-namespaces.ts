import type { NamespaceIdentity, Namespaces } from '../../apiserver/ingest/index.ts';
import { type Clock, pause, systemClock } from '../../controllers/runtime/clock.ts';
import type { ClusterNamespaces } from './cluster-namespaces.ts';
import type { WatchNamespaces } from './namespace-watch.ts';

/** What is stored about namespaces, for those who see them go. `sweep` and `missingIn` reject while the database is away. */
export interface StoredNamespaces {
  /** Resolves when there is a database; rejects when there will be none. */
  readonly opened: Promise<unknown>;
  /** Takes away what a namespace left that is gone, or is another one now. */
  sweep(name: string): Promise<void>;
  /** Those with issues that a list does not have, or has with another uid. */
  missingIn(uids: ReadonlyMap<string, string>): Promise<readonly string[]>;
}

export interface LivingNamespacesOptions {
  readonly namespaces: ClusterNamespaces;
  readonly stored: StoredNamespaces;
  readonly watch: WatchNamespaces;
  /** Told once per distinct cause. */
  onFault(message: string): void;
  readonly clock?: Clock;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
const MAX_NAMESPACES = 20_000;

/**
 * Namespaces whose issues go with them (aggregated-api X4): a watch sees one go and its issues leave at once, and nobody
 * reports into one of the same name before they have left. What cannot be swept now, because the database is away, is
 * swept when it is back.
 */
export class LivingNamespaces implements Namespaces, AsyncDisposable {
  readonly #options: LivingNamespacesOptions;
  /** uid by name of those in which nothing of an earlier one is left. */
  readonly #clean = new Map<string, string>();
  readonly #cleaning = new Map<string, Promise<NamespaceIdentity>>();
  readonly #toSweep = new Set<string>();
  readonly #ending = new AbortController();
  readonly #running: Promise<unknown>;
  #wake = Promise.withResolvers<void>();

  /** Begins at once. */
  constructor(options: LivingNamespacesOptions) {
    this.#options = options;
    this.#running = Promise.all([this.#follow(), this.#sweepAll()]);
  }

  resolve(name: string): ReturnType<Namespaces['resolve']> {
    const found = this.#options.namespaces.resolve(name);
    return found instanceof Promise ? found.then((answer) => this.#own(name, answer)) : this.#own(name, found);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    this.#wake.resolve();
    await this.#running;
  }

  #own(name: string, found: Awaited<ReturnType<Namespaces['resolve']>>): ReturnType<Namespaces['resolve']> {
    if (typeof found === 'string' || this.#clean.get(name) === found.uid) return found;
    const key = `${name}/${found.uid}`;
    const cleaning = this.#cleaning.get(key) ?? this.#cleanUp(name, found);
    this.#cleaning.set(key, cleaning);
    return cleaning.finally(() => this.#cleaning.delete(key));
  }

  async #cleanUp(name: string, identity: NamespaceIdentity): Promise<NamespaceIdentity> {
    await this.#options.stored.sweep(name);
    if (this.#clean.size >= MAX_NAMESPACES) this.#clean.clear();
    this.#clean.set(name, identity.uid);
    return identity;
  }

  async #follow(): Promise<void> {
    const { namespaces, watch, onFault } = this.#options;
    const { signal } = this.#ending;
    try {
      for await (const news of watch(signal)) {
        if (news.type === 'listed') {
          this.#uids = news.uids;
          this.#wake.resolve();
          continue;
        }
        namespaces.forget(news.name);
        if (news.type === 'gone') this.#sweepSoon(news.name);
      }
    } catch (error) {
      // The periodic sweep goes on, more slowly.
      if (!signal.aborted) onFault(`namespaces are not watched any more: ${(error as Error).message}`);
    }
  }

  #sweepSoon(name: string): void {
    this.#clean.delete(name);
    this.#toSweep.add(name);
    this.#wake.resolve();
  }

  /** The last list that nobody compared with the database yet. */
  #uids: ReadonlyMap<string, string> | undefined;

  async #sweepAll(): Promise<void> {
    const { clock = systemClock, onFault } = this.#options;
    const { signal } = this.#ending;
    if (!(await this.#hasDatabase())) return;
    let told = '';
    for (let delay = FIRST_PAUSE_MS; !signal.aborted; ) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers<void>();
      try {
        await this.#sweepNow();
        delay = FIRST_PAUSE_MS;
        told = '';
      } catch (error) {
        const message = (error as Error).message;
        if (message !== told && !signal.aborted)
          onFault(`cannot take away the issues of a namespace that is gone: ${message}`);
        told = message;
        await pause(clock, delay, signal);
        delay = Math.min(delay * 2, LONGEST_PAUSE_MS);
        this.#wake.resolve();
      }
    }
  }

  /** False when it ends before, or will never have one. */
  async #hasDatabase(): Promise<boolean> {
    const { promise: ended, resolve } = Promise.withResolvers<boolean>();
    this.#ending.signal.addEventListener('abort', () => resolve(false), { once: true });
    const opened = this.#options.stored.opened.then(
      () => true,
      () => false,
    );
    return Promise.race([opened, ended]);
  }

  async #sweepNow(): Promise<void> {
    const { namespaces, stored } = this.#options;
    const uids = this.#uids;
    if (uids !== undefined) {
      for (const name of await stored.missingIn(uids)) this.#toSweep.add(name);
      // Unless another list came meanwhile.
      if (this.#uids === uids) this.#uids = undefined;
    }
    for (const name of this.#toSweep) {
      if (this.#ending.signal.aborted) return;
      namespaces.forget(name);
      await stored.sweep(name);
      this.#toSweep.delete(name);
    }
  }
}
