import { expect, it } from 'vitest';
import { CALLER, EngineFixture } from '../../apiserver/ingest/testing/engine-fixture.ts';
import { finding } from '../../apiserver/ingest/testing/world.ts';
import { fillHistory, HISTORY_SOURCE, historySubject } from './history.ts';

const namespaces = [
  { name: 'team-a', uid: 'a' },
  { name: 'team-b', uid: 'b' },
];

it('a filled history is what the engine itself would have stored: reports find their subjects and watermarks', async () => {
  await using fixture = await EngineFixture.open();
  const { store } = fixture;
  const indexes = () =>
    store.database.query(`SELECT indexname FROM pg_indexes WHERE tablename = 'issues' ORDER BY indexname`);
  const before = await indexes();
  await fillHistory((sql) => store.database.session((session) => session.run(sql)), {
    stored: 400,
    open: 20,
    namespaces,
  });
  expect(await indexes()).toEqual(before);
  const issues = await fixture.issues();
  expect(issues).toHaveLength(20);
  expect(new Set(issues.map(({ status }) => status.state))).toEqual(new Set(['Active']));

  const engine = fixture.start();
  const about = (n: number) => {
    const namespace = namespaces[n % 2]?.name as string;
    const { name, kind } = historySubject(n, namespace);
    const subject = { apiVersion: 'appstudio.redhat.com/v1', kind, namespace, name, aspect: 'build/push/main' };
    return { source: HISTORY_SOURCE, namespace, subject };
  };
  const failing = { complete: true, findings: [finding('run', { title: 'again' })] };
  const { results } = await engine.submit(
    [
      { ...about(0), order: fixture.run(0), body: failing },
      { ...about(2), order: fixture.run(0), body: failing },
      { ...about(4), order: fixture.run(90 * 86_400_000 - 60_000), body: failing },
      { ...about(0), order: fixture.run(0, 'zzz'), body: { complete: true, findings: [] } },
    ],
    CALLER,
  );
  expect(results.map(({ decisions }) => decisions?.map(({ cell }) => cell))).toEqual([['3B'], ['3C'], ['1C'], ['4B']]);
});

it('the past is in episodes: every resolved issue has its last one, every reopened one those before', async () => {
  await using fixture = await EngineFixture.open();
  const { database } = fixture.store;
  await fillHistory((sql) => database.session((session) => session.run(sql)), { stored: 300, open: 30, namespaces });
  const [row] = await database.query<{ wrong: number; closed: number }>(
    `SELECT count(*) FILTER (WHERE coalesce(e.n, 0) <> i.reopened + CASE i.state WHEN 'Resolved' THEN 1 ELSE 0 END) AS wrong,
       sum(e.n)::bigint AS closed
     FROM issues i LEFT JOIN (SELECT issue_id, count(*) AS n FROM episodes GROUP BY issue_id) e ON e.issue_id = i.id`,
  );
  expect(row?.wrong).toBe(0);
  expect(row?.closed).toBeGreaterThan(300);
});
