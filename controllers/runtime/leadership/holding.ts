import type { Shard } from '../../../crds/shard.ts';
import type { LeaseLock } from './lease-lock.ts';
import { holdLease, type Tenure, type TenureOptions } from './tenure.ts';

/** A lease that this process holds, and can be told to hand over. */
export class Holding {
  readonly lock: LeaseLock;
  readonly ended: Promise<void>;
  readonly #stop = new AbortController();

  /** The lease was just acquired. `signal`: hand it over, like `release`. */
  constructor(
    lock: LeaseLock,
    options: TenureOptions & { readonly shard?: Shard },
    signal: AbortSignal,
    lead: (tenure: Tenure) => Promise<void>,
  ) {
    this.lock = lock;
    this.ended = holdLease(lock, options, AbortSignal.any([signal, this.#stop.signal]), lead);
  }

  get isReleasing(): boolean {
    return this.#stop.signal.aborted;
  }

  release(): void {
    this.#stop.abort();
  }
}
