import type { DeepReadonly, ObjectLike, Read } from '../index.ts';
import { FirstSeen } from './first-seen.ts';
import type { Timing } from './timing.ts';

/** What is remembered is looked at again this often, so that it is not forgotten. */
const REMEMBER_MS = 3_600_000;

/** A verdict for what is so, but not yet for long enough: what is open stays open, and nothing opens. */
export const HELD = 'Held';

/**
 * Since when something was seen to be so, where no status has a time of it. A process that starts again has seen nothing:
 * until it has lasted once more the controller must not answer (`HELD`), or it would resolve what is open.
 */
export class Memory {
  readonly #seen = new FirstSeen(2 * REMEMBER_MS);

  /**
   * ms. Undefined for recorded objects: a replay takes no time, so that nobody saw anything begin. `about` tells apart what
   * can be so of one object.
   */
  since(object: DeepReadonly<ObjectLike>, about: string, read: Pick<Read, 'live'>, timing: Timing): number | undefined {
    if (!read.live) return undefined;
    timing.lookAgain(REMEMBER_MS);
    const since = this.#seen.since(keyOf(object, about), timing.now);
    timing.note(since);
    return since;
  }

  /** Whether it was so when the object was last looked at. */
  has(object: DeepReadonly<ObjectLike>, about: string): boolean {
    return this.#seen.has(keyOf(object, about));
  }

  /** It is so no more. */
  forget(object: DeepReadonly<ObjectLike>, about: string): void {
    this.#seen.forget(keyOf(object, about));
  }
}

function keyOf({ metadata: { uid, namespace = '', name } }: DeepReadonly<ObjectLike>, about: string): string {
  return `${uid ?? `${namespace}/${name}`} ${about}`;
}
