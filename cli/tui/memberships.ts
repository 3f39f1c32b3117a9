import { oneLine } from '../../crds/text.ts';
import type { Connection } from './frame/scene.ts';
import type { Among } from './model.ts';
import type { Members, Source } from './source/source.ts';

/** Groups follow their issues within about a second; so long members stay as they were read. */
const FRESH_MS = 5_000;
/** After so long a question that failed is asked again. */
const AGAIN_MS = 10_000;

/** Which issues are shown of a group. */
export interface Membership {
  readonly among: Among;
  /** While they are not known: why. Undefined: they are. */
  readonly connection: Connection | undefined;
}

interface Shown {
  readonly of: string;
  members: Members | undefined;
  membership: Membership;
  readAt: number;
  /** How often issues had changed when it was read. */
  changes: number;
  reading: boolean;
}

const NONE: Among = () => false;

/** The members of the group that is looked at: one, kept until another is asked for. */
export class Memberships {
  readonly #source: Source;
  readonly #signal: AbortSignal;
  readonly #changed: () => void;
  #shown: Shown | undefined;

  constructor(source: Source, signal: AbortSignal, changed: () => void) {
    this.#source = source;
    this.#signal = signal;
    this.#changed = changed;
  }

  /**
   * As they are known now; until they are, none. `changes`: how often issues changed so far: members that are known one by
   * one are read again after they did.
   */
  of(group: string, namespace: string | undefined, now: number, changes: number): Membership {
    const of = JSON.stringify([group, namespace]);
    let shown = this.#shown;
    if (shown?.of !== of) {
      const membership: Membership = { among: NONE, connection: { kind: 'loading', rows: 0, of: undefined } };
      shown = { of, members: undefined, membership, readAt: Number.NEGATIVE_INFINITY, changes: -1, reading: false };
      this.#shown = shown;
    }
    if (isOld(shown, now, changes)) void this.#read(shown, group, namespace, now, changes);
    return shown.membership;
  }

  /** What failed is asked again when it is looked at next. */
  again(): void {
    if (this.#shown?.membership.connection?.kind === 'refused') this.#shown = undefined;
  }

  async #read(shown: Shown, group: string, namespace: string | undefined, now: number, changes: number): Promise<void> {
    Object.assign(shown, { readAt: now, changes, reading: true });
    try {
      const members = await this.#source.members(group, namespace, this.#signal);
      // Another function is another list, made anew.
      if (shown.members === undefined || !isSame(shown.members, members)) {
        shown.members = members;
        shown.membership = { among: amongOf(members), connection: undefined };
      }
    } catch (error) {
      const why = oneLine(error instanceof Error ? error.message : String(error), 1_000);
      shown.members = undefined;
      shown.membership = { among: NONE, connection: { kind: 'refused', why, again: now + AGAIN_MS } };
    }
    shown.reading = false;
    this.#changed();
  }
}

function isOld({ members, membership, readAt, changes, reading }: Shown, now: number, changesNow: number): boolean {
  if (reading) return false;
  if (membership.connection?.kind === 'refused') return now >= membership.connection.again;
  if (members === undefined) return true;
  return members.group === undefined && changes !== changesNow && now - readAt > FRESH_MS;
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
