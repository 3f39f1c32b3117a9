import { backoffDelay } from '../backoff.ts';
import { type ClusterObject, objectKey } from '../object.ts';
import { RetryAfter, TerminalError } from '../plugin.ts';

export interface SuspectsOptions {
  /** So many times an object may stop the plugin before it is parked. */
  readonly maxKills: number;
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

interface Suspect {
  /** How often it stopped the plugin when nothing else was looked at. */
  kills: number;
  /** As it was looked at last. */
  object: ClusterObject;
  /** A parked one that changed is tried again from then on. */
  until: number;
}

/** A parked object that has changed is tried again after 10 min, 20 min, … 6 h. */
const PARKED = { base: 600_000, max: 6 * 3_600_000 };

/**
 * Which objects may have stopped a plugin. A blocked thread cannot say what it was doing, so all that were under way are
 * suspected, and looked at alone from then on: whichever is alone when the plugin stops is guilty. After `maxKills` it is
 * parked, so that the others are not starved.
 */
export class Suspects {
  readonly #options: SuspectsOptions;
  readonly #suspects = new Map<string, Suspect>();

  constructor(options: SuspectsOptions) {
    this.#options = options;
  }

  /** Keys that are not looked at any more. */
  get parked(): string[] {
    return [...this.#suspects].filter(([, { kills }]) => kills >= this.#options.maxKills).map(([key]) => key);
  }

  /** The plugin stopped while these were looked at. True when one of them is guilty and parked by that. */
  blame(objects: readonly ClusterObject[]): boolean {
    for (const object of objects) {
      const key = objectKey(object);
      const suspect = this.#suspects.get(key) ?? { kills: 0, object, until: 0 };
      this.#suspects.set(key, Object.assign(suspect, { object }));
      if (objects.length > 1) continue;
      const over = ++suspect.kills - this.#options.maxKills;
      if (over < 0) continue;
      suspect.until = this.#options.now() + backoffDelay(over, { ...PARKED, random: this.#options.random });
      return true;
    }
    return false;
  }

  /** Whether this object is to be looked at alone. Throws what keeps it from being looked at. */
  isSuspect(object: ClusterObject): boolean {
    const suspect = this.#suspects.get(objectKey(object));
    if (suspect === undefined) return false;
    const { kills, until } = suspect;
    if (kills < this.#options.maxKills) return true;
    if (suspect.object === object) throw new TerminalError(`parked: it stopped the plugin ${kills} times`);
    const wait = until - this.#options.now();
    if (wait > 0) throw new RetryAfter(wait, `parked: it stopped the plugin ${kills} times; it has changed since`);
    return true;
  }

  /** It was looked at, or is no more. */
  clear(key: string): void {
    this.#suspects.delete(key);
  }
}
