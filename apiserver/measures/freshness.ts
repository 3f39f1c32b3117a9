import type { WatchCache } from '../kube/index.ts';

export interface FreshnessOptions {
  readonly cache: Pick<WatchCache, 'synced' | 'resourceVersion' | 'onAdvance'>;
  /** Told how long a change took from being stored to being served here, seconds. */
  readonly visible: (seconds: number) => void;
  /** ms. */
  readonly now: () => number;
}

/** A change that was stored at this time, or before. */
interface Stored {
  readonly change: number;
  readonly at: number;
}

/** While the feed stands still, more would only be memory. */
const MAX_WAITING = 1_024;

/**
 * How fresh is what this process serves: it is told which change numbers are stored, and sees when its feed has reached
 * them. One clock measures both, so clocks that differ do not matter.
 */
export class Freshness implements Disposable {
  readonly #options: FreshnessOptions;
  readonly #unsubscribe: () => void;
  #waiting: Stored[] = [];
  #freshAt: number;

  constructor(options: FreshnessOptions) {
    this.#options = options;
    this.#freshAt = options.now();
    this.#unsubscribe = options.cache.onAdvance(() => this.#advance());
  }

  /** Changes up to this number were stored `at` this time, ms, or before. Default: now. */
  stored(change: number, at: number = this.#options.now()): void {
    if (this.#waiting.length >= MAX_WAITING) return;
    this.#waiting.push({ change, at });
    this.#advance();
  }

  /** What is served has everything that was stored so many seconds ago; nobody knows about later. */
  get staleness(): number {
    return Math.max(0, this.#options.now() - this.#freshAt) / 1_000;
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }

  #advance(): void {
    const { cache, now, visible } = this.#options;
    if (this.#waiting.length === 0 || !cache.synced) return;
    const reached = cache.resourceVersion;
    this.#waiting = this.#waiting.filter(({ change, at }) => {
      if (change > reached) return true;
      visible(Math.max(0, now() - at) / 1_000);
      this.#freshAt = Math.max(this.#freshAt, at);
      return false;
    });
  }
}

export interface ProbeOptions {
  readonly freshness: Pick<Freshness, 'stored'>;
  /** The last committed number now; rejects while the database cannot be asked. */
  readonly latest: () => Promise<number>;
  /** ms. */
  readonly now: () => number;
  /** Resolves after `ms` or when the signal fires. */
  readonly sleep: (ms: number) => Promise<unknown>;
  readonly signal: AbortSignal;
}

const PROBE_EVERY_MS = 5_000;

/**
 * Asks every 5 s which change was the last one, until the signal fires: so what other servers store counts here, too, and an
 * idle server knows that it is fresh. What cannot be asked is not fresh.
 */
export async function probeFreshness({ freshness, latest, now, sleep, signal }: ProbeOptions): Promise<void> {
  while (!signal.aborted) {
    const asked = now();
    const change = await latest().catch(() => undefined);
    if (change !== undefined) freshness.stored(change, asked);
    await sleep(PROBE_EVERY_MS);
  }
}
