import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../testing/manual-clock.ts';
import type { ClusterObject } from '../object.ts';
import { Suspects } from './suspects.ts';

const pod = (name: string): ClusterObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'ns' } });

function setup() {
  const clock = new ManualClock();
  return { clock, suspects: new Suspects({ maxKills: 2, now: () => clock.now(), random: () => 1 }) };
}

describe('the objects that may have stopped a plugin', () => {
  it('are all suspected when several were under way, and none of them is guilty', () => {
    const { suspects } = setup();
    const [a, b, c] = [pod('a'), pod('b'), pod('c')];
    for (let times = 0; times < 5; times++) expect(suspects.blame([a, b])).toBe(false);
    expect([a, b, c].map((object) => suspects.isSuspect(object))).toEqual([true, true, false]);
    expect(suspects.parked).toEqual([]);
    suspects.clear('ns/a');
    expect(suspects.isSuspect(a)).toBe(false);
  });

  it('one that was alone is guilty, and parked when it was so too often', () => {
    const { suspects } = setup();
    const bad = pod('bad');
    expect([suspects.blame([bad]), suspects.isSuspect(bad), suspects.blame([bad])]).toEqual([false, true, true]);
    expect(suspects.parked).toEqual(['ns/bad']);
    expect(() => suspects.isSuspect(bad)).toThrow(expect.objectContaining({ name: 'TerminalError' }));
  });

  it('a parked one that has changed is tried again, ever later, and free once it was looked at', async () => {
    const { suspects, clock } = setup();
    suspects.blame([pod('bad')]);
    suspects.blame([pod('bad')]);
    const changed = pod('bad');
    const inTenMinutes = expect.objectContaining({ name: 'RetryAfter', ms: 600_000 });
    expect(() => suspects.isSuspect(changed)).toThrow(inTenMinutes);
    await clock.advance(600_000);
    expect(suspects.isSuspect(changed)).toBe(true);
    suspects.blame([changed]);
    expect(() => suspects.isSuspect(pod('bad'))).toThrow(expect.objectContaining({ ms: 1_200_000 }));
    await clock.advance(1_200_000);
    suspects.clear('ns/bad');
    expect(suspects.parked).toEqual([]);
  });
});
