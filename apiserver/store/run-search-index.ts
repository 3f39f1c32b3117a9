import type { Lease } from './lease.ts';
import { pause } from './pause.ts';
import type { SearchIndex } from './search-index.ts';

export interface SearchIndexing {
  readonly index: Pick<SearchIndex, 'step'>;
  readonly lease: Lease;
  readonly signal: AbortSignal;
  /** ms between two looks when there is nothing to do. Default 500. */
  readonly interval?: number;
  /** ms. */
  readonly now: () => number;
  /** Told of a failure; it is tried again. */
  readonly onError: (error: unknown) => void;
}

/** While there is much to do, so many times as long as a step took is left to those who report. */
const GIVES_WAY = 2;
const LEAST_PAUSE_MS = 20;

/**
 * Keeps the search's index, until the signal: one server of all, and never more than a third of the time, so that a storm
 * of reports is indexed later and is not slowed down. Does not reject.
 */
export async function runSearchIndex(options: SearchIndexing): Promise<void> {
  const { index, lease, signal, interval = 500, now, onError } = options;
  while (!signal.aborted) {
    const began = now();
    let more = false;
    try {
      more = (await lease.held()) && (await index.step());
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
    await pause(more ? Math.max(LEAST_PAUSE_MS, GIVES_WAY * (now() - began)) : interval, signal);
  }
}
