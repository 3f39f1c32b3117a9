import { describe, expect, test } from 'vitest';
import type { Severity } from '../../crds/issue.ts';
import { FLAPPING } from './flapping.ts';
import { activeIssue, change, open, ref, stored } from './samples.contract.ts';
import type { SqlStore } from './sql-store.ts';
import type { Clock } from './store.contract.ts';
import type { StoredIssue } from './store.ts';
import { sweepOnce } from './sweeper.ts';
import { reopenIssue, resolveIssue, updateIssue } from './transitions.ts';

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const RULE = { reopened: 3, within: HOUR };

/** What age does to issues: flapping ends, severity rises. Each test moves the clock, none waits. */
export function lifecycleContract(get: () => SqlStore, clock: Clock): void {
  const sighting = ({ spec, labels, contentHash }: StoredIssue, now: number, severity: Severity = 'major') => ({
    ...{ spec: { ...spec, severity }, labels, contentHash, seenAt: now },
  });
  const heal = (name: string) =>
    change(get(), ref(name), (issue, now) => resolveIssue(issue, { at: now, now, reason: 'Recovered' }));
  const fail = (name: string) =>
    change(get(), ref(name), (issue, now) =>
      reopenIssue(issue, sighting(issue, now), { at: now, now, newUid: () => crypto.randomUUID(), flapping: RULE }),
    );
  const again = async (name: string, times: number): Promise<void> => {
    for (let time = 0; time < times; time++) {
      await heal(name);
      clock.offset += MINUTE;
      await fail(name);
    }
  };
  const flaps = ({ conditions }: StoredIssue): boolean => conditions.some(({ type }) => type === FLAPPING);
  const changesSince = async (change: number): Promise<string[]> =>
    (await get().changes('issues').since(change, 100)).changes.map(({ type }) => type);

  describe('flapping', () => {
    test('begins with the reopen that is one too many, and goes on while it resolves and opens', async () => {
      await open(get(), ref('frontend'));
      await again('frontend', 2);
      expect(flaps(await stored(get(), ref('frontend')))).toBe(false);
      await again('frontend', 1);
      const began = await stored(get(), ref('frontend'));
      expect(began.conditions).toMatchObject([{ type: FLAPPING, status: 'True', reason: 'ReopenedOften' }]);
      await again('frontend', 1);
      expect((await stored(get(), ref('frontend'))).conditions).toEqual(began.conditions);
      await heal('frontend');
      expect(flaps(await stored(get(), ref('frontend')))).toBe(true);
    });

    test('is ended by the sweeper when it calmed, by one change, and not before', async () => {
      await open(get(), ref('frontend'));
      await again('frontend', 4);
      clock.offset += 50 * MINUTE;
      expect(await sweepOnce(get(), { flapping: RULE })).toMatchObject({ calmed: 0 });
      clock.offset += 9 * MINUTE;
      const before = await get().lastChange();
      expect(await sweepOnce(get(), { flapping: RULE })).toMatchObject({ calmed: 1 });
      expect(await changesSince(before)).toEqual(['MODIFIED']);
      expect(flaps(await stored(get(), ref('frontend')))).toBe(false);
      expect(await sweepOnce(get(), { flapping: RULE })).toMatchObject({ calmed: 0 });
    });

    test('of a resolved issue ends too, and it leaves when it would have left anyway', async () => {
      await open(get(), ref('frontend'));
      await again('frontend', 3);
      await heal('frontend');
      clock.offset += 59 * MINUTE;
      expect(await sweepOnce(get(), { flapping: RULE })).toMatchObject({ calmed: 1, hidden: 0 });
      clock.offset += 2 * MINUTE;
      expect(await sweepOnce(get(), { flapping: RULE })).toMatchObject({ hidden: 1 });
    });

    test('leaves with the issue: what nobody sees does not flap', async () => {
      await open(get(), ref('frontend'));
      await again('frontend', 3);
      await heal('frontend');
      clock.offset += 2 * HOUR;
      expect(await sweepOnce(get(), { flapping: { reopened: 3, within: 10 * HOUR } })).toMatchObject({ hidden: 1 });
      expect(flaps(await stored(get(), ref('frontend')))).toBe(false);
    });

    test('ends everywhere when the rule is switched off, and where it became milder', async () => {
      await open(get(), ref('frontend'));
      await again('frontend', 3);
      expect(await sweepOnce(get(), { flapping: { reopened: 4, within: HOUR } })).toMatchObject({ calmed: 1 });
      await again('frontend', 1);
      expect(flaps(await stored(get(), ref('frontend')))).toBe(true);
      expect(await sweepOnce(get())).toMatchObject({ calmed: 1 });
    });
  });

  describe('escalation', () => {
    const escalation = [
      { severity: 'major' as const, after: DAY, to: 'critical' as const },
      { type: 'release', severity: 'minor' as const, after: HOUR, to: 'major' as const },
    ];
    const openRelease = () => {
      const { spec } = activeIssue(ref('release'), 0);
      return open(get(), ref('release'), { spec: { ...spec, type: 'release', severity: 'minor' } });
    };
    const sweep = () => sweepOnce(get(), { escalation });
    const severities = async (name = 'frontend') => {
      const { spec, escalated } = await stored(get(), ref(name));
      return [spec.severity, escalated?.from];
    };

    test('raises what is old enough, once, by a change that says from what, and a line that says when', async () => {
      const { id } = await open(get(), ref('frontend'));
      clock.offset = DAY - MINUTE;
      expect(await sweep()).toMatchObject({ escalated: 0 });
      clock.offset = DAY + MINUTE;
      const before = await get().lastChange();
      expect(await sweep()).toMatchObject({ escalated: 1 });
      expect(await severities()).toEqual(['critical', 'major']);
      const { changes } = await get().changes('issues').since(before, 10);
      expect(changes).toMatchObject([
        {
          type: 'MODIFIED',
          object: {
            metadata: { generation: 2, labels: { 'faultline.dev/severity': 'critical' } },
            spec: { severity: 'critical' },
            status: { escalated: { from: 'major', at: expect.any(String) } },
          },
          previous: { labels: { 'faultline.dev/severity': 'major' }, fields: { 'spec.severity': 'major' } },
        },
      ]);
      expect((await get().history(id)).lines).toMatchObject([
        { actor: '', action: 'escalate', detail: { from: 'major', to: 'critical' } },
      ]);
      expect(await sweep()).toMatchObject({ escalated: 0 });
    });

    test('only of the type and the severity of the rule, and only what is Active', async () => {
      await open(get(), ref('frontend'));
      await change(get(), ref('frontend'), (issue, now) => updateIssue(issue, sighting(issue, now, 'minor'), now));
      await openRelease();
      await open(get(), ref('healed'));
      await heal('healed');
      clock.offset = 2 * HOUR;
      expect(await sweep()).toMatchObject({ escalated: 1 });
      expect(await severities('release')).toEqual(['major', 'minor']);
      expect(await severities()).toEqual(['minor', undefined]);
    });

    test('from one rule to the next: minor → major → critical', async () => {
      await open(get(), ref('frontend'));
      await openRelease();
      clock.offset = 2 * HOUR;
      await sweep();
      clock.offset = 2 * DAY;
      expect(await sweep()).toMatchObject({ escalated: 2 });
      expect(await severities('release')).toEqual(['critical', 'minor']);
    });

    test('3B is carried over by reports with the same severity, and not by one with another', async () => {
      await open(get(), ref('frontend'));
      clock.offset = 2 * DAY;
      await sweep();
      await change(get(), ref('frontend'), (issue, now) =>
        updateIssue(issue, { ...sighting(issue, now), contentHash: 'cd'.repeat(32) }, now),
      );
      expect(await severities()).toEqual(['critical', 'major']);
      await change(get(), ref('frontend'), (issue, now) => updateIssue(issue, sighting(issue, now, 'info'), now));
      expect(await severities()).toEqual(['info', undefined]);
    });

    test('ends with the episode, which remembers it; the next one begins with what is reported', async () => {
      const { id } = await open(get(), ref('frontend'));
      clock.offset = 2 * DAY;
      await sweep();
      await heal('frontend');
      expect(await severities()).toEqual(['major', undefined]);
      expect((await get().history(id)).episodes).toMatchObject([{ spec: { severity: 'critical' } }]);
      await fail('frontend');
      expect(await severities()).toEqual(['major', undefined]);
      expect(await sweep()).toMatchObject({ escalated: 0 });
    });

    test('is taken back when its rule is gone', async () => {
      await open(get(), ref('frontend'));
      clock.offset = 2 * DAY;
      await sweep();
      expect(await sweepOnce(get())).toMatchObject({ escalated: 1 });
      expect(await severities()).toEqual(['major', undefined]);
      expect(await sweepOnce(get())).toMatchObject({ escalated: 0 });
    });
  });

  test('lines of Faultline itself are forgotten after the retention, those of people stay with their issue', async () => {
    const { id } = await open(get(), ref('frontend'));
    clock.offset = 2 * DAY;
    await sweepOnce(get(), { escalation: [{ severity: 'major', after: DAY, to: 'critical' }] });
    await change(get(), ref('frontend'), (issue, now) => ({
      op: 'update',
      issue: { ...issue, assignee: 'ann', changedAt: now },
      timeline: { actor: 'ann', action: 'assign', detail: { assignee: 'ann' } },
    }));
    clock.offset = 93 * DAY;
    await sweepOnce(get(), { escalation: [{ severity: 'major', after: DAY, to: 'critical' }] });
    expect((await get().history(id)).lines.map(({ action }) => action)).toEqual(['assign']);
  });
}
