import { expect, test, vi } from 'vitest';
import { groupName } from '../../crds/identity.ts';
import type { IssueGroup } from '../../crds/issue-group.ts';
import { readGroups } from '../groups/read-groups.ts';
import type { IndexedMember } from '../store/group-index.ts';
import { type CallersGroup, groupRoutes } from './groups.ts';
import type { Listable } from './listable-namespaces.ts';

const CVE = groupName('CVE-2026-1234');
const OTHER = groupName('base image');

function member(namespace: string, name: string, group: string, more: Partial<IndexedMember> = {}): IndexedMember {
  return {
    ...{ id: name, namespace, name, group: groupName(group), change: 1, state: 'Active', openedAt: 0, hidden: false },
    earlier: [],
    spec: {
      ...{
        source: 's',
        key: 'k',
        type: 'security',
        severity: 'major',
        reason: 'Vulnerable',
        title: `in ${namespace}`,
        group,
      },
      subject: { apiVersion: 'v1', kind: 'Component', namespace, name },
    },
    ...more,
  };
}

const MEMBERS = [
  member('bank', 'api', 'base image'),
  member('bank', 'api', 'CVE-2026-1234'),
  member('shop', 'web', 'CVE-2026-1234'),
];

/** As the store answers. */
const index = {
  async names(_: string, after: string, limit: number, namespaces?: readonly string[]) {
    const visible = MEMBERS.filter(({ namespace }) => namespaces?.includes(namespace) ?? true);
    const names = [...new Set(visible.map(({ group }) => group))].sort().filter((name) => name > after);
    return names.slice(0, limit);
  },
  async *members(groups: readonly string[], namespaces?: readonly string[]) {
    const asked = MEMBERS.filter(({ group }) => groups.includes(group));
    yield asked
      .filter(({ namespace }) => namespaces?.includes(namespace) ?? true)
      .sort((a, b) => (a.group < b.group ? -1 : 1));
  },
  crowded: async () => [],
  async *foremost() {},
  tally: async () => undefined,
};

/** As the follower made them. */
const served = vi.fn(async (names: readonly string[]) =>
  [...(await readGroups(index, names))].map(
    ([name, content]): IssueGroup => ({
      ...{
        apiVersion: 'faultline.dev/v1alpha1',
        kind: 'IssueGroup',
        metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '' },
      },
      ...content,
    }),
  ),
);

async function ask(path: string, listable: Listable, query: object = {}): Promise<{ status: number; body: unknown }> {
  const routes = groupRoutes({ index: async () => index, served, listable: { of: () => listable } });
  const ctx = {
    ...{
      method: 'GET',
      path: `/api/v1${path}`,
      query,
      params: {},
      status: 404,
      body: '',
      state: { user: { name: 'u' } },
    },
    ...{ set: vi.fn(), req: {}, request: {} },
  };
  await routes(ctx as never, async () => {});
  return { status: ctx.status, body: JSON.parse(ctx.body) as unknown };
}

test('who may list all namespaces sees all members of all groups, as they are served and not made again', async () => {
  const before = served.mock.calls.length;
  const { body } = await ask('/groups', 'all');
  expect(served.mock.calls.length).toBe(before + 1);
  await ask('/groups', new Set(['shop', 'bank']));
  expect(served.mock.calls.length).toBe(before + 1);
  const { items } = body as { items: CallersGroup[] };
  expect(items.map(({ name, status: { open } }) => [name, open])).toEqual(
    [
      [CVE, 2],
      [OTHER, 1],
    ].sort(),
  );
});

test('others see the same shape, made of the namespaces that are theirs, and nothing else of any', async () => {
  const { body } = await ask('/groups', new Set(['shop']));
  expect(body).toMatchObject({
    items: [
      { name: CVE, spec: { title: 'in shop' }, status: { open: 1, namespaces: [{ namespace: 'shop', open: 1 }] } },
    ],
  });
  expect(JSON.stringify(body)).not.toContain('bank');
  expect((body as { items: unknown[] }).items).toHaveLength(1);
  expect(await ask('/groups', new Set<string>())).toMatchObject({ body: { items: [] } });
});

test('a group of other namespaces only is 404, as one that is not there', async () => {
  expect(await ask(`/groups/${CVE}`, new Set(['shop']))).toMatchObject({ body: { name: CVE, status: { open: 1 } } });
  const hidden = await ask(`/groups/${OTHER}`, new Set(['shop']));
  const missing = await ask('/groups/nobody', new Set(['shop']));
  expect(hidden).toEqual({
    status: 404,
    body: { error: `there is no group "${OTHER}" with issues that you may list` },
  });
  expect(missing).toEqual({ status: 404, body: { error: 'there is no group "nobody" with issues that you may list' } });
  expect((await ask('/groups/..%00', 'all')).status).toBe(404);
});

test('pages follow each other until there is no next one', async () => {
  const first = (await ask('/groups', 'all', { limit: '1' })).body as { items: CallersGroup[]; next: string };
  expect(first.items).toHaveLength(1);
  const second = (await ask('/groups', 'all', { limit: '1', cursor: first.next })).body as typeof first;
  expect([...first.items, ...second.items].map(({ name }) => name)).toEqual([CVE, OTHER].sort());
  const last = (await ask('/groups', 'all', { limit: '1', cursor: second.next })).body;
  expect(last).toEqual({ items: [] });
});

test('a query that is none is 400 and says where', async () => {
  const { status, body } = await ask('/groups', 'all', { limit: '0', colour: 'red' });
  expect(status).toBe(400);
  expect(body).toMatchObject({ details: [{ path: 'limit' }, { path: 'colour' }] });
});
