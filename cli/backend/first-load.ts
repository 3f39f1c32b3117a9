import type { KubeApi } from '../../apiserver/kube/index.ts';
import type { SqlStore } from '../../apiserver/store/sql-store.ts';
import type { ConnectingStore } from './connecting-store.ts';

/** ms; a snapshot that takes longer, or never comes, keeps nobody from sweeping, or there would be ever more to read. */
const LONGEST_WAIT = 60_000;

/**
 * Serving comes first: until a server has its first snapshot of issues, reading that is all it does with its database. Who
 * follows the log (sweeps, the search's index, groups, Events) begins afterwards: a backlog of theirs is no reason to be
 * ready later. They wait for a minute at most.
 */
export class FirstLoad {
  /** The store, once issues are served. Rejects when its database can never be used. */
  readonly opened: Promise<SqlStore>;
  readonly #loaded = Promise.withResolvers<void>();

  constructor({ opened }: Pick<ConnectingStore, 'opened'>) {
    this.opened = Promise.all([opened, this.#loaded.promise]).then(([store]) => store);
    // Told where it is opened.
    this.opened.catch(() => {});
  }

  /**
   * Begins to follow the change log when the database was reached. What began before would find nothing and try again ever
   * later, and a server would be ready up to half a second after its database.
   */
  follow({ opened }: Pick<ConnectingStore, 'opened'>, kube: Pick<KubeApi, 'start' | 'cache'>): void {
    const cache = kube.cache('issues');
    const unsubscribe = cache?.onAdvance(() => {
      if (!cache.synced) return;
      unsubscribe?.();
      this.#loaded.resolve();
    });
    opened.then(
      () => {
        kube.start();
        setTimeout(() => this.#loaded.resolve(), cache ? LONGEST_WAIT : 0).unref();
      },
      () => {},
    );
  }
}

/**
 * Runs once there is a store, until disposed of. Disposing does not wait for a store: one that was never reached must not
 * hold up the end of the process.
 */
export function runWhenOpened(
  { opened }: Pick<FirstLoad, 'opened'>,
  run: (store: SqlStore, signal: AbortSignal) => Promise<void>,
): AsyncDisposable {
  const ending = new AbortController();
  let running: Promise<void> | undefined;
  opened.then(
    (store) => {
      if (ending.signal.aborted) return;
      running = run(store, ending.signal);
      running.catch(() => {}); // each tells its own faults
    },
    () => {}, // told where it is opened
  );
  return {
    async [Symbol.asyncDispose]() {
      ending.abort();
      await running?.catch(() => {});
    },
  };
}
