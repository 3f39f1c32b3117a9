import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Database, Session } from './database.ts';
import type { PastQuery } from './past.ts';
import { change, open, ref, stored } from './samples.contract.ts';
import { SqlPast } from './sql-past.ts';
import type { SqlStore } from './sql-store.ts';
import type { Clock } from './store.contract.ts';
import type { StoredIssue } from './store.ts';
import { sweepOnce } from './sweeper.ts';
import { reopenIssue, resolveIssue, type Sighting, updateIssue } from './transitions.ts';

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How issues were at a moment, by the time at which they were observed. */
export function pastContract(get: () => SqlStore, clock: Clock): void {
  const asOf = (before: number, more: Partial<PastQuery> = {}) =>
    get().issuesAsOf({ before, visibleFor: HOUR, namespaces: 'all', limit: 100, ...more });
  const at = async (before: number, more?: Partial<PastQuery>) =>
    (await asOf(before, more)).map(({ spec, state }) => `${spec.subject.name} ${state}: ${spec.title}`);

  test('an issue is there from when it began until it has been over for as long as resolved ones stay', async () => {
    const t = (await get().now()) - DAY;
    await open(get(), ref('web'), { openedAt: t });
    await resolve(get(), 'web', t + HOUR);
    expect(await at(t)).toEqual([]);
    expect(await at(t + 1)).toEqual(['web Active: The build of frontend failed']);
    expect(await at(t + HOUR)).toEqual(['web Active: The build of frontend failed']);
    expect(await at(t + HOUR + 1)).toEqual(['web Resolved: The build of frontend failed']);
    expect(await at(t + 2 * HOUR)).toEqual(['web Resolved: The build of frontend failed']);
    expect(await at(t + 2 * HOUR + 1)).toEqual([]);
    expect(await at(t + HOUR + 2, { visibleFor: 0 })).toEqual([]);
  });

  test('each stretch has what the issue said then, its labels, its uid and its count of episodes', async () => {
    const t = (await get().now()) - DAY;
    const first = await open(get(), ref('web'), { openedAt: t, lastSeenAt: t });
    await say(get(), 'web', { title: 'worse', severity: 'critical', labels: { tier: '1' }, at: t + MINUTE });
    await resolve(get(), 'web', t + 2 * MINUTE);
    await reopen(get(), 'web', { title: 'again', severity: 'minor', labels: {}, at: t + 3 * MINUTE });
    const view = async (before: number) => {
      const [issue] = await asOf(before);
      const { spec, labels, uid, reopened, generation } = issue as StoredIssue;
      return [spec.title, spec.severity, labels, uid === first.uid, reopened, generation];
    };
    expect(await view(t + MINUTE)).toEqual(['The build of frontend failed', 'major', first.labels, true, 0, 1]);
    expect(await view(t + MINUTE + 1)).toEqual(['worse', 'critical', { tier: '1' }, true, 0, 2]);
    expect(await view(t + 2 * MINUTE + 1)).toEqual(['worse', 'critical', { tier: '1' }, true, 0, 2]);
    expect(await view(t + 3 * MINUTE + 1)).toEqual(['again', 'minor', {}, true, 1, 3]);
  });

  test('a resolved issue of the past says when and why, and nothing that people said of it later', async () => {
    const t = (await get().now()) - DAY;
    await open(get(), ref('web'), {
      openedAt: t,
      acknowledged: { by: 'ada', at: '2026-11-21T07:33:45Z' },
      assignee: 'bob',
    });
    await resolve(get(), 'web', t + MINUTE);
    const [issue] = await asOf(t + 2 * MINUTE);
    expect(issue).toMatchObject({ state: 'Resolved', resolvedAt: t + MINUTE, resolvedReason: 'Recovered' });
    expect(issue).not.toHaveProperty('acknowledged');
    expect(issue).not.toHaveProperty('assignee');
  });

  test('of several runs that showed the same, an earlier moment names none: only the last is known', async () => {
    const t = (await get().now()) - DAY;
    await open(get(), ref('web'), { openedAt: t, lastSeenAt: t });
    await change(get(), ref('web'), (issue, now) =>
      updateIssue(issue, { ...sighting(issue), observed: { ...RUN, name: 'second' }, seenAt: t + HOUR }, now),
    );
    expect((await asOf(t + HOUR + 1))[0]).toMatchObject({ observed: { name: 'second' }, lastSeenAt: t + HOUR });
    const [earlier] = await asOf(t + MINUTE);
    expect(earlier).toMatchObject({ lastSeenAt: t + MINUTE - 1, state: 'Active' });
    expect(earlier).not.toHaveProperty('observed');
  });

  test('a run alone changes nothing that is kept: no content is written for it', async () => {
    await open(get(), ref('web'));
    await change(get(), ref('web'), (issue, now) => {
      const links = [{ rel: 'log' as const, title: 'log', url: 'https://logs.example/2' }];
      const seen = { ...sighting(issue), spec: { ...issue.spec, links }, observed: { ...RUN, name: 'second' } };
      return updateIssue(issue, { ...seen, seenAt: now }, now);
    });
    expect(await get().database.query('SELECT 1 FROM contents')).toEqual([]);
  });

  test('pages follow each other by namespace and name, within the namespaces that were asked for', async () => {
    const t = (await get().now()) - DAY;
    for (const namespace of ['team-b', 'team-a', 'team-c']) {
      for (const name of ['x', 'y']) await open(get(), ref(name, { namespace }), { openedAt: t });
    }
    const all = (await asOf(t + 1)).map(({ namespace, name }) => ({ namespace, name }));
    expect(all.map(({ namespace }) => namespace)).toEqual(['team-a', 'team-a', 'team-b', 'team-b', 'team-c', 'team-c']);
    const page = await asOf(t + 1, { after: all[1], limit: 2 });
    expect(page.map(({ namespace, name }) => ({ namespace, name }))).toEqual(all.slice(2, 4));
    expect(await at(t + 1, { namespaces: ['team-b', 'team-x'] })).toHaveLength(2);
    expect(await at(t + 1, { namespaces: [] })).toEqual([]);
    expect(await at(t + 1, { namespaces: ['team-a'], name: all[0]?.name })).toHaveLength(1);
  });

  test('the pages of a list, of whatever lengths, are the whole list, also while issues go on changing', async () => {
    let run = 0;
    const lengths = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 });
    const history = fc.record({ namespace: fc.constantFrom('a', 'b'), steps: fc.array(step, { maxLength: 4 }) });
    await fc.assert(
      fc.asyncProperty(
        ...([fc.array(history, { maxLength: 8 }), moments, lengths, fc.integer({ min: 1, max: 4 })] as const),
        async (histories, [offset = 0], limits, stretch) => {
          const names = [`q${run}-a`, `q${run}-b`];
          const start = (await get().now()) - DAY;
          for (const [index, { namespace, steps }] of histories.entries()) {
            await play(get(), { namespace: `q${run}-${namespace}`, name: `s${index}`, start, steps });
          }
          run += 1;
          const before = start + offset * SECOND + 1;
          const query = { before, visibleFor: 20 * SECOND, namespaces: names };
          const whole = await asOf(before, query);
          // So few keys are remembered that a list goes on beyond them.
          const past = new SqlPast(get().database, stretch);
          const joined: StoredIssue[] = [];
          for (let page = 0; ; page++) {
            const limit = limits[page % limits.length] as number;
            const found = await past.issues({ ...query, after: joined.at(-1), limit });
            joined.push(...found);
            if (found.length < limit) break;
            // One that is on a page to come, and was found already: it was open then all the same.
            const later = whole[joined.length + page];
            if (later) await resolveNow(get(), later, before + HOUR);
          }
          expect(joined.map(seen)).toEqual(whole.map(seen));
        },
      ),
      { numRuns: 15 },
    );
  });

  test('a page behind the first reads its rows and looks for nothing, until others have been read meanwhile', async () => {
    const t = (await get().now()) - DAY;
    for (const name of ['a', 'b', 'c', 'd']) await open(get(), ref(name), { openedAt: t });
    const { database, scans } = countingScans(get().database);
    const past = new SqlPast(database);
    const query = { before: t + 1, visibleFor: HOUR, namespaces: 'all', limit: 1 } as const;
    const [first] = await past.issues(query);
    expect(scans()).toBe(1);
    const [second] = await past.issues({ ...query, after: first });
    const [third] = await past.issues({ ...query, after: second });
    const rest = await past.issues({ ...query, after: third, limit: 10 });
    expect([first, second, third, ...rest].map((issue) => issue?.spec.subject.name).toSorted()).toEqual([...'abcd']);
    expect(scans()).toBe(2);
    for (const namespace of ['w', 'x', 'y', 'z'])
      await past.issues({ ...query, namespaces: [namespace], after: first });
    expect(scans()).toBe(6);
    expect(await past.issues({ ...query, after: first })).toEqual([second]);
    expect(scans()).toBe(7);
    // Whoever begins anew is told what is known by then.
    await open(get(), ref('0'), { openedAt: t });
    expect(await past.issues({ ...query, limit: 10 })).toHaveLength(5);
  });

  test('a list that begins anew shows on every page what was reported late, as does one that goes on after two minutes', async () => {
    const t = (await get().now()) - DAY;
    for (const name of ['a', 'b', 'c', 'd']) await open(get(), ref(name), { openedAt: t });
    let now = 0;
    const { database, scans } = countingScans(get().database);
    const past = new SqlPast(database, 100, () => now);
    const query = { before: t + 2 * HOUR, visibleFor: HOUR, namespaces: 'all', limit: 1 } as const;
    const pages = async () => {
      const all: StoredIssue[] = [];
      for (let page = await past.issues(query); page.length > 0; ) {
        all.push(...page);
        page = await past.issues({ ...query, after: all.at(-1) });
      }
      return all.map(({ spec }) => spec.subject.name);
    };
    const before = await pages();
    expect(before).toHaveLength(4);
    await resolve(get(), before[3] as string, t + MINUTE);
    expect(await pages()).toEqual(before.slice(0, 3));

    const [first] = await past.issues(query);
    await past.issues({ ...query, after: first });
    await resolve(get(), before[2] as string, t + MINUTE);
    const counted = scans();
    now = 120_000;
    expect(await past.issues({ ...query, after: first, limit: 10 })).toHaveLength(2);
    expect(scans()).toBe(counted);
    now = 120_001;
    expect(await past.issues({ ...query, after: first, limit: 10 })).toHaveLength(1);
    expect(scans()).toBe(counted + 1);
  });

  test('issues that left the visible set are in the past as long as they are kept, and then no more', async () => {
    const t = await get().now();
    await open(get(), ref('web'), { openedAt: t });
    await resolve(get(), 'web', t + MINUTE);
    clock.offset = 2 * HOUR;
    await sweepOnce(get());
    expect(await at(t + 1)).toHaveLength(1);
    clock.offset = 100 * DAY;
    await sweepOnce(get());
    clock.offset = 200 * DAY;
    await sweepOnce(get());
    expect(await at(t + 1)).toEqual([]);
    const left = await get().database.query(`SELECT 1 FROM episodes UNION ALL SELECT 1 FROM contents`);
    expect(left).toEqual([]);
  });

  test('for every history and every moment the answer is what a replay of what was observed says', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { maxLength: 6 }), { maxLength: 3 }),
        moments,
        async (histories, times) => {
          const namespace = `p${run++}`;
          const start = (await get().now()) - DAY;
          const models: Stretch[][] = [];
          for (const [index, steps] of histories.entries()) {
            models.push(await play(get(), { namespace, name: `s${index}`, start, steps }));
          }
          for (const offset of times) {
            const before = start + offset * SECOND + 1;
            const found = await asOf(before, { namespaces: [namespace], visibleFor: 20 * SECOND });
            const shown = found.map(
              ({ spec, state, reopened }) => `${spec.subject.name} ${state} ${spec.title} ${reopened}`,
            );
            expect(shown.toSorted()).toEqual(
              models.flatMap((model, index) => replay(model, before, `s${index}`)).toSorted(),
            );
          }
        },
      ),
      { numRuns: 15 },
    );
  });
}

