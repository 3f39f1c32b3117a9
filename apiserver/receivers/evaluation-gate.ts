import { TooManyReports } from '../ingest/group-commit.ts';
import { TokenBuckets } from '../ingest/token-buckets.ts';
import type { Receiver } from './compile.ts';
import { UNITS_A_DELIVERY } from './evaluate.ts';

/** A seventh of a core at worst: 100,000 units take up to 70 ms. */
export const UNITS_A_SECOND = 200_000;
export const UNITS_AT_ONCE = 8 * UNITS_A_DELIVERY;
/** Reading JSON costs what 16 characters of a string cost an expression. */
const BYTES_A_UNIT = 16;
const MAX_RETRY_SECONDS = 60;

type Who = Pick<Receiver, 'namespace' | 'path'>;

/**
 * How much evaluation a tenant may ask for, in units of cel/budget.ts: the receivers of one namespace together, each
 * receiver of the cluster alone. The limits of reports come after the expressions, when the work is done. Deliveries
 * count only after they proved who they are, so nobody uses up what belongs to somebody else.
 */
export class EvaluationGate {
  readonly #buckets: TokenBuckets;

  /** `now` in ms. */
  constructor(now: () => number) {
    this.#buckets = new TokenBuckets({ perSecond: UNITS_A_SECOND, burst: UNITS_AT_ONCE }, now);
  }

  /** Sets aside what a delivery may cost at most, so that many at once are seen. Throws TooManyReports. */
  enter(receiver: Who): void {
    const seconds = this.#buckets.secondsToNext(keyOf(receiver));
    if (seconds > 0) {
      const { namespace, path } = receiver;
      const whose = namespace === undefined ? `the receiver ${path}` : `the receivers of namespace ${namespace}`;
      throw new TooManyReports(
        `too many or too costly deliveries to ${whose}: ${UNITS_A_SECOND} units a second are evaluated`,
        Math.min(Math.ceil(seconds), MAX_RETRY_SECONDS),
      );
    }
    this.#buckets.take(keyOf(receiver), UNITS_A_DELIVERY);
  }

  /** Gives back what a delivery did not cost. */
  leave(receiver: Who, { units, bytes = 0 }: { readonly units: number; readonly bytes?: number | undefined }): void {
    this.#buckets.take(keyOf(receiver), units + bytes / BYTES_A_UNIT - UNITS_A_DELIVERY);
  }
}

function keyOf({ namespace, path }: Who): string {
  return namespace === undefined ? path : `namespaces/${namespace}`;
}
