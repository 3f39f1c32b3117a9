import { Recent } from './recent.ts';

export interface Rate {
  /** How many at once. */
  readonly burst: number;
  readonly perSecond: number;
}

/** As client-go's EventSourceObjectSpamFilter: 25 about an object, then one in 5 minutes. */
export const OBJECT_RATE: Rate = { burst: 25, perSecond: 1 / 300 };
/** Over all: a first start with thousands of failures must not fill etcd. An hour of it is 18,000 Events. */
export const TOTAL_RATE: Rate = { burst: 200, perSecond: 5 };
/** Objects that are remembered; of one that is forgotten the budget is full again. client-go's number. */
const MAX_OBJECTS = 4_096;

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** Token buckets: one an object, one for all. What an object may not write takes nothing from the others. */
export class Budget {
  readonly #now: () => number;
  readonly #objects = new Recent<Bucket>(MAX_OBJECTS);
  readonly #total: Bucket;

  /** `now` in ms. */
  constructor(now: () => number) {
    this.#now = now;
    this.#total = { tokens: TOTAL_RATE.burst, filledAt: now() };
  }

  /** Takes one for `object`; false when there is none. */
  take(object: string): boolean {
    const bucket = this.#objects.get(object) ?? { tokens: OBJECT_RATE.burst, filledAt: this.#now() };
    this.#objects.set(object, bucket);
    this.#fill(bucket, OBJECT_RATE);
    this.#fill(this.#total, TOTAL_RATE);
    if (bucket.tokens < 1 || this.#total.tokens < 1) return false;
    bucket.tokens -= 1;
    this.#total.tokens -= 1;
    return true;
  }

  #fill(bucket: Bucket, { burst, perSecond }: Rate): void {
    const now = this.#now();
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.filledAt) / 1_000) * perSecond);
    bucket.filledAt = now;
  }
}