/** What a reader of a list tells issues by. */
function seen({ namespace, name, state, reopened, spec }: StoredIssue): object {
  return { namespace, name, state, reopened, title: spec.title };
}

/** Counts how often it is asked what was held at a moment. */
function countingScans(real: Database): { database: Database; scans: () => number } {
  let scans = 0;
  const database = {
    transaction: (begin: string, work: (session: Session) => Promise<unknown>) =>
      real.transaction(begin, (session) =>
        work({
          ...{ script: session.script.bind(session), run: session.run.bind(session) },
          query: (sql, ...rest) => {
            if (sql.includes('held')) scans += 1;
            return session.query(sql, ...rest);
          },
        }),
      ),
  };
  return { database: database as Database, scans: () => scans };
}

/** The issue is resolved, later than any moment that is asked about. */
async function resolveNow(store: SqlStore, { spec, namespace }: StoredIssue, at: number): Promise<void> {
  const of = ref(spec.subject.name, { namespace });
  if ((await stored(store, of)).state !== 'Active') return;
  await change(store, of, (issue, now) => resolveIssue(issue, { at, now, reason: 'Recovered' }));
}

const RUN = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'first', uid: 'r1' };

const step = fc.record({
  do: fc.constantFrom('say' as const, 'toggle' as const, 'same' as const),
  /** Seconds since the step before; none is a moment in which two things happen. */
  after: fc.integer({ min: 0, max: 30 }),
  title: fc.constantFrom('one', 'two', 'three'),
});
const moments = fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 3, maxLength: 6 });

