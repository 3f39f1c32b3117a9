import { expect, test } from 'vitest';
import { change, open, ref } from './samples.contract.ts';
import type { SqlStore } from './sql-store.ts';
import type { StatisticsQuery } from './statistics.ts';
import type { StoredIssue } from './store.ts';
import { reopenIssue, resolveIssue } from './transitions.ts';

const HOUR = 3_600_000_000;
const DAY = 24 * HOUR;

/** Numbers of the past, by the observed time. */
export function statisticsContract(get: () => SqlStore): void {
  // Noon, so that nothing falls on another day.
  const noon = async () => Math.floor((await get().now()) / DAY) * DAY - DAY / 2;
  const ask = async (query: Partial<StatisticsQuery> = {}) => {
    const until = (await noon()) + DAY;
    return get().statistics({ namespaces: 'all', since: until - 3 * DAY, until, limit: 10, ...query });
  };
  const resolve = (name: string, at: number, namespace = 'team-a') =>
    change(get(), ref(name, { namespace }), (issue, now) => resolveIssue(issue, { at, now, reason: 'Recovered' }));
  const reopen = (name: string, at: number) =>
    change(get(), ref(name), ({ ...issue }, now) =>
      reopenIssue(issue, { ...issue, seenAt: at }, { at, now, newUid: () => crypto.randomUUID() }),
    );
  const typed = (name: string, type: string): Pick<StoredIssue, 'spec'> => ({
    spec: { ...SPEC, subject: ref(name).subject, type, title: name },
  });

  /** web: twice, 1 h and 3 h, open again; api: once, open; old: resolved long before. */
  async function week(): Promise<number> {
    const at = await noon();
    await open(get(), ref('web'), { openedAt: at - DAY, lastSeenAt: at - DAY, ...typed('web', 'build') });
    await resolve('web', at - DAY + HOUR);
    await reopen('web', at - DAY + 2 * HOUR);
    await resolve('web', at - DAY + 5 * HOUR);
    await reopen('web', at);
    await open(get(), ref('api', { namespace: 'team-b' }), { openedAt: at, ...typed('api', 'test') });
    await open(get(), ref('old'), { openedAt: at - 30 * DAY, ...typed('old', 'build') });
    await resolve('old', at - 29 * DAY);
    return at;
  }

  test('what is open now, what began and ended, and how long that took', async () => {
    await week();
    const { total, namespaces, types, subjects } = await ask();
    expect(total).toEqual({ open: 2, opened: 4, resolved: 2, meanSecondsToResolve: 2 * 3_600 });
    expect(namespaces).toEqual([
      { namespace: 'team-a', open: 1, opened: 3, resolved: 2, meanSecondsToResolve: 7_200 },
      { namespace: 'team-b', open: 1, opened: 1, resolved: 0 },
    ]);
    expect(types.map(({ type, opened }) => [type, opened])).toEqual([
      ['build', 3],
      ['test', 1],
    ]);
    expect(subjects.map(({ namespace, kind, subject }) => [namespace, kind, subject])).toEqual([
      ['team-a', 'Component', 'web'],
      ['team-b', 'Component', 'api'],
    ]);
  });

  test('each day is there, also one on which nothing happened', async () => {
    const at = await week();
    const day = (micros: number) => new Date(micros / 1_000).toISOString().slice(0, 10);
    const { days } = await ask();
    expect(days).toEqual([
      { day: day(at - 2 * DAY), opened: 0, resolved: 0 },
      { day: day(at - DAY), opened: 2, resolved: 2 },
      { day: day(at), opened: 2, resolved: 0 },
      { day: day(at + DAY), opened: 0, resolved: 0 },
    ]);
  });

  test('the most frequent is what began most often', async () => {
    await week();
    const { mostFrequent } = await ask();
    expect(mostFrequent.map(({ subject, title, episodes }) => [subject, title, episodes])).toEqual([
      ['web', 'web', 3],
      ['api', 'api', 1],
    ]);
  });

  test('only of the namespaces, types and subjects that were asked for', async () => {
    await week();
    expect((await ask({ namespaces: ['team-b'] })).total).toEqual({ open: 1, opened: 1, resolved: 0 });
    expect((await ask({ types: ['test'] })).namespaces.map(({ namespace }) => namespace)).toEqual(['team-b']);
    expect((await ask({ subjects: ['web'] })).total.opened).toBe(3);
    const nothing = await ask({ namespaces: [] });
    expect(nothing.total).toEqual({ open: 0, opened: 0, resolved: 0 });
    expect([...nothing.namespaces, ...nothing.types, ...nothing.subjects, ...nothing.mostFrequent]).toEqual([]);
  });

  test('lists are as long as was asked for, the worst first', async () => {
    await week();
    expect((await ask({ limit: 1 })).subjects.map(({ subject }) => subject)).toEqual(['web']);
  });
}

const SPEC: StoredIssue['spec'] = {
  ...{ source: 'tekton-pipelinerun', key: 'run', type: 'build', severity: 'major', reason: 'TaskRunFailed', title: '' },
  subject: { apiVersion: 'v1', kind: 'Component', name: '' },
};
