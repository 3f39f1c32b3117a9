import { expect, test } from 'vitest';
import { change, open, ref } from './samples.contract.ts';
import type { SqlStore } from './sql-store.ts';
import type { Clock } from './store.contract.ts';
import { sweepOnce } from './sweeper.ts';
import { hideIssue, resolveIssue } from './transitions.ts';

const DAY = 86_400_000_000;

/** Explicit links between issues, and issues by their ids. */
export function relationsContract(get: () => SqlStore, clock: Clock): void {
  const two = async (): Promise<[string, string]> => [
    (await open(get(), ref('frontend'))).id,
    (await open(get(), ref('backend', { namespace: 'team-b' }))).id,
  ];
  const count = async (table: string): Promise<number> => {
    const [row] = await get().database.query<{ n: number }>(`SELECT count(*) AS n FROM ${table}`);
    return row?.n ?? 0;
  };

  test('a link keeps who made it, when, and in which direction, and is found from both ends', async () => {
    const [one, other] = await two();
    const began = await get().now();
    expect(await get().relate(one, other, 'ada')).toBe('related');
    const links = await get().relatedOf([one]);
    expect(links).toEqual([
      { id: expect.any(String), sourceId: one, targetId: other, actor: 'ada', at: expect.any(Number) },
    ]);
    expect(links[0]?.at).toBeGreaterThanOrEqual(began);
    expect(await get().relatedOf([other])).toEqual(links);
    expect(await get().relatedOf([one, other])).toEqual(links);
    expect(await get().relatedOf([crypto.randomUUID()])).toEqual([]);
  });

  test('two issues are linked once, in whichever direction, however many people say it at once', async () => {
    const [one, other] = await two();
    const outcomes = await Promise.all([
      get().relate(one, other, 'ada'),
      get().relate(other, one, 'bob'),
      get().relate(one, other, 'cy'),
    ]);
    expect(outcomes.toSorted()).toEqual(['exists', 'exists', 'related']);
    expect(await get().relatedOf([one])).toHaveLength(1);
  });

  test('a link goes from either end, once', async () => {
    const [one, other] = await two();
    await get().relate(one, other, 'ada');
    expect(await get().unrelate(other, one, 'bob')).toBe(true);
    expect(await get().unrelate(other, one, 'bob')).toBe(false);
    expect(await get().relatedOf([one, other])).toEqual([]);
  });

  test('both issues have it in their timeline, with who and what the other one is', async () => {
    const [one, other] = await two();
    await get().relate(one, other, 'ada\u001b[31m');
    await get().unrelate(one, other, 'bob');
    expect(await get().timeline(one)).toMatchObject([
      { actor: 'ada', action: 'relate', detail: { other } },
      { actor: 'bob', action: 'unrelate', detail: { other } },
    ]);
    expect(await get().timeline(other)).toMatchObject([
      { action: 'relate', detail: { other: one } },
      { action: 'unrelate', detail: { other: one } },
    ]);
  });

  test('what is not stored, is no id, or is the same issue is not linked', async () => {
    const [one] = await two();
    expect(await get().relate(one, crypto.randomUUID(), 'ada')).toBe('missing');
    expect(await get().relate(one, 'team-b/backend', 'ada')).toBe('missing');
    expect(await get().relate(one, one, 'ada')).toBe('same');
    expect(await get().unrelate(one, "'; --", 'ada')).toBe(false);
    expect(await get().relatedOf(['nobody'])).toEqual([]);
    expect(await count('related')).toBe(0);
    expect(await get().timeline(one)).toEqual([]);
  });

  test('a link goes with the first of its issues that retention takes', async () => {
    const [one, other] = await two();
    await get().relate(one, other, 'ada');
    await change(get(), ref('frontend'), (issue, now) => resolveIssue(issue, { at: now, now, reason: 'Recovered' }));
    await change(get(), ref('frontend'), (issue, now) => hideIssue(issue, now));
    clock.offset = 91 * DAY;
    expect(await sweepOnce(get())).toMatchObject({ issues: 1 });
    expect(await count('related')).toBe(0);
  });

  test('a family is what is Active of one Application or one Component, of a subject or an issue in the namespace', async () => {
    const owned = (name: string, labels: Record<string, string>, namespace = 'team-a') =>
      open(get(), ref(name, { namespace }), { labels });
    await owned('web', { 'faultline.dev/application': 'store' });
    await owned('api', { application: 'store' });
    await owned('other', { 'faultline.dev/application': 'other' });
    await owned('elsewhere', { 'faultline.dev/application': 'store' }, 'team-b');
    await owned('over', { 'faultline.dev/application': 'store' });
    await change(get(), ref('over'), (issue, now) => resolveIssue(issue, { at: now, now, reason: 'Recovered' }));
    const names = async (family: { namespace: string; application?: string; component?: string }) =>
      (await get().activeFamily(family)).map(({ spec }) => spec.subject.name);
    expect(await names({ namespace: 'team-a', application: 'store' })).toEqual(['web', 'api']);
    expect(await names({ namespace: 'team-b', application: 'store' })).toEqual(['elsewhere']);
    expect(await names({ namespace: 'team-a', component: 'web' })).toEqual(['web']);
    expect(await names({ namespace: 'team-a', application: 'other', component: 'web' })).toEqual(['web', 'other']);
    expect(await names({ namespace: 'team-a', application: "'; --" })).toEqual([]);
  });

  test('issues are found by their ids, whatever their state, in any namespace', async () => {
    const [one, other] = await two();
    await change(get(), ref('frontend'), (issue, now) => resolveIssue(issue, { at: now, now, reason: 'Recovered' }));
    await change(get(), ref('frontend'), (issue, now) => hideIssue(issue, now));
    const found = await get().issuesById([one, other.toUpperCase(), crypto.randomUUID(), 'nobody']);
    expect(found.map(({ id, namespace, state }) => [id, namespace, state]).toSorted()).toEqual(
      [
        [one, 'team-a', 'Resolved'],
        [other, 'team-b', 'Active'],
      ].toSorted(),
    );
  });
}
