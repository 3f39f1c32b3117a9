import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { afterEach, expect, test } from 'vitest';
import type { Authorizer, ResourceAttributes } from '../kube/access/types.ts';
import type { PastQuery } from '../store/past.ts';
import { activeIssue, ref } from '../store/samples.contract.ts';
import type { StoredIssue } from '../store/store.ts';
import { listableNamespaces } from './listable-namespaces.ts';
import { pastIssuesRoutes } from './past.ts';
import type { PastAnswer } from './past-query.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const HOUR = 3_600_000;
const ISSUES = ['a', 'b', 'c'].map((name) => activeIssue(ref(name), (NOW - 5 * HOUR) * 1_000));
const SECOND = ISSUES[1] as (typeof ISSUES)[number];
ISSUES[1] = {
  ...{ ...SECOND, labels: { ...SECOND.labels, application: 'web' } },
  spec: { ...SECOND.spec, severity: 'critical', group: 'CVE-2026-1' },
};
const FIRST = ISSUES[0] as (typeof ISSUES)[number];

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Past {
  readonly issues?: readonly StoredIssue[];
  /** Before a block is answered. */
  readonly meanwhile?: (ctx: Koa.Context) => Promise<unknown>;
  /** When a request is over. */
  readonly over?: () => void;
}

async function served(...rights: string[]) {
  return servedWith({}, ...rights);
}

