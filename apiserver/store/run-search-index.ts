import { GiveWay } from './give-way.ts';
import type { Lease } from './lease.ts';
import { pause } from './pause.ts';
import type { SearchIndex } from './search-index.ts';
import type { WakeUps } from './wake-ups.ts';

export interface SearchIndexing {
  readonly index: Pick<SearchIndex, 'step' | 'pause'>;
  readonly lease: Lease;
  readonly signal: AbortSignal;
  /** ms between two looks at least, when there is nothing to do. Default 500. */
  readonly interval?: number;
  /** Who knows that there may be something to do: while there is none, it is looked every 5 s only. Default: every interval. */
  readonly news?: Pick<WakeUps, 'hints' | 'hintAfter'>;
  /** ms. */
  readonly now: () => number;
  /** Told of a failure; it is tried again. */
  readonly onError: (error: unknown) => void;
}

const LEAST_PAUSE_MS = 20;
/** What a look costs is small, but an idle server did nothing else as often; a lost hint makes a search old for so long. */
const LONGEST_PAUSE_MS = 5_000;

/**
 * Keeps the search's index, until the signal: one server of all, which gives way to those who report, so that a storm of
 * reports is indexed later and is not slowed down. Does not reject.
 */
export async function runSearchIndex(options: SearchIndexing): Promise<void> {
  const { index, lease, signal, interval = 500, now, onError, news } = options;
  const way = new GiveWay(now);
  while (!signal.aborted) {
    const began = now();
    const seen = news?.hints ?? 0;
    let rest = interval;
    let idle = false;
    try {
      if (await lease.held()) {
        const { more, latest } = await index.step();
        const gives = way.rest(now() - began, latest);
        if (more) rest = Math.max(LEAST_PAUSE_MS, gives);
        idle = !more;
      } else index.pause();
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
    await pause(rest, signal);
    if (idle) await news?.hintAfter(seen, LONGEST_PAUSE_MS - rest, signal);
  }
}
