import { type Clock, pause } from './clock.ts';
import type { Informer } from './informer.ts';
import type { Leadership } from './lead.ts';
import type { ClusterObject } from './object.ts';

export interface ListedObjectsOptions {
  readonly primary: Informer;
  /** See `ControllerOptions`. */
  readonly covers?: (namespace: string) => boolean;
  readonly relists?: boolean;
  readonly leadership: () => Leadership | undefined;
  /** Everything that was listed is decided. */
  readonly isDecided: () => boolean;
  readonly clock: Clock;
}

/** Between two syncs of one epoch, ms: the engine reads every active issue of the source for each. Doubled while they are wanted. */
const PAUSE = { base: 10_000, max: 300_000 };

/** Row 7: tells the backend what there is, so that it knows what is gone. */
export class ListedObjects {
  readonly #options: ListedObjectsOptions;
  /** When this process took the seat of its controller. */
  readonly #since: number;
  #telling = false;
  #wanted = false;
  /** What is there was to be told, and that was not taken yet. */
  #isOwed = false;
  /** The epoch in which the kind was listed again. */
  #relistedFor = -1;
  /** The last sync: its epoch, when it ended, and how long the next one of that epoch waits. */
  #last = { epoch: -1, at: 0, pause: PAUSE.base };
  #waiting: AbortController | undefined;

  constructor(options: ListedObjectsOptions) {
    this.#options = options;
    this.#since = options.clock.now();
  }

  /** Only when everything was listed, or what was not listed would look as if it were gone. */
  async tell(): Promise<void> {
    const { primary, leadership, isDecided } = this.#options;
    // One at a time: a thousand deletions ask for one more sync, not for a thousand.
    this.#wanted = true;
    this.#isOwed = true;
    if (this.#telling) {
      // What waits for its turn is of an epoch that is over.
      if (leadership()?.epoch !== this.#last.epoch) this.#waiting?.abort();
      return;
    }
    this.#telling = true;
    const ready = (leads: Leadership | undefined): leads is Leadership =>
      this.#wanted && leads?.signal.aborted === false && primary.complete && isDecided();
    for (let leads = leadership(); ready(leads); leads = leadership()) {
      await this.#pace(leads);
      if (leadership() !== leads || !ready(leads)) continue;
      this.#wanted = false;
      await this.#relist(leads);
      const listed = this.#listed();
      const isTaken = listed === undefined || (await leads.sync(listed));
      this.#isOwed = !isTaken || this.#wanted;
      this.#last.at = this.#options.clock.now();
    }
    this.#telling = false;
  }

  /** Under another number: what was told before still holds, and what was refused under the old one is told again. */
  async tellAgain(): Promise<void> {
    if (this.#isOwed) await this.tell();
  }

  /** The first sync of an epoch is due at once, later ones after a while: longer each time as long as more are wanted. */
  async #pace({ epoch, signal }: Leadership): Promise<void> {
    const { clock } = this.#options;
    const { at, pause: ms } = this.#last;
    const wait = at + ms - clock.now();
    if (this.#last.epoch !== epoch || wait <= 0) {
      this.#last = { epoch, at, pause: PAUSE.base };
      return;
    }
    this.#waiting = new AbortController();
    await pause(clock, wait, AbortSignal.any([signal, this.#waiting.signal]));
    this.#waiting = undefined;
    if (this.#last.epoch === epoch) this.#last.pause = Math.min(ms * 2, PAUSE.max);
  }

  /** A cache that was filled before this process led may lack what its predecessor saw last. */
  async #relist({ epoch, renewed }: Leadership): Promise<void> {
    const { relists = false, primary } = this.#options;
    if (relists && renewed !== true && this.#relistedFor !== epoch) {
      // What the predecessor saw it saw before this seat was taken: shards that are taken together share one list.
      await primary.refresh(this.#relistedFor === -1 ? this.#since : undefined);
    }
    this.#relistedFor = epoch;
  }

  /** Of the objects that are looked at here those that there are; undefined when they say nothing. */
  #listed(): ClusterObject[] | undefined {
    const { primary, covers } = this.#options;
    const all = [...primary.cache.values()];
    const own = covers === undefined ? all : all.filter(({ metadata }) => covers(metadata.namespace ?? ''));
    // Objects in no namespace are all in one shard, and that one speaks for the whole kind.
    return own.length === 0 && all.some(({ metadata }) => metadata.namespace === undefined) ? undefined : own;
  }
}