async function servedWith({ issues = ISSUES, meanwhile, over }: Past, ...rights: string[]) {
  const asked: PastQuery[] = [];
  let latest: Koa.Context | undefined;
  const authorizer: Authorizer = {
    authorize: (_user, attributes) => {
      const { verb, namespace } = attributes as ResourceAttributes;
      const asks = [verb, namespace].filter(Boolean).join(' ');
      return rights.includes(asks) || rights.includes(verb) ? { allowed: true } : { allowed: false, reason: 'no' };
    },
  };
  const store = {
    issuesById: async (ids: readonly string[]) => ISSUES.filter(({ id }) => ids.includes(id)),
    issuesAsOf: async (query: PastQuery) => {
      asked.push(query);
      const { after, limit, name, namespaces, before } = query;
      if (before < (NOW - 5 * HOUR) * 1_000 || namespaces.length === 0) return [];
      await meanwhile?.(latest as Koa.Context);
      const all = issues.filter((issue) => name === undefined || issue.name === name);
      return all.filter((issue) => !after || issue.name > after.name).slice(0, limit);
    },
  };
  const now = () => NOW;
  const listable = listableNamespaces({ authorizer, namespaces: async () => ['team-a', 'team-b'], now });
  const app = new Koa();
  app.use(async (ctx, next) => {
    ctx.state.user = { name: 'ada', groups: [] };
    latest = ctx;
    await next();
    over?.();
  });
  app.use(pastIssuesRoutes({ store, authorizer, listable, now, retention: 24 * HOUR, resolvedVisibleFor: HOUR }));
  app.use((ctx) => {
    ctx.body = { present: true };
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  const get = async (path: string, signal: AbortSignal | null = null) => {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/issues${path}`, { signal });
    return {
      status: response.status,
      body: (await response.json()) as PastAnswer & { error?: string; present?: boolean; details?: { path: string }[] },
    };
  };
  return { get, asked };
}

test('a list of the past says of when it is, and without asOf the present answers', async () => {
  const { get, asked } = await served('list');
  const { body } = await get('?asOf=2h');
  expect([body.asOf, body.items.length]).toEqual(['2026-11-21T09:59:59Z', 3]);
  expect(body.items[0]?.metadata.annotations).toEqual({ 'faultline.dev/as-of': '2026-11-21T09:59:59Z' });
  expect(asked[0]).toMatchObject({ namespaces: 'all', visibleFor: HOUR * 1_000, before: (NOW - 2 * HOUR) * 1_000 });
  expect((await get('/?asOf=2h')).body).toEqual(body);
  expect((await get('')).body.present).toBe(true);
  expect((await get(`/${FIRST.id}`)).body.present).toBe(true);
});

test('pages are of the moment of the first', async () => {
  const { get, asked } = await served('list');
  const first = (await get('?asOf=2h&limit=2')).body;
  const second = (await get(`?asOf=1h&limit=2&continue=${first.next}`)).body;
  expect([first.items.length, second.items.length, second.next]).toEqual([2, 1, undefined]);
  expect(second.asOf).toBe(first.asOf);
  expect(new Set(asked.map(({ before }) => before)).size).toBe(1);
});

test('only what the caller may list or get now', async () => {
  const some = await served('list team-b', 'get team-b');
  await some.get('?asOf=2h');
  expect(some.asked[0]?.namespaces).toEqual(['team-b']);
  expect((await some.get('?asOf=2h&namespace=team-a')).status).toBe(403);
  expect((await some.get(`/${FIRST.id}?asOf=2h`)).status).toBe(404);
  const own = await served('get team-a');
  const { body } = await own.get(`/${FIRST.id}?asOf=2h`);
  expect([body.present, (await own.get(`/${FIRST.id}/?asOf=2h`)).body]).toEqual([undefined, body]);
  expect((await own.get(`/${FIRST.id}?asOf=2h`)).status).toBe(200);
  expect((await own.get(`/${FIRST.id}?asOf=6h`)).status).toBe(404);
  expect((await own.get(`/${crypto.randomUUID()}?asOf=2h`)).status).toBe(404);
});

test.each([
  ['severity=critical', ['b']],
  ['severity=critical,major&state=Active', ['a', 'b', 'c']],
  ['state=Resolved', []],
  ['group=CVE-2026-1', ['b']],
  ['kind=Nothing', []],
  ['label=application%3Dweb', ['b']],
  ['label=application!%3Dweb', ['a', 'c']],
])('%s narrows a list of the past, as it narrows a search', async (query, names) => {
  const { get } = await served('list');
  const { status, body } = await get(`?asOf=2h&${query}`);
  expect([status, body.items.map(({ metadata }) => metadata.name)]).toEqual([
    200,
    ISSUES.filter((_, index) => names.includes('abc'[index] as string)).map(({ name }) => name),
  ]);
});

test('pages of what is asked for begin where the page before ended, with nothing between', async () => {
  const { get } = await served('list');
  const first = (await get('?asOf=2h&label=application!%3Dweb&limit=1')).body;
  const second = (await get(`?asOf=2h&label=application!%3Dweb&limit=1&continue=${first.next}`)).body;
  expect([...first.items, ...second.items].map(({ metadata }) => metadata.name)).toEqual(
    [ISSUES[0], ISSUES[2]].map((issue) => issue?.name),
  );
  expect(second.next).toBeUndefined();
});

/** Of the last ten of them the group is `rare`. */
const CROWD = Array.from({ length: 10_050 }, (_, index): StoredIssue => {
  const name = `i${String(index).padStart(5, '0')}`;
  return { ...FIRST, name, spec: { ...FIRST.spec, ...(index >= 10_040 && { group: 'rare' }) } };
});

test('what is asked for is looked for among 10,000 issues a request; the next page goes on behind them', async () => {
  const { get, asked } = await servedWith({ issues: CROWD }, 'list');
  const first = (await get('?asOf=2h&limit=1&group=rare')).body;
  expect([first.items, first.next]).toEqual([[], expect.any(String)]);
  expect(asked.reduce((looked, { limit }) => looked + limit, 0)).toBe(10_000);
  const second = (await get(`?asOf=2h&limit=9&group=rare&continue=${first.next}`)).body;
  const third = (await get(`?asOf=2h&limit=9&group=rare&continue=${second.next}`)).body;
  expect([second.items.length, third.items.length, third.next]).toEqual([9, 1, undefined]);
});

test('for a caller who left nothing more is looked for', async () => {
  const leaving = new AbortController();
  const over = Promise.withResolvers<void>();
  const meanwhile = (ctx: Koa.Context) => {
    const left = once(ctx.res, 'close');
    leaving.abort();
    return left;
  };
  const { get, asked } = await servedWith({ issues: CROWD, meanwhile, over: over.resolve }, 'list');
  await expect(get('?asOf=2h&group=rare', leaving.signal)).rejects.toThrow();
  await over.promise;
  expect(asked).toHaveLength(1);
});

test('what a list of the past cannot do is refused, with each fault: the words of Kite, too', async () => {
  const { get, asked } = await served('list');
  const { status, body } = await get('?asOf=2h&issueType=build&state=ACTIVE&offset=20');
  expect([status, body.details?.map(({ path }) => path)]).toEqual([400, ['state.0', 'issueType', 'offset']]);
  expect((await get('?asOf=2h&search=x')).body.error).toBe(
    'search is not allowed with asOf: only the present is indexed',
  );
  expect((await get('?asOf=2h&watch=true')).body.error).toContain('the past does not change');
  expect((await get('?asOf=2h&label=%3D%3D')).body.error).toMatch(/^label: /);
  expect((await get('?asOf=2h&label=size%3E3')).body.error).toBe('label: < and > are not searched by');
  expect(asked).toEqual([]);
});

test.each([
  ['asOf=soon', 400],
  ['asOf=2026-11-22T00:00:00Z', 400],
  ['asOf=2d', 410],
  ['asOf=2h&limit=0', 400],
  ['asOf=2h&limit=1000', 400],
  ['asOf=2h&continue=rubbish', 400],
  ['asOf=2h&namespace=a%00', 400],
  [`asOf=2h&continue=${Buffer.from('["2026-11-21T10:00:00Z","a\\u0000","b"]').toString('base64url')}`, 400],
])('%s is %i', async (query, status) => {
  const { get, asked } = await served('list');
  expect((await get(`?${query}`)).status).toBe(status);
  expect(asked).toEqual([]);
});
