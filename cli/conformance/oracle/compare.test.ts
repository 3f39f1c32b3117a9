import { describe, expect, it } from 'vitest';
import type { Loose } from '../loose.ts';
import { discover } from '../target.ts';
import {
  all,
  answering,
  asking,
  type Defect,
  type Draft,
  events,
  handling,
  head,
  json,
  watches,
} from '../testing/defect.ts';
import type { Exchange } from '../testing/exchange.ts';
import { ConformanceServer } from '../testing/server.ts';
import { type Comparison, compareAll } from './compare.ts';
import { corpus } from './corpus.ts';

const ours = ({ path }: { path: string }): boolean => path.includes('/widgets');

/** All but watches, which are never whole. */
const answers = (exchange: Exchange): boolean => ours(exchange) && !exchange.isWatch;

/** Widgets with one defect, compared with gadgets, which have none. */
async function compare(defect?: Defect, requests = corpus): Promise<Comparison[]> {
  await using server = await ConformanceServer.start(defect);
  const { api, target } = server.subject;
  const oracle = await discover(api, { group: 'oracle.dev', plural: 'gadgets' }, undefined);
  return await compareAll(api, target, oracle, () => undefined, requests);
}

function different(comparisons: readonly Comparison[]): string[] {
  return comparisons.flatMap(({ request, differences }) => differences.map((one) => `${request.path}: ${one}`));
}

/** Without those that wait for the future; of watches two. */
const QUICK = corpus.filter(({ number }) => number !== 'L12' && !['W2', 'W4', 'W14', 'T7'].includes(number));

describe('the corpus', () => {
  it('is answered the same by two resources of one shape', async () => {
    const comparisons = await compare();
    expect(comparisons).toHaveLength(corpus.length);
    expect(different(comparisons)).toEqual([]);
  });

  it('differs in every request when one of them answers something else', async () => {
    const comparisons = await compare(
      answering('all is a teapot', (exchange) => ours(exchange) && !exchange.url.search.includes('limit=1&'), 418, {
        kind: 'Status',
      }),
    ).catch((error: Error) => error.message);
    // Without an object of each there is nothing to compare with.
    expect(comparisons).toBe('widgets.example.dev has no object to compare with');
    const rest = await compare(
      answering('all else is a teapot', (e) => ours(e) && e.url.search !== '?limit=1', 418, { kind: 'Status' }),
    );
    expect(rest.filter(({ differences }) => differences.length === 0)).toEqual([]);
  });

  const changed = (change: (body: Draft<Loose>) => void): Defect => json('', answers, change);
  it.concurrent.each<readonly [string, Defect, string]>([
    ['a header', head('', answers, ({ response }) => response.setHeader('Cache-Control', 'public')), 'cache-control'],
    [
      'a Content-Type',
      head('', answers, ({ response }) => response.setHeader('Content-Type', 'text/x')),
      'content-type',
    ],
    [
      'a status',
      head('', answers, (_, answer) => {
        if (answer.status === 404) answer.status = 410;
      }),
      'status',
    ],
    [
      'a reason',
      changed((body) => {
        if (body.kind === 'Status') body.reason = 'Odd';
      }),
      'body',
    ],
    [
      'a message',
      changed((body) => {
        if (body.code === 404) body.message = 'gone';
      }),
      'body',
    ],
    [
      'the form of rows',
      changed((body) => {
        for (const row of body.rows ?? []) delete row.object;
      }),
      'body',
    ],
    [
      'the form of a list',
      asking('', answers, ({ request }) => {
        delete request.headers.accept;
      }),
      'body',
    ],
    ['lines that are no events', events('', all(watches, ours), () => '{"type":\n'), 'body'],
    [
      'a broken connection',
      handling(
        '',
        (exchange) => answers(exchange) && exchange.url.search !== '?limit=1',
        ({ response }) => void response.destroy(),
      ),
      'not answered',
    ],
    ['a bookmark', asking('', ours, ({ query }) => query.delete('allowWatchBookmarks')), 'body'],
  ])('shows %s that differs', async (_, defect, where) => {
    const found = different(await compare(defect, QUICK));
    expect(found.filter((line) => line.includes(where))).not.toEqual([]);
  });
});
