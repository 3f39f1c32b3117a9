import { badRequest, type TextSearch } from '../../apiserver/kube/index.ts';
import { TEXT_SEARCH_IS_OFF } from '../../apiserver/rest/search.ts';
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

/** `?search=` on lists. Where no index is kept (`indexed` false) an old one would answer wrongly: 400 says so. */
export function visibleSearch(store: Pick<ConnectingStore, 'findVisible'>, indexed: boolean): TextSearch {
  return async (text, namespace) => {
    if (!indexed) throw badRequest(`search: text search is ${TEXT_SEARCH_IS_OFF}: use label and field selectors`);
    return await store.findVisible(text, namespace === '' ? 'all' : [namespace]);
  };
}
