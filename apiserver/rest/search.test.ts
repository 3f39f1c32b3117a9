import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { afterEach, describe, expect, test } from 'vitest';
import type { Authorizer, ResourceAttributes, UserInfo } from '../kube/access/types.ts';
import type { SearchPage, SearchQuery } from '../store/search.ts';
import type { StatisticsQuery } from '../store/statistics.ts';
import { CommitRefused } from '../store/store.ts';
import { listableNamespaces } from './listable-namespaces.ts';
import type { RestRoutes } from './routes.ts';
import { type SearchAnswer, searchRoutes } from './search.ts';
import { statisticsRoutes } from './statistics.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const HOUR = 3_600_000;
const USER: UserInfo = { name: 'ada', groups: [] };
const ID = '11111111-1111-4111-8111-111111111111';

/** `list team-a` as RBAC would have it; no namespace is all of them. */
function allowing(...rights: string[]): Authorizer {
  return {
    authorize: (_user, attributes) => {
      const { verb, subresource, namespace } = attributes as ResourceAttributes;
      const asked = [verb, subresource, namespace].filter(Boolean).join(' ');
      const everywhere = [verb, subresource].filter(Boolean).join(' ');
      return rights.includes(asked) || rights.includes(everywhere)
        ? { allowed: true }
        : { allowed: false, reason: 'no' };
    },
  };
}

class World {
  readonly asked: SearchQuery[] = [];
  readonly counted: StatisticsQuery[] = [];
  failure: Error | undefined;
  indexed = true;
  page: SearchPage = { hits: [], match: 'words' };

