import { runSearchIndex } from '../../apiserver/store/run-search-index.ts';
import type { Log } from '../log.ts';
import type { ConnectingStore } from './connecting-store.ts';
import { toldOnce } from './told-once.ts';

/** Begins when the database was reached, and ends before the store is closed. */
export function startSearchIndexing(store: ConnectingStore, log: Log): AsyncDisposable {
  const ending = new AbortController();
  const tell = toldOnce(
    (cause) => log.warn({ cause }, 'the index of the search cannot be kept: trying again'),
    Date.now,
  );
  const running = store.opened.then(async (opened) => {
    await using lease = opened.searchLease();
    await runSearchIndex({
      ...{ index: opened.searchIndex(), lease, signal: ending.signal, now: Date.now },
      onError: (error) => tell(error instanceof Error ? error.message : String(error)),
    });
  });
  // A database that can never be used is told where it is opened.
  running.catch(() => {});
  return {
    async [Symbol.asyncDispose]() {
      ending.abort();
      await running.catch(() => {});
    },
  };
}
