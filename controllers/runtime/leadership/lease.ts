/** A Lease of coordination.k8s.io/v1, as far as an election needs it. */
export interface LeaseRecord {
  /** Empty: released. */
  readonly holderIdentity: string;
  /** How long others wait after they saw the last renewal, whole seconds. */
  readonly leaseDurationSeconds: number;
  /** RFC 3339 with microseconds, by the holder's clock: for people. Nobody computes with it, so clocks may differ. */
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly leaseTransitions: number;
}

/** As it was read: what an update is conditional on. */
export interface StoredLease {
  readonly name: string;
  readonly record: LeaseRecord;
  /** Opaque; another one for every write. */
  readonly version: string;
}

export interface LeaseChange {
  readonly name: string;
  /** Undefined: it was deleted. */
  readonly lease: StoredLease | undefined;
}

/**
 * Where Leases are kept: the port of the elections. Every write is conditional. Rejects when nobody answers, or with a
 * refusal (a missing right); the message names it in one line.
 */
export interface LeaseStore {
  /** Undefined when there is none. Never from a cache. */
  get(name: string, signal: AbortSignal): Promise<StoredLease | undefined>;
  /** Undefined when there is one already. */
  create(name: string, record: LeaseRecord, signal: AbortSignal): Promise<StoredLease | undefined>;
  /** Undefined when it is not the one that was read any more. */
  update(read: StoredLease, record: LeaseRecord, signal: AbortSignal): Promise<StoredLease | undefined>;
  /** Those that there are, then their changes, until the signal aborts. May lag and repeat itself: it only wakes up. */
  watch(signal: AbortSignal): AsyncIterable<LeaseChange>;
}

/** RFC 3339 with the six decimals that a MicroTime has. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
