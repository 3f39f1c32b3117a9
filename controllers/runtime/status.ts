/** The health of one controller, and what it did since the start. */
export interface ControllerStatus {
  readonly name: string;
  readonly use: string;
  readonly conditions: readonly ControllerCondition[];
  readonly counts: ControllerCounts;
  /** What is kept of the watched kind and of the kinds it reads; kinds that controllers share are in each of them. */
  readonly caches: readonly CacheStatus[];
}

export interface CacheStatus {
  readonly kind: string;
  readonly objects: number;
  /** About what they take in memory. */
  readonly bytes: number;
}

export interface ControllerCondition {
  /**
   * `Degraded`: some looks fail or are refused. `SubjectConflict`: two live objects map to one subject. `PluginStopped`: of
   * a plugin that runs in a thread of its own. `ConfigurationStale`: the last edit is not applied, and this is why.
   */
  readonly type: 'Ready' | 'SubjectConflict' | 'Degraded' | 'PluginStopped' | 'ConfigurationStale';
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

export interface ControllerCounts {
  /** Objects in the cache, inside the filter. */
  readonly objects: number;
  /** Objects whose last look was decided; `failing` of them with findings. */
  readonly decided: number;
  readonly failing: number;
  /** What the failing ones have, together. */
  readonly findings: number;
  readonly undecided: number;
  /** Undecided though the object has come to its end, and not `final`: must return to 0. */
  readonly undecidedTerminal: number;
  /** Undecided for ever (a cancelled run). */
  readonly settledUndecided: number;
  /** Objects whose last look failed: it threw, timed out or answered nonsense. */
  readonly failed: number;
  /** Reports sent and acknowledged; refused ones are looked at again. */
  readonly reported: number;
  readonly refused: number;
  /** Observations that threw, timed out or answered nonsense. */
  readonly errors: number;
  /** Not sent: too old, subject gone, superseded in the backlog, in conflict. */
  readonly skipped: number;
}
