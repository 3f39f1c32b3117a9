import { expect, test } from 'vitest';
import { visibleSearch } from './search-indexing.ts';

const store = {
  findVisible: async (text: string, namespaces: 'all' | readonly string[]) => [
    { namespace: String(namespaces), name: text },
  ],
};

test('with the feature TextSearch lists are searched, in one namespace or in all', async () => {
  const search = visibleSearch(store, true);
  expect(await search('web', 'shop')).toEqual([{ namespace: 'shop', name: 'web' }]);
  expect(await search('web', '')).toEqual([{ namespace: 'all', name: 'web' }]);
});

test('without it the answer is 400, and names the switch', async () => {
  const answer = visibleSearch(store, false)('web', 'shop');
  await expect(answer).rejects.toMatchObject({
    reason: 'BadRequest',
    message: expect.stringContaining('feature gate TextSearch'),
  });
});
