import type { Tenure } from './tenure.ts';

/** What a process is in its group of replicas. */
export interface LeadershipStatus {
  readonly role: 'leading' | 'standby';
  /** This process, where there is an election. */
  readonly identity?: string;
  /** Who leads as far as is known; of shards the others that lead some. */
  readonly leaders: readonly string[];
  /** The shards that this process leads, by name; absent without sharding. */
  readonly shards?: readonly string[];
}

/** Who leads: the port between the manager and an election. */
export interface Leaders {
  /**
   * Calls `lead` for every tenure of this process, several at a time with shards, until the signal aborts and all of them
   * have ended. Begins when `warm` resolves, that is when the caches are filled: who could not take over at once does not
   * compete with those who can.
   */
  run(signal: AbortSignal, lead: (tenure: Tenure) => Promise<void>, warm: Promise<void>): Promise<void>;
  status(): LeadershipStatus;
}

/** Without an election: this process leads from the start to the end. */
export function alwaysLeading(): Leaders {
  const never = new AbortController().signal;
  return {
    run: (signal, lead) => lead({ elected: false, ends: signal, lost: never, holds: () => true }),
    status: () => ({ role: 'leading', leaders: [] }),
  };
}
