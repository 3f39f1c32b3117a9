/** Where an object is in a list: by namespace and name, in the order of code points. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
}

export interface PastPageOptions<T extends Place, R> {
  /** What comes after a place, in order, at most `limit`; fewer are the end. */
  readonly read: (after: Place | undefined, limit: number) => Promise<readonly T[]>;
  readonly after: Place | undefined;
  /** At most so many are on the page. */
  readonly limit: number;
  /** What is shown of an object; undefined: it is passed over. */
  readonly select: (object: T) => R | undefined;
  /** Whether `select` passes nothing over: then nothing is read that does not fit on the page. */
  readonly everyOne: boolean;
  /** When the client is gone, nothing more is read. */
  readonly signal: AbortSignal;
}

export interface PastPage<R> {
  readonly found: readonly R[];
  /** The next page begins after this; absent on the last. */
  readonly next?: Place | undefined;
}

/**
 * So many objects of the past are looked at for one page, and in memory, at most. A selector is no index there: a page of what is
 * rare would read everything. A page that ends for it may be short, or empty, and has a next one, as Kubernetes allows.
 */
export const MOST = 10_000;
/** A page of 500 and the one that says that there is another are read at once. */
const BLOCK = 501;

/** One page of a list of the past: what is selected is looked for here, block by block. */
export async function readPastObjects<T extends Place, R>(options: PastPageOptions<T, R>): Promise<PastPage<R>> {
  const { read, limit, select, everyOne, signal } = options;
  const found: R[] = [];
  let after = options.after;
  for (let looked = 0; ; ) {
    const most = Math.min(BLOCK, everyOne ? limit + 1 - found.length : MOST - looked);
    const objects = await read(after, most);
    for (const object of objects) {
      const shown = select(object);
      if (shown !== undefined && found.length === limit) return { found, next: after };
      if (shown !== undefined) found.push(shown);
      after = object;
    }
    looked += objects.length;
    if (objects.length < most) return { found };
    if ((!everyOne && looked === MOST) || signal.aborted) return { found, next: after };
  }
}
