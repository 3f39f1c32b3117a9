import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Refusal } from '../reading/fault.ts';
import { type Membership, Memberships } from './memberships.ts';
import type { Members, MembersOf, Source } from './source/source.ts';
import { NOW, rowOf } from './testing/issues.ts';
import { stillSource } from './testing/still-source.ts';

beforeEach(() => vi.useFakeTimers({ now: NOW }));
afterEach(() => vi.useRealTimers());

const row = rowOf({ name: 'web-abcdefgh' });
const KNOWN: Members = { keys: new Set([row.key]), version: '7' };
const GROUP = { group: 'g', namespace: undefined, asOf: undefined, all: false } as const;

/** Looked at every second, as the terminal UI does. */
function looking(members: Source['members']) {
  const asked: { at: number; query: MembersOf; signal: AbortSignal }[] = [];
  const source = stillSource([], {
    members: (query, signal) => {
      asked.push({ at: Math.round((Date.now() - NOW) / 1_000), query, signal });
      return members(query, signal);
    },
  });
  const memberships = new Memberships(source, () => {}, Date.now);
  const look = async (seconds: number, query: Omit<MembersOf, 'known'> = GROUP, changes = 0): Promise<Membership> => {
    for (let at = 0; at < seconds; at++) {
      memberships.of(query, changes);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    return memberships.of(query, changes);
  };
  return { memberships, asked, look };
}

const passed = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

describe('the members of a group that is looked at', () => {
  it('are asked for again after issues changed, until their group has followed them, and told what is known', async () => {
    const { asked, look } = looking(async () => KNOWN);
    await look(60);
    expect(asked.map(({ at }) => at)).toEqual([0, 6, 12]);
    await look(60, GROUP, 1);
    expect(asked.map(({ at }) => at)).toEqual([0, 6, 12, 60, 66, 72]);
    expect(asked.map(({ query }) => query.known)).toEqual([undefined, ...Array(5).fill(KNOWN)]);
  });

  it('are left alone ten times as long as it took to read them', async () => {
    const { asked, look } = looking(async () => {
      await passed(3_000);
      return KNOWN;
    });
    for (let changes = 0; changes < 100; changes++) await look(1, GROUP, changes);
    expect(asked.map(({ at }) => at)).toEqual([0, 31, 62, 93]);
  });

  it('stay while the server does not answer, which is asked again so long after it failed', async () => {
    let status = 0;
    const { asked, look, memberships } = looking(async () => {
      if (status === 0) return KNOWN;
      await passed(20_000);
      throw new Refusal('no', status, undefined, 'g');
    });
    const { among } = await look(5);
    status = 503;
    const lost = await look(22);
    expect(lost).toEqual({
      ...{ among, connection: { kind: 'lost', why: 'no', since: NOW + 26_000, again: NOW + 36_000 } },
    });
    status = 0;
    expect(await look(8)).toBe(lost);
    expect(await look(3)).toEqual({ among, connection: undefined });
    expect(asked.map(({ at }) => at)).toEqual([0, 6, 36]);
    status = 429;
    await look(30, GROUP, 1);
    memberships.again();
    status = 0;
    expect(await look(1, GROUP, 1)).toEqual({ among, connection: undefined });
  });

  it.each([403, 404])('are gone with the group, or the right to read it: %i', async (status) => {
    let isGone = false;
    const { look } = looking(async () => {
      if (isGone) throw new Refusal('no', status, undefined, 'g');
      return KNOWN;
    });
    expect((await look(5)).among(row)).toBe(true);
    isGone = true;
    const { among, connection } = await look(3);
    expect([among(row), connection]).toEqual([false, { kind: 'refused', why: 'no', again: NOW + 16_000 }]);
  });

  it('end to be asked for when nobody looks at them, or at others; who comes back asks anew', async () => {
    const { asked, look, memberships } = looking(() => new Promise(() => {}));
    await look(3);
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([false]);
    memberships.left();
    await look(3);
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    // Who holds the key asks about the last moment alone.
    for (const hours of [1, 2, 3]) memberships.of({ ...GROUP, asOf: NOW - hours * 3_600_000 }, 0);
    await look(3, { ...GROUP, asOf: NOW - 3 * 3_600_000 });
    expect(asked.map(({ query, signal }) => [query.asOf, signal.aborted])).toEqual([
      ...[
        [undefined, true],
        [undefined, true],
        [NOW - 3 * 3_600_000, false],
      ],
    ]);
    memberships[Symbol.dispose]();
    expect(asked.at(-1)?.signal.aborted).toBe(true);
  });

  it('of then are read once; of a group that findings name they are the same at any time', async () => {
    const then = looking(async () => KNOWN);
    for (let changes = 0; changes < 30; changes++) await then.look(1, { ...GROUP, asOf: NOW - 3_600_000 }, changes);
    expect(then.asked).toHaveLength(1);
    const named = looking(async () => ({ group: 'CVE-1' }));
    await named.look(1);
    expect(named.memberships.of({ ...GROUP, asOf: NOW - 3_600_000, all: true, namespace: 'shop' }, 5)).toMatchObject({
      connection: undefined,
    });
    expect([named.asked.length, named.memberships.isProposed, then.memberships.isProposed]).toEqual([1, false, true]);
  });
});