  routes(authorizer: Authorizer): RestRoutes[] {
    const now = () => NOW;
    const asking = { authorizer, namespaces: async () => ['team-a', 'team-b'], now };
    const listable = listableNamespaces(asking);
    const readable = listableNamespaces({ ...asking, right: { verb: 'get', subresource: 'evidence' } });
    const search = {
      search: async (query: SearchQuery) => {
        this.asked.push(query);
        if (this.failure) throw this.failure;
        return this.page;
      },
    };
    const statistics = {
      statistics: async (query: StatisticsQuery) => {
        this.counted.push(query);
        const none = { open: 0, opened: 0, resolved: 0 };
        return { total: none, days: [], namespaces: [], types: [], subjects: [], mostFrequent: [] };
      },
    };
    return [
      searchRoutes({ search: this.indexed ? search : undefined, listable, readable, authorizer, now }),
      statisticsRoutes({ statistics, listable, authorizer, now, retention: 90 * 24 * HOUR }),
    ];
  }
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function served(world: World, ...rights: string[]) {
  const app = new Koa();
  app.use((ctx, next) => {
    ctx.state.user = USER;
    return next();
  });
  for (const routes of world.routes(allowing(...rights))) app.use(routes);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1${path}`);
    return {
      status: response.status,
      body: (await response.json()) as SearchAnswer & { error?: string; details?: object[] },
    };
  };
}

describe('GET /api/v1/search', () => {
  test('looks only where the caller may list, and nowhere when that is nowhere', async () => {
    const world = new World();
    for (const [right, namespaces] of [
      ['list', 'all'],
      ['list team-b', ['team-b']],
      ['get', []],
    ] as const) {
      await (await served(world, right))('/search?q=x');
      expect(world.asked.at(-1)?.namespaces).toEqual(namespaces);
    }
  });

  test('a namespace that the caller may not list is 403 and is not searched', async () => {
    const world = new World();
    const get = await served(world, 'list team-a');
    expect(await get('/search?namespace=team-a,team-b')).toMatchObject({
      status: 403,
      body: { error: expect.stringContaining('team-b') },
    });
    expect(world.asked).toEqual([]);
    expect((await get('/search?namespace=team-a')).status).toBe(200);
    expect(world.asked[0]?.namespaces).toEqual(['team-a']);
  });

  test('without an index it says so, and searches nothing', async () => {
    const world = new World();
    const get = await served(world, 'list');
    world.indexed = false;
    const off = await served(world, 'list');
    expect(await off('/search?q=x')).toMatchObject({
      status: 404,
      body: { error: expect.stringContaining('feature gate TextSearch') },
    });
    expect(world.asked).toEqual([]);
    expect((await get('/search?q=x')).status).toBe(200);
  });

  test('evidence is searched only when asked for, and only where the caller may read it', async () => {
    const world = new World();
    const evidenceIn = async (query: string, ...rights: string[]) => {
      await (await served(world, ...rights))(`/search?${query}`);
      return world.asked.at(-1)?.evidenceIn;
    };
    expect(await evidenceIn('q=x', 'list', 'get evidence')).toEqual([]);
    expect(await evidenceIn('q=x&evidence=true', 'list')).toEqual([]);
    expect(await evidenceIn('q=x&evidence=true', 'list', 'get evidence')).toBe('all');
    for (const may of [['list'], ['list team-a', 'list team-b']]) {
      expect(await evidenceIn('q=x&evidence=true', ...may, 'get evidence team-b')).toEqual(['team-b']);
    }
    const named = 'q=x&evidence=true&namespace=team-a,team-b';
    expect(await evidenceIn(named, 'list', 'get evidence team-b')).toEqual(['team-b']);
  });

  test('every parameter reaches the question; lists are repeated or have commas', async () => {
    const world = new World();
    const get = await served(world, 'list');
    await get(
      '/search?q=a+b&severity=critical,major&severity=info&state=Active&type=build&kind=Component&subject=web&group=CVE-1' +
        '&assignee=ada&stage=development&label=app%3Dshop,tier&openedSince=2h&openedBefore=2026-11-21T11:30:00Z&sort=-severity&limit=5',
    );
    expect(world.asked[0]).toMatchObject({
      text: 'a b',
      sort: { by: 'severity', descending: true },
      limit: 5,
      filter: {
        severities: ['critical', 'major', 'info'],
        states: ['Active'],
        types: ['build'],
        subjectKinds: ['Component'],
        subjects: ['web'],
        groups: ['CVE-1'],
        assignees: ['ada'],
        stages: ['development'],
        labels: [
          { operator: 'in', key: 'app', values: new Set(['shop']) },
          { operator: 'exists', key: 'tier' },
        ],
        openedSince: (NOW - 2 * HOUR) * 1_000,
        openedBefore: (NOW - HOUR / 2) * 1_000,
      },
    });
  });

  test('a text is ranked and filters alone are newest first, unless the caller says otherwise', async () => {
    const world = new World();
    const get = await served(world, 'list');
    for (const query of ['q=x', '', 'sort=name']) await get(`/search?${query}`);
    expect(world.asked.map(({ sort }) => sort)).toEqual([
      { by: 'relevance', descending: true },
      { by: 'openedAt', descending: true },
      { by: 'name', descending: false },
    ]);
  });

  test.each([
    ['severity=medium&limit=1000', 2],
    ['colour=red', 1],
    ['sort=size', 1],
    ['openedSince=soon', 1],
    ['label=%3D%3D', 0],
    ['sort=relevance', 0],
    ['cursor=rubbish', 0],
    [`q=${'x'.repeat(501)}`, 1],
    ['q=%00&subject=a%00', 2],
    ['label=a%3Db%00', 1],
  ])('%s is 400 with %i faults', async (query, faults) => {
    const world = new World();
    const { status, body } = await (await served(world, 'list'))(`/search?${query}`);
    expect([status, body.details?.length ?? 0]).toEqual([400, faults]);
    expect(world.asked).toEqual([]);
  });

  test('a cursor leads on in the same search, with another limit too, and in no other', async () => {
    const world = new World();
    world.page = { hits: [], match: 'words', next: { value: 17, id: ID, match: 'words' } };
    const get = await served(world, 'list');
    const { body } = await get('/search?q=x&type=build');
    const next = body.next ?? '';
    expect((await get(`/search?q=x&type=build&limit=3&cursor=${next}`)).status).toBe(200);
    expect(world.asked.at(-1)?.after).toEqual({ value: 17, id: ID, match: 'words' });
    for (const other of ['q=y&type=build', 'q=x&type=test', 'q=x', 'q=x&type=build&sort=name']) {
      expect((await get(`/search?${other}&cursor=${next}`)).status, other).toBe(400);
    }
  });

  test.each([
    ['q=x', { value: 'a', match: 'words' }],
    ['q=x&sort=name', { value: 'a', match: 'similar' }],
    ['sort=severity', { value: 'critical', match: 'words' }],
    ['sort=openedAt', { value: 1.5, match: 'words' }],
    ['sort=openedAt', { value: '9'.repeat(20), match: 'words' }],
    ['sort=name', { value: 17, match: 'words' }],
    ['sort=name', { value: 'a\0', match: 'words' }],
  ] as const)('a cursor of %s with the value of %j was given by nobody: 400', async (query, position) => {
    const world = new World();
    world.page = { hits: [], match: 'words', next: { ...position, id: ID } };
    const get = await served(world, 'list');
    const { body } = await get(`/search?${query}`);
    expect((await get(`/search?${query}&cursor=${body.next}`)).status).toBe(400);
    expect(world.asked).toHaveLength(1);
  });

  test.each(['sort=name&q=x', 'sort=-openedAt', 'sort=severity', 'q=x'])('a cursor of %s leads on', async (query) => {
    const world = new World();
    const get = await served(world, 'list');
    const values = query.includes('name') ? ['', 'a'] : query === 'q=x' ? [0.25] : [3, '1795262400000000'];
    for (const value of values) {
      world.page = { hits: [], match: 'words', next: { value, id: ID, match: 'words' } };
      const { body } = await get(`/search?${query}`);
      expect((await get(`/search?${query}&cursor=${body.next}`)).status, String(value)).toBe(200);
    }
  });

  test('what the database refuses to compare is the fault of who asks, in our words', async () => {
    const world = new World();
    world.failure = new CommitRefused('the database refused the content: invalid input syntax');
    const { status, body } = await (await served(world, 'list'))('/search');
    expect([status, body.error]).toEqual([400, expect.not.stringContaining('syntax')]);
  });
});

describe('GET /api/v1/stats', () => {
  test('counts only where the caller may list', async () => {
    const world = new World();
    await (await served(world, 'list team-b'))('/stats');
    expect(world.counted[0]).toMatchObject({ namespaces: ['team-b'], limit: 10 });
    expect((await (await served(world, 'list team-b'))('/stats?namespace=team-a')).status).toBe(403);
    expect(world.counted).toHaveLength(1);
  });

  test('the time is a week unless said otherwise, and never longer than what is kept', async () => {
    const world = new World();
    const get = await served(world, 'list');
    const far = 'until=9999-12-31T00:00:00Z';
    for (const query of ['', 'since=2026-11-21T00:00:00Z&until=1h', 'since=400d', far]) await get(`/stats?${query}`);
    const hours = world.counted.map(({ since, until }) => [since, until].map((at) => (NOW - at / 1_000) / HOUR));
    expect(hours).toEqual([
      [7 * 24, 0],
      [12, 1],
      [90 * 24, 0],
      [7 * 24, 0],
    ]);
    expect((await get('/stats?since=1h&until=2h')).status).toBe(400);
    expect((await get('/stats?since=x')).status).toBe(400);
  });
});
