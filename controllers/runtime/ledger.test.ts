import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Report } from '../../crds/report.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { Ledger, OUTCOMES, type Outcome } from './ledger.ts';

function report(name: string, findings: number): Report {
  return {
    source: 'test',
    namespace: 'ns',
    subject: { apiVersion: 'v1', kind: 'Pod', namespace: 'ns', name },
    order: { class: 'state', epoch: 1, sequence: 1 },
    body: {
      complete: true,
      findings: Array.from({ length: findings }, (_, index) => ({
        ...{ key: `k${index}`, type: 'workload', severity: 'major' as const, reason: 'Down' },
        title: 'x'.repeat(300),
      })),
    },
  };
}

it('knows of each object its last look, why, and what became of the report', async () => {
  const clock = new ManualClock();
  const ledger = new Ledger(clock);
  ledger.undecided('ns/a', 'undecided', 'Running');
  expect(ledger.entry('ns/a')).toMatchObject({ outcome: 'undecided', why: 'Running', state: 'None' });
  await clock.advance(5_000);
  ledger.decided('ns/a', [report('a', 1)]);
  ledger.report('ns/a', 'Sending');
  expect(ledger.entry('ns/a')).toMatchObject({
    ...{ outcome: 'failing', why: '', state: 'Sending', subject: 'Pod ns/a', lookedAt: clock.now() },
    findings: [{ key: 'k0', reason: 'Down', title: 'x'.repeat(200) }],
  });
  const decisions = [{ key: 'k0', cell: '3A' as const, issue: { namespace: 'ns', name: 'pod-a' } }];
  ledger.accepted('ns/a', decisions);
  expect(ledger.entry('ns/a')).toMatchObject({ state: 'Accepted', decisions });
  ledger.decided('ns/a', [report('a', 0)]);
  ledger.accepted('ns/a', [{ key: '', cell: '4A' }]);
  // Nothing of the earlier look is left.
  expect(ledger.entry('ns/a')).toMatchObject({
    outcome: 'healthy',
    said: '4A',
    findings: [],
    decisions: [],
    subject: '',
  });
});

it('knows which of several subjects have no verdict, and why, in bounded memory', () => {
  const ledger = new Ledger(new ManualClock());
  const without = (aspect: string, reason = 'Forgotten') => ({
    subject: { apiVersion: 'v1', kind: 'Component', namespace: 'ns', name: 'web', aspect },
    reason,
  });
  ledger.decided('ns/web', [report('a', 0)], [without('last-build')]);
  expect(ledger.entry('ns/web')).toMatchObject({
    outcome: 'healthy',
    noVerdict: [{ subject: 'Component ns/web last-build', reason: 'Forgotten' }],
  });
  ledger.decided('ns/web', [report('a', 1)], [without('last-build')]);
  expect(ledger.entry('ns/web')).toMatchObject({ findings: [{ key: 'k0' }], noVerdict: [{ reason: 'Forgotten' }] });
  const many = Array.from({ length: 100 }, (_, index) => without(`${index}`.padStart(1_000, 'x'), 'y'.repeat(1_000)));
  ledger.decided('ns/web', [], many);
  const notes = ledger.entry('ns/web')?.noVerdict ?? [];
  expect(notes).toHaveLength(20);
  expect(Math.max(...notes.map(({ subject, reason }) => subject.length + reason.length))).toBe(700);
  ledger.decided('ns/web', [report('a', 0)]);
  expect(ledger.entry('ns/web')?.noVerdict).toEqual([]);
});

it('remembers the last 1,000 objects that are gone, with the answer to their deletion', () => {
  const ledger = new Ledger(new ManualClock());
  for (let index = 0; index < 1_100; index++) {
    ledger.decided(`ns/${index}`, [report(`${index}`, 1)]);
    ledger.gone(`ns/${index}`);
  }
  ledger.accepted('ns/1099', [{ key: 'k0', cell: '5B' }]);
  expect(ledger.entry('ns/99')).toBeUndefined();
  expect(ledger.entry('ns/100')).toMatchObject({ outcome: 'failing', goneAt: expect.any(Number) });
  expect(ledger.entry('ns/1099')).toMatchObject({ state: 'Accepted', decisions: [{ cell: '5B' }] });
  expect(ledger.counts.failing).toBe(0);
  // It came back: what was before is not what is.
  ledger.undecided('ns/1099', 'undecided', 'Running');
  expect(ledger.entry('ns/1099')).not.toHaveProperty('goneAt');
});

it('keeps what it says also when there are more texts than it shares', () => {
  const ledger = new Ledger(new ManualClock());
  for (let index = 0; index < 2_500; index++) ledger.undecided(`ns/${index}`, 'failed', `fault ${index}`);
  expect(ledger.entry('ns/3')?.why).toBe('fault 3');
  expect(ledger.entry('ns/2400')?.why).toBe('fault 2400');
  ledger.report('ns/2400', 'Refused', '403 of its own');
  expect(ledger.entry('ns/2400')).toMatchObject({ why: 'fault 2400', said: '403 of its own' });
  ledger.decided('ns/2400', []);
  expect(ledger.entry('ns/2400')).toMatchObject({ outcome: 'healthy', why: '', said: '' });
});

it('counts every object in exactly one outcome, whatever happens to it', () => {
  const step = fc.record({
    key: fc.integer({ min: 0, max: 200 }).map((number) => `ns/${number}`),
    what: fc.constantFrom<Outcome | 'gone' | 'refused'>(...OUTCOMES, 'gone', 'refused'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const ledger = new Ledger(new ManualClock());
      const model = new Map<string, Outcome>();
      for (const { key, what } of steps) {
        if (what === 'gone') {
          ledger.gone(key);
          model.delete(key);
        } else if (what === 'refused') ledger.report(key, 'Refused', '422 no');
        else {
          if (what === 'healthy' || what === 'failing') ledger.decided(key, [report(key, what === 'failing' ? 1 : 0)]);
          else ledger.undecided(key, what, what);
          model.set(key, what);
        }
      }
      const counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0]));
      for (const outcome of model.values()) counts[outcome] = (counts[outcome] ?? 0) + 1;
      expect(ledger.counts).toEqual(counts);
      for (const [key, outcome] of model) expect(ledger.outcomeOf(key)).toBe(outcome);
    }),
  );
});
