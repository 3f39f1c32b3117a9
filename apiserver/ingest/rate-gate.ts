import { LIMITED } from '../../crds/report.ts';
import { TokenBuckets } from './token-buckets.ts';

/**
 * How fast reports may come in, by namespace and by source within a namespace, so that one noisy tenant does not take what
 * all share. A source is counted in each namespace on its own: tenants share sources (`kite`, receivers of the cluster,
 * controllers), and none of them may use one up for the others. Token buckets: `burst` reports at once, then `perSecond`. Only reports whose caller has the right to them are counted, so nobody
 * uses up what belongs to somebody else.
 */
export interface Rate {
  /** 0: no limit. */
  readonly reportsPerSecond: number;
  readonly burst: number;
}

export interface RateLimits {
  readonly namespace: Rate;
  /** Of one source in one namespace. */
  readonly source: Rate;
}

/** Which limit refused, and when to try again. */
export interface Refusal {
  readonly limit: 'namespace' | 'source';
  readonly error: string;
  readonly retryAfterSeconds: number;
}

const MAX_RETRY_SECONDS = 60;

export class RateGate {
  readonly #limits: RateLimits;
  readonly #buckets: Readonly<Record<'namespace' | 'source', TokenBuckets>>;

  /** `now` in ms. */
  constructor(limits: RateLimits, now: () => number) {
    this.#limits = limits;
    const buckets = ({ reportsPerSecond, burst }: Rate): TokenBuckets =>
      new TokenBuckets({ perSecond: reportsPerSecond, burst }, now);
    this.#buckets = { namespace: buckets(limits.namespace), source: buckets(limits.source) };
  }

  /** Takes a report in, or says why not; a refused one uses nothing up. */
  take({ namespace, source }: { readonly namespace: string; readonly source: string }): Refusal | undefined {
    // Neither name has a slash.
    const sourceThere = `${namespace}/${source}`;
    const refusal =
      this.#refusal('namespace', namespace, `namespace ${namespace}`) ??
      this.#refusal('source', sourceThere, `source ${source} in namespace ${namespace}`);
    if (refusal) return refusal;
    this.#buckets.namespace.take(namespace);
    this.#buckets.source.take(sourceThere);
    return undefined;
  }

  #refusal(limit: Refusal['limit'], key: string, whose: string): Refusal | undefined {
    const seconds = this.#buckets[limit].secondsToNext(key);
    if (seconds === 0) return undefined;
    const { reportsPerSecond } = this.#limits[limit];
    return {
      limit,
      error: `${LIMITED}${whose}: ${reportsPerSecond} a second are taken (limits.${limit})`,
      retryAfterSeconds: Math.min(Math.ceil(seconds), MAX_RETRY_SECONDS),
    };
  }
}
