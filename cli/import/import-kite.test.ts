import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEngine, type Engine, localNamespaces, trustedAccess } from '../../apiserver/ingest/index.ts';
import { subjectOf } from '../../apiserver/rest/kite/scope.ts';
import type { KiteRow } from '../../apiserver/store/kite-database.ts';
import { openStore } from '../../apiserver/store/open-store.ts';
import type { SqlStore } from '../../apiserver/store/sql-store.ts';
import type { StoredIssue } from '../../apiserver/store/store.ts';
import { type Imported, importKite } from './import-kite.ts';

const CLUSTER = 'folder:/import';
const CALLER = { name: 'kite', groups: [] };
const MINUTE = 60_000_000;
/** All of Kite's times are before the import writes, µs. */
const TEN = Date.now() * 1_000 - 60 * MINUTE;
const namespaces = localNamespaces(CLUSTER);

let store: SqlStore;
let engine: Engine;
beforeAll(async () => {
  store = await openStore({ database: { embedded: 'memory' }, clusterId: CLUSTER });
  engine = createEngine({ store, namespaces, access: trustedAccess });
});
afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
  await store?.[Symbol.asyncDispose]();
});

const row = (name: string, values: Partial<KiteRow> = {}): KiteRow => ({
  ...{ id: randomUUID(), title: 't', description: 'd', severity: 'major', issue_type: 'pipeline', state: 'ACTIVE' },
  ...{ namespace: 'team', detected_at: TEN, resolved_at: null, updated_at: TEN, links: [] },
  ...{ resource_type: 'pipelinerun', resource_name: name, resource_namespace: 'team' },
  ...values,
});
const resolved = (at: number): Partial<KiteRow> => ({ state: 'RESOLVED', resolved_at: at, updated_at: at });

/** Imports a snapshot of Kite that has these rows. */
function importing(...rows: KiteRow[]): Promise<Imported> {
  const { signal } = new AbortController();
  return importKite({
    ...{ store, namespaces, clusterScopedNamespace: 'faultline-system', newId: randomUUID, signal },
    onProgress: () => {},
    from: {
      counts: async () => ({ issues: rows.length, relations: 0 }),
      issues: (receive) => receive(rows),
      relations: async () => [],
      [Symbol.asyncDispose]: async () => {},
    },
  });
}

async function stored({ id }: KiteRow): Promise<StoredIssue> {
  const [issue] = await store.issuesById([id]);
  return issue as StoredIssue;
}

test('what Kite changed while the first import ran is brought by the second, also when somebody commented since', async () => {
  const before = row('web');
  expect(await importing(before)).toMatchObject({ issues: 1, active: 1, unchanged: 0 });
  const { namespace, name } = await stored(before);
  await engine.act({ namespace, name, what: { action: 'comment' }, comment: 'looking', actor: 'ada' });
  const after = { ...before, ...resolved(TEN + 2 * MINUTE) };
  expect(await importing(after)).toMatchObject({ issues: 1, active: 0, unchanged: 0 });
  expect(await stored(before)).toMatchObject({ state: 'Resolved' });
  expect(await importing(after)).toMatchObject({ issues: 0, unchanged: 1 });
  expect(await stored(before)).toMatchObject({ reopened: 0 });
  expect(await importing({ ...before, title: 'again', updated_at: TEN + 3 * MINUTE })).toMatchObject({ issues: 1 });
  expect(await stored(before)).toMatchObject({ state: 'Active', spec: { title: 'again' } });
});

test('what clients said here since stays, whatever Kite said before', async () => {
  const failing = row('fails-here');
  const healthy = row('succeeds-here');
  await importing(failing, healthy);
  const say = (of: KiteRow, findings: object[]) =>
    engine.submit(
      {
        ...{ source: 'kite', namespace: 'team', order: { class: 'received' }, body: { complete: true, findings } },
        subject: subjectOf({
          resourceType: of.resource_type,
          resourceName: of.resource_name,
          resourceNamespace: 'team',
        }),
      },
      CALLER,
    );
  const finding = { key: 'pipeline', type: 'pipeline', reason: 'Reported', severity: 'major', title: 'newer' };
  await say(failing, [finding]);
  await say(healthy, []);
  const late = TEN + 5 * MINUTE;
  const rows = [
    { ...failing, ...resolved(late) },
    { ...healthy, updated_at: late, title: 'failed again' },
  ];
  expect(await importing(...rows)).toMatchObject({ issues: 0, unchanged: 2 });
  expect(await stored(failing)).toMatchObject({ state: 'Active', spec: { title: 'newer' } });
  expect(await stored(healthy)).toMatchObject({ state: 'Resolved' });
});

test('what a person resolved here stays resolved until Kite says something newer', async () => {
  const one = row('by-hand');
  await importing(one);
  const { namespace, name } = await stored(one);
  await engine.act({ namespace, name, what: { action: 'resolve' }, actor: 'ada' });
  expect(await importing({ ...one, updated_at: TEN + MINUTE })).toMatchObject({ issues: 0, unchanged: 1 });
  expect(await stored(one)).toMatchObject({ state: 'Resolved' });
  expect(await importing({ ...one, updated_at: Date.now() * 1_000 + MINUTE })).toMatchObject({ issues: 1 });
  expect(await stored(one)).toMatchObject({ state: 'Active' });
});
