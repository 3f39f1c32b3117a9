import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PastSource } from './past.ts';
import { parseMoment } from './past.ts';
import { TestApi } from './testing/test-api.ts';
import { WIDGETS_PATH, type Widget, widget, widgetDefinition, widgetSource } from './testing/widgets.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const HOUR = 3_600_000;

/** Three widgets until 11:00, one since. */
class Past implements PastSource<Widget> {
  readonly reach = 24 * HOUR;
  readonly asked: Parameters<PastSource<Widget>['list']>[0][] = [];
  readonly #earlier: readonly Widget[];

  constructor(earlier: readonly Widget[] = EARLIER) {
    this.#earlier = [...earlier].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  async list(query: Parameters<PastSource<Widget>['list']>[0]) {
    this.asked.push(query);
    const { before, namespace, name, after, limit } = query;
    const all = before <= NOW - HOUR + 1_000 ? this.#earlier : this.#earlier.slice(0, 1);
    return all
      .filter(({ metadata }) => namespace === '' || metadata.namespace === namespace)
      .filter(({ metadata }) => name === undefined || metadata.name === name)
      .filter((one) => !after || keyOf(one) > `${after.namespace}\0${after.name}`)
      .slice(0, limit);
  }
}

const keyOf = ({ metadata }: Widget): string => `${metadata.namespace}\0${metadata.name}`;
const EARLIER = [
  widget({ namespace: 'n', name: 'a', color: 'red' }),
  widget({ namespace: 'n', name: 'b', color: 'blue', labels: { size: 's' } }),
  widget({ namespace: 'o', name: 'c', color: 'blue' }),
];

async function served(past?: Past): Promise<TestApi> {
  const source = widgetSource();
  const definition = { ...widgetDefinition(source), ...(past && { past }) };
  const api = await TestApi.start({ source, api: { now: () => NOW, resources: [definition] } });
  source.put(widget({ name: 'now' }));
  return api;
}

interface List {
  readonly items: Widget[];
  readonly metadata: { resourceVersion: string; continue?: string };
}
const names = ({ items }: List): string[] => items.map(({ metadata }) => metadata.name);

