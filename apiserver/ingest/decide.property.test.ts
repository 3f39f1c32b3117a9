import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NormalizedReport } from './normalized.ts';
import { RULES, type Rules } from './rules.ts';
import type { Context } from './table.ts';
import { ASPECTS, arrivals, expectedActive, expectedMarks, KEYS, observations } from './testing/observations.ts';
import { context, DAY, NOON, nameOf, World } from './testing/world.ts';

/** design.md "What order cannot change". FAULTLINE_SOAK multiplies the runs; decide.soak.test.ts runs many. */
const numRuns = 300 * Number(process.env.FAULTLINE_SOAK ?? 1);
const CLASSES = ['run', 'state', 'mixed'] as const;

interface Arrival {
  readonly looks: NormalizedReport[];
  readonly sent: NormalizedReport[];
  readonly how: Context;
}

const arrival = (order: (typeof CLASSES)[number]): fc.Arbitrary<Arrival> =>
  fc
    .tuple(observations(order), fc.constantFrom(undefined, NOON - DAY))
    .chain(([looks, namespaceCreatedAt]) =>
      arrivals(looks).map((sent) => ({ looks, sent, how: context({ namespaceCreatedAt }) })),
    );

function world(sent: readonly NormalizedReport[], how: Context, rules?: Rules): World {
  const all = new World(rules);
  for (const look of sent) all.apply(look, how);
  return all;
}

function activeIsWhatTheNewestLooksSay(order: (typeof CLASSES)[number], rules?: Rules): fc.IProperty<[Arrival]> {
  return fc.property(arrival(order), ({ looks, sent, how }) => {
    const active = new Map(
      world(sent, how, rules)
        .issues()
        .filter(({ state }) => state === 'Active')
        .map((issue) => [nameOf(issue), issue]),
    );
    const expected = expectedActive(looks, how);
    expect([...active.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [name, { look, contentHash }] of expected) {
      expect(active.get(name)).toMatchObject({ contentHash });
      expect(active.get(name)?.observed).toEqual(look.observed);
      expect(active.get(name)?.expiresAt).toEqual(look.expiresAt);
    }
  });
}

describe.each(CLASSES)('for any order of arrival and any duplicates of looks of class %s', (order) => {
  test('the Active issues and their content are those of the newest look about each key', () => {
    fc.assert(activeIsWhatTheNewestLooksSay(order), { numRuns });
  });

  test('the watermarks come out the same', () => {
    fc.assert(
      fc.property(arrival(order), ({ looks, sent, how }) => {
        expect(world(sent, how).marks(ASPECTS, KEYS)).toEqual(expectedMarks(looks, how));
      }),
      { numRuns },
    );
  });

  test('two orders of arrival end in the same Active issues, byte for byte', () => {
    const twoOrders = observations(order).chain((looks) => fc.tuple(arrivals(looks), arrivals(looks)));
    fc.assert(
      fc.property(twoOrders, ([first, second]) => {
        expect(world(first, context()).active()).toEqual(world(second, context()).active());
      }),
      { numRuns },
    );
  });

  test('sending everything once more changes nothing, and nothing is written', () => {
    fc.assert(
      fc.property(arrival(order), ({ sent, how }) => {
        const all = world(sent, how);
        const before = [all.issues(), all.marks(ASPECTS, KEYS)];
        for (const look of sent) all.apply(look, { ...how, now: how.now + DAY / 2, newId: never });
        expect([all.issues(), all.marks(ASPECTS, KEYS)]).toEqual(before);
      }),
      { numRuns },
    );
  });

  test('an episode never begins before the previous one ended, and never ends before it began', () => {
    fc.assert(
      fc.property(arrival(order), ({ sent, how }) => {
        const all = new World();
        const ended = new Map<string, number>();
        for (const look of sent) {
          all.apply(look, how);
          for (const issue of all.issues()) {
            if (issue.state === 'Active') expect(issue.openedAt).toBeGreaterThanOrEqual(ended.get(issue.id) ?? 0);
            else ended.set(issue.id, issue.resolvedAt as number);
            expect(issue.resolvedAt ?? issue.openedAt).toBeGreaterThanOrEqual(issue.openedAt);
            expect(issue.lastSeenAt).toBeGreaterThanOrEqual(issue.firstSeenAt);
            expect(issue.openedAt).toBeLessThanOrEqual(how.now);
          }
        }
      }),
      { numRuns },
    );
  });
});

describe('after a manual resolve (row 10)', () => {
  const MANUAL_AT = NOON - DAY;
  /** What was known when the person looked had completed by then; what comes later comes in two orders. */
  const twoPhases = (
    order: 'run' | 'state',
  ): fc.Arbitrary<[NormalizedReport[], NormalizedReport[], NormalizedReport[]]> =>
    fc.tuple(observations(order), observations(order)).chain(([before, after]) => {
      const known = before.filter((look) => look.order.class !== 'run' || (look.order.completedAt ?? 0) <= MANUAL_AT);
      return fc.tuple(fc.constant(known), arrivals(after), arrivals(after));
    });

  test('runs: any order of what comes later gives the same Active issues', () => {
    fc.assert(
      fc.property(twoPhases('run'), fc.subarray(KEYS), ([before, one, two], keys) => {
        expect(later(before, one, keys).active()).toEqual(later(before, two, keys).active());
      }),
      { numRuns },
    );
  });

  test('states: the same, except whether the manual resolve of an unchanged state holds', () => {
    fc.assert(
      fc.property(twoPhases('state'), fc.subarray(KEYS), ([before, one, two], keys) => {
        const [first, second] = [later(before, one, keys), later(before, two, keys)];
        const unchanged = new Set([...held(first), ...held(second)]);
        const rest = (all: World): unknown =>
          Object.fromEntries(Object.entries(all.active()).filter(([name]) => !unchanged.has(name)));
        expect(rest(first)).toEqual(rest(second));
      }),
      { numRuns },
    );
  });

  function later(before: readonly NormalizedReport[], after: readonly NormalizedReport[], keys: string[]): World {
    const all = world(before, context({ now: MANUAL_AT }));
    for (const key of keys) all.resolveByHand(key, MANUAL_AT);
    for (const look of after) all.apply(look, context());
    return all;
  }

  function held(all: World): string[] {
    return all
      .issues()
      .filter(({ manual, state }) => state === 'Resolved' && manual)
      .map(nameOf);
  }
});

describe('the promise breaks, and the property says so, without', () => {
  test('the watermark of column A: a failure that is older than a healthy look opens', () => {
    const forgetful: Rules = { ...RULES, keepsWatermark: (issues) => issues.size > 0 };
    expect(fc.check(activeIsWhatTheNewestLooksSay('run', forgetful), { numRuns: 2_000 }).failed).toBe(true);
    expect(fc.check(activeIsWhatTheNewestLooksSay('state', forgetful), { numRuns: 2_000 }).failed).toBe(true);
  });

  test('the per-key comparison of row 6: a late complete look takes back what an incremental one said', () => {
    const coarse: Rules = { ...RULES, ownMark: () => undefined };
    expect(fc.check(activeIsWhatTheNewestLooksSay('run', coarse), { numRuns: 2_000 }).failed).toBe(true);
    expect(fc.check(activeIsWhatTheNewestLooksSay('state', coarse), { numRuns: 2_000 }).failed).toBe(true);
  });
});

function never(): never {
  throw new Error('a repetition makes nothing new');
}
