import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { closure, type EscalationRule, severityAt } from '../store/escalation.ts';
import { reportedSpec } from '../store/transitions.ts';
import type { NormalizedReport } from './normalized.ts';
import { ASPECTS, arrivals, expectedActive, expectedMarks, KEYS, observations } from './testing/observations.ts';
import { context, DAY, NOON, nameOf, World } from './testing/world.ts';

/**
 * design.md "What order cannot change", with time that passes: flapping is counted, and severities rise between any two
 * looks. What depends on the order then (when an episode began, how often it opened again) decides nothing else.
 */
const numRuns = 200 * Number(process.env.FAULTLINE_SOAK ?? 1);
const CLASSES = ['run', 'state', 'mixed'] as const;
const RULES: readonly EscalationRule[] = closure([
  { severity: 'major', after: 0, to: 'critical' },
  { severity: 'minor', after: 2 * DAY, to: 'major' },
  { severity: 'info', after: DAY, to: 'minor' },
]);
const HOW = context({ flapping: { reopened: 1, within: 30 * DAY } });

/** Looks in some order, each perhaps followed by a sweep. */
interface Arrival {
  readonly looks: NormalizedReport[];
  readonly sent: { readonly look: NormalizedReport; readonly sweep: boolean }[];
}

const arrival = (order: (typeof CLASSES)[number]): fc.Arbitrary<Arrival> =>
  observations(order).chain((looks) =>
    arrivals(looks).chain((sent) =>
      fc
        .array(fc.boolean(), { minLength: sent.length, maxLength: sent.length })
        .map((sweeps) => ({ looks, sent: sent.map((look, index) => ({ look, sweep: sweeps[index] === true })) })),
    ),
  );

function world(sent: Arrival['sent']): World {
  const all = new World();
  for (const { look, sweep } of sent) {
    all.apply(look, HOW);
    if (sweep) all.escalate(RULES, NOON);
  }
  return all;
}

describe.each(CLASSES)('for any order of looks of class %s, with sweeps anywhere between them', (order) => {
  test('the Active issues, what was reported of them, and the watermarks are those of the newest looks', () => {
    fc.assert(
      fc.property(arrival(order), ({ looks, sent }) => {
        const all = world(sent);
        const active = all.issues().filter(({ state }) => state === 'Active');
        const expected = expectedActive(looks, HOW);
        expect(active.map(nameOf).sort()).toEqual([...expected.keys()].sort());
        for (const issue of active) {
          const { look, contentHash } = expected.get(nameOf(issue)) ?? {};
          expect(issue).toMatchObject({ contentHash });
          const { body } = look as NormalizedReport;
          const found = 'findings' in body ? body.findings.find(({ key }) => key === issue.spec.key) : undefined;
          expect(reportedSpec(issue)).toEqual(found?.spec);
        }
        expect(all.marks(ASPECTS, KEYS)).toEqual(expectedMarks(looks, HOW));
      }),
      { numRuns },
    );
  });

  test('two orders with sweeps anywhere end in the same Active issues as reported', () => {
    const both = observations(order).chain((looks) =>
      fc.tuple(arrivals(looks), arrivals(looks), fc.integer({ min: 1, max: 4 })),
    );
    fc.assert(
      fc.property(both, ([one, two, every]) => {
        const swept = world(one.map((look, index) => ({ look, sweep: index % every === 0 })));
        const plain = world(two.map((look) => ({ look, sweep: false })));
        expect(swept.active()).toEqual(plain.active());
      }),
      { numRuns },
    );
  });

  test('after a sweep each severity is the one of the rules, and says from what; another sweep writes nothing', () => {
    fc.assert(
      fc.property(arrival(order), ({ sent }) => {
        const all = world(sent);
        all.escalate(RULES, NOON);
        for (const issue of all.issues()) {
          const severity = issue.state === 'Active' ? severityAt(issue, RULES, NOON) : reportedSpec(issue).severity;
          expect(issue.spec.severity).toBe(severity);
          expect(issue.escalated?.from).toBe(
            severity === reportedSpec(issue).severity ? undefined : reportedSpec(issue).severity,
          );
        }
        expect(all.escalate(RULES, NOON)).toBe(0);
      }),
      { numRuns },
    );
  });

  test('no look takes an escalation back while it reports the same severity in the same episode', () => {
    fc.assert(
      fc.property(arrival(order), ({ sent }) => {
        const all = new World();
        for (const { look } of sent) {
          const before = new Map(all.issues().map((issue) => [issue.id, issue]));
          all.apply(look, HOW);
          for (const issue of all.issues()) {
            const known = before.get(issue.id);
            const goesOn = known?.state === 'Active' && issue.state === 'Active' && known.reopened === issue.reopened;
            if (!goesOn || reportedSpec(known).severity !== reportedSpec(issue).severity) continue;
            expect([issue.spec.severity, issue.escalated]).toEqual([known.spec.severity, known.escalated]);
          }
          all.escalate(RULES, NOON);
        }
      }),
      { numRuns },
    );
  });

  test('sending everything once more flips no severity back and makes nothing flap', () => {
    fc.assert(
      fc.property(arrival(order), ({ sent }) => {
        const all = world(sent);
        all.escalate(RULES, NOON);
        const before = all.issues();
        for (const { look } of sent) all.apply(look, { ...HOW, now: NOON + DAY / 2 });
        expect(all.issues()).toEqual(before);
      }),
      { numRuns },
    );
  });
});

test('these worlds have what the properties are about: raised severities, and issues that flap', () => {
  const worlds = fc.sample(arrival('mixed'), { numRuns: 300, seed: 7 }).map(({ sent }) => {
    const all = world(sent);
    all.escalate(RULES, NOON);
    return all.issues();
  });
  const some = (what: (issue: ReturnType<World['issues']>[number]) => boolean): boolean =>
    worlds.some((all) => all.some(what));
  expect(some(({ escalated }) => escalated !== undefined)).toBe(true);
  expect(some(({ reopenings = [] }) => reopenings.length > 0)).toBe(true);
  expect(some(({ conditions }) => conditions.some(({ type }) => type === 'Flapping'))).toBe(true);
});