/** What an issue is from a moment on, until the next stretch. */
interface Stretch {
  readonly from: number;
  readonly state: 'Active' | 'Resolved';
  readonly title: string;
  readonly reopened: number;
}

/** Lets it happen in the store and writes down what a reader should see. */
async function play(
  store: SqlStore,
  { namespace, name, start, steps }: { namespace: string; name: string; start: number; steps: readonly Step[] },
): Promise<Stretch[]> {
  const subject = ref(name, { namespace });
  await open(store, subject, { openedAt: start, lastSeenAt: start });
  let now: Stretch = { from: start, state: 'Active', title: 'The build of frontend failed', reopened: 0 };
  const model = [now];
  let time = start;
  for (const { do: what, after, title } of steps) {
    time += after * SECOND;
    const how = { title, severity: 'major' as const, labels: {}, at: time };
    if (what === 'toggle' && now.state === 'Active') {
      await change(store, subject, (issue, at) => resolveIssue(issue, { at: time, now: at, reason: 'Recovered' }));
      now = { ...now, from: time, state: 'Resolved' };
    } else if (what === 'toggle') {
      await reopen(store, name, how, namespace);
      now = { from: time, state: 'Active', title, reopened: now.reopened + 1 };
    } else if (now.state === 'Active') {
      const text = what === 'say' ? title : now.title;
      await say(store, name, { ...how, title: text }, namespace);
      now = { ...now, from: time, title: text };
    } else continue;
    model.push(now);
  }
  return model;
}

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function replay(model: readonly Stretch[], before: number, name: string): string[] {
  const then = model.filter(({ from }) => from < before).at(-1);
  if (!then || (then.state === 'Resolved' && then.from < before - 20 * SECOND)) return [];
  return [`${name} ${then.state} ${then.title} ${then.reopened}`];
}