describe('asOf', () => {
  test('a list shows the past and says so, while the list without it shows the present', async () => {
    await using api = await served(new Past());
    const answer = await api.send(`${WIDGETS_PATH}?asOf=2h`);
    expect(names(answer.json<List>())).toEqual(['a', 'b', 'c']);
    expect(answer.headers.warning).toBe('299 - "widgets as of 2026-11-21T09:59:59Z, by what is known now"');
    expect(names(await api.json<List>(`${WIDGETS_PATH}?asOf=2026-11-21T11:00:30Z`))).toEqual(['a']);
    const present = await api.send(WIDGETS_PATH);
    expect(names(present.json<List>())).toEqual(['now']);
    expect(present.headers.warning).toBeUndefined();
  });

  test('a name with NUL is no name, so the store is not asked', async () => {
    const past = new Past();
    await using api = await served(past);
    const tokens = [
      { rv: 1, start: 'n/a\0b\0' },
      ...[1e300, 1.5, 9e15, 'x'].map((asOf) => ({ rv: 1, start: 'n/a\0', asOf })),
    ];
    const continues = tokens.map((token) =>
      Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', asOf: NOW - HOUR, ...token })).toString('base64url'),
    );
    for (const path of [
      '/apis/example.dev/v1/namespaces/n/widgets/a%00?asOf=2h',
      '/apis/example.dev/v1/namespaces/n%00/widgets?asOf=2h',
      `${WIDGETS_PATH}?asOf=2h&fieldSelector=metadata.name=a%00`,
      ...continues.map((token) => `${WIDGETS_PATH}?asOf=2h&continue=${token}`),
    ]) {
      expect((await api.send(path)).json(), path).toMatchObject({ kind: 'Status', code: 400 });
    }
    expect(past.asked).toEqual([]);
  });

  test('selectors, namespaces and tables work on it, and ages count to that moment', async () => {
    await using api = await served(new Past());
    expect(names(await api.json<List>(`${WIDGETS_PATH}?asOf=2h&fieldSelector=spec.color=blue`))).toEqual(['b', 'c']);
    expect(names(await api.json<List>(`${WIDGETS_PATH}?asOf=2h&labelSelector=size%3Ds`))).toEqual(['b']);
    const inNamespace = '/apis/example.dev/v1/namespaces/o/widgets';
    expect(names(await api.json<List>(`${inNamespace}?asOf=2h`))).toEqual(['c']);
    const table = await api.json<{ rows: { cells: unknown[] }[] }>(
      `${inNamespace}?asOf=2h`,
      'application/json;as=Table;v=v1;g=meta.k8s.io',
    );
    // Made at 07:00, seen at 10:00.
    expect(table.rows[0]?.cells).toEqual(['c', 'blue', '3h', 3, null]);
  });

  test('all pages are of the moment of the first, also when it was given as a time ago', async () => {
    const past = new Past();
    await using api = await served(past);
    const first = await api.json<List>(`${WIDGETS_PATH}?asOf=2h&limit=2`);
    expect(names(first)).toEqual(['a', 'b']);
    const token = encodeURIComponent(first.metadata.continue ?? '');
    const second = await api.json<List>(`${WIDGETS_PATH}?asOf=90m&limit=2&continue=${token}`);
    expect(names(second)).toEqual(['c']);
    expect(second.metadata.continue).toBeUndefined();
    expect(new Set(past.asked.map(({ before }) => before))).toEqual(new Set([NOW - 2 * HOUR]));
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  test('the pages of a list of the past, of whatever lengths, are the whole list', async () => {
    const widgets = fc.uniqueArray(
      fc.record({ namespace: fc.constantFrom('n', 'o', 'o-1'), id: fc.nat({ max: 40 }) }),
      {
        selector: ({ namespace, id }) => `${namespace}/${id}`,
        maxLength: 30,
      },
    );
    const lengths = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 });
    const selections = fc.constantFrom('', '&fieldSelector=spec.color%3Dred', '&fieldSelector=metadata.namespace%3Do');
    await fc.assert(
      fc.asyncProperty(widgets, lengths, selections, async (given, limits, selected) => {
        const past = new Past(
          given.map(({ namespace, id }) => widget({ namespace, name: `w${id}`, color: id % 2 ? 'red' : 'blue' })),
        );
        await using api = await served(past);
        const path = `${WIDGETS_PATH}?asOf=2h${selected}`;
        const whole = names(await api.json<List>(path));
        const joined: string[] = [];
        for (let page = 0, token = ''; page === 0 || token !== ''; page++) {
          const limit = limits[page % limits.length];
          const next = token === '' ? '' : `&continue=${encodeURIComponent(token)}`;
          const list = await api.json<List>(`${path}&limit=${limit}${next}`);
          joined.push(...names(list));
          token = list.metadata.continue ?? '';
        }
        expect(joined).toEqual(whole);
      }),
      { numRuns: 25 },
    );
  });

  test('a page asks for what fits on it, and no more', async () => {
    const past = new Past();
    await using api = await served(past);
    await api.json<List>(`${WIDGETS_PATH}?asOf=2h&limit=2`);
    expect(past.asked.map(({ limit }) => limit)).toEqual([3]);
  });

  test('what a selector passes over is looked at 10,000 at a time: a page may be empty and have another', async () => {
    const past = new Past(
      Array.from({ length: 10_050 }, (_, id) => {
        return widget({ name: `w${String(id).padStart(5, '0')}`, color: id >= 10_040 ? 'blue' : 'red' });
      }),
    );
    await using api = await served(past);
    const path = `${WIDGETS_PATH}?asOf=2h&fieldSelector=spec.color%3Dblue`;
    const first = await api.json<List>(path);
    expect(names(first)).toEqual([]);
    expect(past.asked.reduce((looked, { limit }) => looked + limit, 0)).toBe(10_000);
    const second = await api.json<List>(`${path}&continue=${encodeURIComponent(first.metadata.continue ?? '')}`);
    expect([names(second).length, second.metadata.continue]).toEqual([10, undefined]);
    const whole = await api.json<List>(`${WIDGETS_PATH}?asOf=2h&fieldSelector=spec.color%3Dred`);
    expect([names(whole).length, whole.metadata.continue]).toEqual([10_000, expect.any(String)]);
  });

  test('a token is of the past or of the present, and of one moment', async () => {
    await using api = await served(new Past());
    const past = encodeURIComponent((await api.json<List>(`${WIDGETS_PATH}?asOf=2h&limit=1`)).metadata.continue ?? '');
    api.source.put(widget({ name: 'now2' }));
    const present = encodeURIComponent((await api.json<List>(`${WIDGETS_PATH}?limit=1`)).metadata.continue ?? '');
    for (const query of [
      `continue=${past}`,
      `asOf=2h&continue=${present}`,
      `asOf=2026-11-21T09:00:00Z&continue=${past}`,
    ]) {
      expect((await api.send(`${WIDGETS_PATH}?${query}`)).status).toBe(400);
    }
  });

  test('get answers with how one object was, or 404', async () => {
    await using api = await served(new Past());
    const path = '/apis/example.dev/v1/namespaces/n/widgets';
    const answer = await api.send(`${path}/b?asOf=2h`);
    expect(answer.json<Widget>().spec.color).toBe('blue');
    expect(answer.headers.warning).toContain('as of');
    expect((await api.send(`${path}/b?asOf=1s`)).status).toBe(404);
  });

  test.each([
    ['watch=true&asOf=2h', 400, 'asOf is not allowed with watch'],
    ['asOf=yesterday', 400, '"yesterday" is neither an RFC 3339 time'],
    ['asOf=', 400, 'is neither'],
    ['asOf=2026-11-21T13:00:00Z', 400, 'in the future'],
    ['asOf=2h&resourceVersion=7', 400, 'two moments'],
    ['asOf=2d', 410, 'history is kept for 24 h, since 2026-11-20T12:00:00Z'],
  ])('%s is %i: %s', async (query, status, message) => {
    await using api = await served(new Past());
    const answer = await api.send(`${WIDGETS_PATH}?${query}`);
    expect(answer.status).toBe(status);
    expect(answer.json<{ message: string }>().message).toContain(message);
  });

  test('a resource without a past is 400, on get, list and watch', async () => {
    await using api = await served();
    for (const path of [WIDGETS_PATH, '/apis/example.dev/v1/namespaces/n/widgets/now']) {
      expect((await api.send(`${path}?asOf=2h`)).status).toBe(400);
    }
    expect((await api.send(`${WIDGETS_PATH}?asOf=2h&watch=1`)).status).toBe(400);
  });

  test('a time without a fraction is the end of its second, because objects have whole seconds', () => {
    const until = (text: string) => parseMoment(text, NOW, HOUR).before;
    expect(until('2026-11-21T11:30:00Z')).toBe(Date.parse('2026-11-21T11:30:01Z'));
    expect(until('2026-11-21T12:30:00.250+01:00')).toBe(Date.parse('2026-11-21T11:30:00.251Z'));
    expect(until('30m')).toBe(NOW - HOUR / 2);
  });
});
