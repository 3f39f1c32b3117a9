import type { ClusterObject } from './object.ts';
import type { ControllerCondition } from './status.ts';

/** Where the plugin of a controller runs when it does not run here: what it asks of a look, and how it is. */
export interface PluginHost {
  /**
   * Waits until the plugin runs and may be shown this object; what is returned says that the look is over. Throws a
   * TerminalError for an object that has stopped the plugin too often, and RetryAfter where that may have changed.
   */
  admit(object: ClusterObject, signal: AbortSignal): Promise<() => void>;
  /** The object is gone. */
  forget(key: string): void;
  health(): PluginHealth;
}

/** Why a plugin was stopped. */
export type PluginEndReason = 'TimedOut' | 'OutOfMemory' | 'Exited' | 'UncaughtError' | 'LoadFailed';

export interface PluginHealth {
  readonly condition: ControllerCondition;
  readonly running: boolean;
  /** How often it was stopped, by reason. */
  readonly ends: Readonly<Record<PluginEndReason, number>>;
  /** Keys of objects that are not looked at any more. */
  readonly parked: readonly string[];
}
