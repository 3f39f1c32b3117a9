import { expect, test } from 'vitest';
import { TestApi } from './testing/test-api.ts';
import { WIDGETS_PATH, type Widget, widget, widgetDefinition, widgetSource } from './testing/widgets.ts';

interface List {
  readonly items: Widget[];
  readonly metadata: { continue?: string; remainingItemCount?: number };
}
const names = ({ items }: List): string[] => items.map(({ metadata }) => metadata.name);

async function served() {
  const source = widgetSource();
  const asked: [string, string][] = [];
  const search = async (text: string, namespace: string) => {
    asked.push([text, namespace]);
    if (text === 'everything') return undefined;
    return ['a', 'c', 'd', 'gone'].map((name) => ({ namespace: 'n', name }));
  };
  const api = await TestApi.start({ source, api: { resources: [{ ...widgetDefinition(source), search }] } });
  for (const name of ['a', 'b', 'c', 'd']) source.put(widget({ name, color: name === 'd' ? 'blue' : 'red' }));
  return { api, asked, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

test('a list is narrowed to what has the text, in its own order and beside its selectors', async () => {
  await using world = await served();
  const { api, asked } = world;
  expect(names(await api.json<List>(`${WIDGETS_PATH}?search=some+words`))).toEqual(['a', 'c', 'd']);
  expect(names(await api.json<List>(`${WIDGETS_PATH}?search=x&fieldSelector=spec.color=blue`))).toEqual(['d']);
  await api.json(`/apis/example.dev/v1/namespaces/n/widgets?search=x`);
  expect(asked).toEqual([
    ['some words', ''],
    ['x', ''],
    ['x', 'n'],
  ]);
});

test('pages of it follow each other, and how many remain is not known', async () => {
  await using world = await served();
  const first = await world.api.json<List>(`${WIDGETS_PATH}?search=x&limit=2`);
  expect([names(first), first.metadata.remainingItemCount]).toEqual([['a', 'c'], undefined]);
  const token = encodeURIComponent(first.metadata.continue ?? '');
  expect(names(await world.api.json<List>(`${WIDGETS_PATH}?search=x&limit=2&continue=${token}`))).toEqual(['d']);
});

test.each([
  ['search=x&watch=true', 'not allowed with watch'],
  ['search=', '1 to 500 characters'],
  [`search=${'x'.repeat(501)}`, '1 to 500 characters'],
  ['search=x%00', 'NUL'],
  ['search=everything', 'too many widgets match'],
])('%s is 400', async (query, message) => {
  await using world = await served();
  const answer = await world.api.send(`${WIDGETS_PATH}?${query}`);
  expect([answer.status, answer.json<{ message: string }>().message]).toEqual([400, expect.stringContaining(message)]);
});

test('a resource that is not searched says so', async () => {
  await using api = await TestApi.start();
  expect((await api.send(`${WIDGETS_PATH}?search=x`)).status).toBe(400);
});
