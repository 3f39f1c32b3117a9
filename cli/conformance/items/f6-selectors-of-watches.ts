import { success } from '../errors.ts';
import type { Item } from '../item.ts';
import { labelCases } from '../selector-cases.ts';
import { keysOf, settled } from '../subject.ts';

export const f6: Item = {
  number: 'F6',
  level: 'MUST',
  requirement: 'A watch selects what a list with the same selector selects.',
  breaks: 'Informers: their cache never holds what a list shows.',
  async check(subject) {
    const { api } = subject;
    const { path, objects } = await subject.scope(1);
    for (const { selector } of labelCases(objects).slice(0, 7)) {
      const query = `labelSelector=${encodeURIComponent(selector)}`;
      await settled(async () => {
        const { items } = success(await api.send(`${path}?${query}`)).json();
        const watch = await api.watch(`${path}?watch=true&timeoutSeconds=1&resourceVersion=0&${query}`, {
          forMs: 10_000,
        });
        const added = watch.changes.filter(({ type }) => type === 'ADDED').map(({ object }) => object);
        if (keysOf(added) === keysOf(items)) return undefined;
        return `${selector} selects ${items?.length} objects of the list and ${added.length} of the watch`;
      });
    }
  },
};
