import { badRequest, type TextSearch } from '../../apiserver/kube/index.ts';
import { TEXT_SEARCH_IS_OFF } from '../../apiserver/rest/search.ts';
import { runSearchIndex } from '../../apiserver/store/run-search-index.ts';
import type { Log } from '../log.ts';
import type { ConnectingStore } from './connecting-store.ts';
import { type FirstLoad, runWhenOpened } from './first-load.ts';
import { toldOnce } from './told-once.ts';

/** Begins when issues are served, and ends before the store is closed. */
export function startSearchIndexing(first: Pick<FirstLoad, 'opened'>, log: Log): AsyncDisposable {
  const tell = toldOnce(
    (cause) => log.warn({ cause }, 'the index of the search cannot be kept: trying again'),
    Date.now,
  );
  return runWhenOpened(first, async (store, signal) => {
    await using lease = store.searchLease();
    await runSearchIndex({
      ...{ index: store.searchIndex(), lease, signal, now: Date.now, news: store.news },
      onError: (error) => tell(error instanceof Error ? error.message : String(error)),
    });
  });
}

/** `?search=` on lists. Where no index is kept (`indexed` false) an old one would answer wrongly: 400 says so. */
export function visibleSearch(store: Pick<ConnectingStore, 'findVisible'>, indexed: boolean): TextSearch {
  return async (text, namespace) => {
    if (!indexed) throw badRequest(`search: text search is ${TEXT_SEARCH_IS_OFF}: use label and field selectors`);
    return await store.findVisible(text, namespace === '' ? 'all' : [namespace]);
  };
}