interface Said {
  readonly title: string;
  readonly severity: 'critical' | 'major' | 'minor';
  readonly labels: Record<string, string>;
  readonly at: number;
}

function sighting({ spec, labels, contentHash, observed, lastSeenAt: seenAt }: StoredIssue): Sighting {
  return { spec, labels, contentHash, observed, seenAt };
}

function said(issue: StoredIssue, { title, severity, labels, at }: Said): Sighting {
  return { ...sighting(issue), spec: { ...issue.spec, title, severity }, labels, seenAt: at };
}

async function say(store: SqlStore, name: string, how: Said, namespace = 'team-a'): Promise<void> {
  await change(store, ref(name, { namespace }), (issue, now) => updateIssue(issue, said(issue, how), now));
}

async function reopen(store: SqlStore, name: string, how: Said, namespace = 'team-a'): Promise<void> {
  await change(store, ref(name, { namespace }), (issue, now) =>
    reopenIssue(issue, said(issue, how), { at: how.at, now, newUid: () => crypto.randomUUID() }),
  );
  await stored(store, ref(name, { namespace }));
}

async function resolve(store: SqlStore, name: string, at: number): Promise<void> {
  await change(store, ref(name), (issue, now) => resolveIssue(issue, { at, now, reason: 'Recovered' }));
}
