import { Refusal } from '../reading/fault.ts';
import { causeOf } from './cause.ts';
import type { Connection } from './frame/scene.ts';
import type { Among } from './model.ts';
import type { Members, MembersOf, Source } from './source/source.ts';

/** After issues changed, members that are known one by one are read again so often, */
const FRESH_MS = 5_000;
/** or after ten times as long as it took: thousands are a long answer, and their group changes all the time; */
const REST = 10;
/** and until so long after the last change: groups follow their issues within about a second. */
const SETTLED_MS = 10_000;
/** After so long a question that failed is asked again. */
const AGAIN_MS = 10_000;
/** Who holds a key passes moments that nobody wants to see. */
const PAUSE_MS = 150;

/** Which issues are shown of a group. */
export interface Membership {
  readonly among: Among;
  /** While they are not known, or not as they are now: why. Undefined: they are. */
  readonly connection: Connection | undefined;
}

interface Shown {
  readonly of: Pick<MembersOf, 'group' | 'namespace' | 'asOf'>;
  members: Members | undefined;
  /** Whether those are among them that were resolved. */
  all: boolean;
  membership: Membership;
  /** Before that it is not asked again; of what failed. */
  again: number | undefined;
  readAt: number;
  /** How long that took, ms. */
  took: number;
  /** How often issues had changed, and when that was seen. */
  changes: number;
  changedAt: number;
  reading: AbortController | undefined;
}

const NONE: Among = () => false;
const LOADING: Membership = { among: NONE, connection: { kind: 'loading', rows: 0, of: undefined } };

/** The members of the group that is looked at: one, kept until another is asked for. */
export class Memberships implements Disposable {
  readonly #source: Source;
  readonly #changed: () => void;
  readonly #now: () => number;
  #shown: Shown | undefined;

  constructor(source: Source, changed: () => void, now: () => number) {
    this.#source = source;
    this.#changed = changed;
    this.#now = now;
  }

  /** Whether nobody named the group of the members that are known. */
  get isProposed(): boolean {
    return this.#shown?.members?.keys !== undefined;
  }

  /**
   * As they are known now; until they are, none. `changes`: how often issues changed so far: members that are known one by
   * one are read again after they did.
   */
  of({ group, namespace, asOf, all }: Omit<MembersOf, 'known'>, changes: number): Membership {
    const now = this.#now();
    let shown = this.#shown;
    if (shown === undefined || !isOf(shown, { group, namespace, asOf })) {
      this[Symbol.dispose]();
      shown = {
        ...{ of: { group, namespace, asOf }, members: undefined, all, membership: LOADING, again: undefined },
        ...{ readAt: Number.NEGATIVE_INFINITY, took: 0, changes, changedAt: now, reading: undefined },
      };
      this.#shown = shown;
    }
    if (changes !== shown.changes) Object.assign(shown, { changes, changedAt: now });
    if (isOld(shown, all, now)) this.#begin(shown, all);
    return shown.membership;
  }

  /** What failed is asked again when it is looked at next. */
  again(): void {
    if (this.#shown?.again !== undefined) this.#shown.again = Number.NEGATIVE_INFINITY;
  }

  /** Nobody looks at them: what is being read ends, and is begun anew by who comes back. */
  left(): void {
    this.#shown?.reading?.abort();
    if (this.#shown !== undefined) this.#shown.reading = undefined;
  }

  #begin(shown: Shown, all: boolean): void {
    const reading = new AbortController();
    shown.reading = reading;
    const { signal } = reading;
    const timer = setTimeout(() => void this.#read(shown, all, signal), shown.of.asOf === undefined ? 0 : PAUSE_MS);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }

  async #read(shown: Shown, all: boolean, signal: AbortSignal): Promise<void> {
    shown.readAt = this.#now();
    const known = shown.all === all ? shown.members : undefined;
    try {
      const members = await this.#source.members({ ...shown.of, all, known }, signal);
      if (signal.aborted) return;
      // Another function is another list, made anew.
      const isKnown = shown.members !== undefined && isSame(shown.members, members);
      const among = isKnown ? shown.membership.among : amongOf(members);
      Object.assign(shown, { members, all, again: undefined, membership: { among, connection: undefined } });
    } catch (error) {
      if (signal.aborted) return;
      this.#failed(shown, error);
    }
    shown.reading = undefined;
    shown.took = this.#now() - shown.readAt;
    this.#changed();
  }

  /** Members that are known stay, unless the server says that there is no such group, or not for this user. */
  #failed(shown: Shown, error: unknown): void {
    const why = causeOf(error);
    const now = this.#now();
    const again = now + AGAIN_MS;
    shown.again = again;
    if (error instanceof Refusal && (error.status === 403 || error.status === 404)) shown.members = undefined;
    if (shown.members === undefined) {
      shown.membership = { among: NONE, connection: { kind: 'refused', why, again } };
      return;
    }
    const { among, connection } = shown.membership;
    const since = connection?.kind === 'lost' ? connection.since : now;
    shown.membership = { among, connection: { kind: 'lost', why, since, again } };
  }

  [Symbol.dispose](): void {
    this.left();
    this.#shown = undefined;
  }
}

/** Findings that name a group name it at any time, wherever they are. */
function isOf({ of, members }: Shown, { group, namespace, asOf }: Shown['of']): boolean {
  if (of.group !== group) return false;
  return members?.group !== undefined || (of.namespace === namespace && of.asOf === asOf);
}

function isOld(shown: Shown, all: boolean, now: number): boolean {
  const { of, members, again, readAt, took, changedAt, reading } = shown;
  if (reading !== undefined) return false;
  if (again !== undefined) return now >= again;
  if (members === undefined) return true;
  if (members.group !== undefined) return false;
  if (of.asOf !== undefined) return false;
  if (all && !shown.all) return true;
  return readAt - changedAt < SETTLED_MS && now - readAt > Math.max(FRESH_MS, REST * took);
}

function amongOf({ group, keys }: Members): Among {
  if (keys !== undefined) return ({ key }) => keys.has(key);
  return (row) => row.group !== '' && row.group.normalize('NFC') === group;
}

function isSame(a: Members, b: Members): boolean {
  if (a.keys === undefined || b.keys === undefined) return a.group === b.group;
  const { keys } = b;
  return a.keys.size === keys.size && [...a.keys].every((key) => keys.has(key));
}
