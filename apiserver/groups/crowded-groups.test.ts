import { afterAll, beforeAll, expect, test } from 'vitest';
import { groupName } from '../../crds/identity.ts';
import { issueGroupStatusSchema } from '../../crds/issue-group.ts';
import { openStore } from '../store/open-store.ts';
import { open, ref } from '../store/samples.contract.ts';
import type { SqlStore } from '../store/sql-store.ts';
import type { GroupContent } from './fold.ts';
import { catchUp } from './follow-groups.ts';
import { readGroups } from './read-groups.ts';

/** 20,000 components have one CVE: what is said of them is true of all, though nobody reads them all. */
const MEMBERS = 20_000;
const NAMESPACES = 300;
const REASONS = 60;
const NAME = groupName('CVE-2026-1234');
const DAY = Date.UTC(2026, 9, 1) / 1_000;

let store: SqlStore;
beforeAll(async () => {
  store = await openStore({ database: { embedded: 'memory' }, clusterId: 'folder:test' });
  const of = ref('web', { namespace: 'shop' });
  const { source, subject } = of;
  const said = { key: 'run', type: 'security', severity: 'major', reason: 'Vulnerable', title: 'libfoo 1.1' } as const;
  await open(store, of, { spec: { source, subject, ...said, group: 'CVE-2026-1234' } });
  await store.database.query(MANY);
  await store.database.query(`DELETE FROM issues WHERE name NOT LIKE 'm%'`);
}, 60_000);
afterAll(() => store[Symbol.asyncDispose]());

/** As the n-th of them is: every fourth is resolved, the last one is worse than all others, and nobody opened later. */
const MANY = `
INSERT INTO issues SELECT r.* FROM issues i, generate_series(0, ${MEMBERS - 1}) AS n,
LATERAL jsonb_populate_record(i, jsonb_build_object(
  'id', gen_random_uuid(), 'uid', gen_random_uuid(), 'name', 'm' || lpad(n::text, 5, '0'),
  'namespace', 'team-' || n % ${NAMESPACES}, 'fingerprint', '\\x' || lpad(to_hex(n), 64, '0'),
  'reason', 'Reason' || n % ${REASONS}, 'severity', CASE WHEN n = ${MEMBERS - 1} THEN 'critical' ELSE 'major' END,
  'opened_at', to_timestamp(${DAY} + n), 'state', CASE WHEN n % 4 = 0 THEN 'Resolved' ELSE 'Active' END,
  'resolved_at', CASE WHEN n % 4 = 0 THEN to_timestamp(${DAY} + 86400) END,
  'spec', i.spec::jsonb || jsonb_build_object('reason', 'Reason' || n % ${REASONS},
    'severity', CASE WHEN n = ${MEMBERS - 1} THEN 'critical' ELSE 'major' END))) r`;

/** How many of the open ones are in each, the most first. */
function openBy(field: (n: number) => string, numbers: readonly number[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const n of numbers) if (n % 4 !== 0) found.set(field(n), (found.get(field(n)) ?? 0) + 1);
  return new Map([...found].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)));
}

const all = Array.from({ length: MEMBERS }, (_, n) => n);

test('a group of 20,000 members is bounded, and all that it counts is true of all of them', async () => {
  const served = new Map<string, GroupContent>();
  await catchUp({
    ...{ index: store.groupIndex(), resource: 'issuegroups', signal: new AbortController().signal },
    ...{ now: () => 0, sleep: async () => {} },
    objects: {
      put: async (groups) => {
        for (const { metadata, ...content } of groups) served.set(metadata.name, content);
      },
      remove: async () => {},
      complete: async () => {},
    },
  });
  expect([...served.keys()]).toEqual([NAME]);
  const { spec, status } = served.get(NAME) as GroupContent;
  const namespaces = openBy((n) => `team-${n % NAMESPACES}`, all);
  const reasons = openBy((n) => `Reason${n % REASONS}`, all);
  expect(spec).toMatchObject({ severity: 'critical', title: 'libfoo 1.1' });
  expect(status).toMatchObject({
    ...{ state: 'Active', open: 15_000, resolved: 5_000, sampled: 7_000 },
    ...{ openNamespaces: namespaces.size, openedAt: '2026-10-01T00:00:00Z' },
    unlisted: { members: 14_980, namespaces: namespaces.size - 200 },
    days: [
      { date: '2026-10-01', opened: 20_000, resolved: 0, open: 20_000 },
      { date: '2026-10-02', opened: 0, resolved: 5_000, open: 15_000 },
    ],
  });
  expect(status.namespaces).toEqual([...namespaces].slice(0, 200).map(([namespace, open]) => ({ namespace, open })));
  expect(status.reasons).toEqual([...reasons].map(([reason, open]) => ({ reason, open })));
  expect(status.members).toHaveLength(20);
  // The worst first, though nobody opened later; then the oldest.
  expect(status.members.slice(0, 2)).toMatchObject([{ name: 'm19999', severity: 'critical' }, { name: 'm00001' }]);
  expect(JSON.stringify(status).length).toBeLessThan(20_000);
  expect(issueGroupStatusSchema.validate(status).error).toBeUndefined();
}, 120_000);

test('a caller who may list some namespaces is told the same of the members there, and nothing of others', async () => {
  const mine = all.filter((n) => n % NAMESPACES < 150);
  const names = Array.from({ length: 150 }, (_, n) => `team-${n}`);
  const { status } = (await readGroups(store.groupIndex(), [NAME], names)).get(NAME) as GroupContent;
  const namespaces = openBy((n) => `team-${n % NAMESPACES}`, mine);
  expect(status.open + status.resolved).toBe(mine.length);
  expect(status).toMatchObject({ open: mine.filter((n) => n % 4 !== 0).length, sampled: 7_000 });
  expect(status.namespaces).toEqual([...namespaces].map(([namespace, open]) => ({ namespace, open })));
  expect(status.unlisted).toEqual({ members: status.open - 20 });
  const others = names.map((name) => name.replace('team-', 'other-'));
  expect(await readGroups(store.groupIndex(), [NAME], others)).toEqual(new Map());
}, 120_000);
