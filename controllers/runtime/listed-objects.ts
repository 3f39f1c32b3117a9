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
}

/** Row 7: tells the backend what there is, so that it knows what is gone. */
export class ListedObjects {
  readonly #options: ListedObjectsOptions;
  #telling = false;
  #wanted = false;
  /** The epoch in which the kind was listed again. */
  #relistedFor = -1;

  constructor(options: ListedObjectsOptions) {
    this.#options = options;
  }

  /** Only when everything was listed, or what was not listed would look as if it were gone. */
  async tell(): Promise<void> {
    const { primary, leadership, isDecided } = this.#options;
    // One at a time: a thousand deletions ask for one more sync, not for a thousand.
    this.#wanted = true;
    if (this.#telling) return;
    this.#telling = true;
    for (let leads = leadership(); this.#wanted && leads && primary.complete && isDecided(); leads = leadership()) {
      this.#wanted = false;
      await this.#relist(leads);
      const listed = this.#listed();
      if (listed !== undefined) await leads.sync(listed);
    }
    this.#telling = false;
  }

  /** A cache that was filled before this process led may lack what its predecessor saw last. */
  async #relist({ epoch, renewed }: Leadership): Promise<void> {
    const { relists = false, primary } = this.#options;
    if (relists && renewed !== true && this.#relistedFor !== epoch) await primary.refresh();
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
