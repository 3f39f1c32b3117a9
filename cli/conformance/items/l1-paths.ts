import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { keyOf } from '../loose.ts';
import { keysOf, NOBODY, settled } from '../subject.ts';
import { collectionPath } from '../target.ts';

export const l1: Item = {
  number: 'L1',
  level: 'MUST',
  requirement:
    'All URL forms answer; a trailing slash and unknown parameters are tolerated; an unknown namespace is empty.',
  breaks: 'kubectl, and proxies that rewrite URLs; kubectl get in a new namespace says 404 instead of nothing found.',
  async check(subject) {
    const { api, target } = subject;
    const one = await subject.one();
    const item = success(await api.send(subject.item(one))).json();
    ensure(keyOf(item) === keyOf(one), `${subject.item(one)} answered ${keyOf(item)}`);
    const collection = collectionPath(target, one.metadata?.namespace);
    await settled(async () => {
      const plain = success(await api.send(collection)).json();
      for (const url of [`${collection}/`, `${collection}?nobodyKnowsThis=x`]) {
        const { items } = success(await api.send(url)).json();
        if (keysOf(items) !== keysOf(plain.items)) return `${url} answers other objects than ${collection}`;
      }
      return undefined;
    });
    if (!target.namespaced) return;
    const nowhere = await api.send(collectionPath(target, NOBODY));
    if (nowhere.status === 403) return; // the user may read one namespace only
    ensure(success(nowhere).json().items?.length === 0, `${nowhere.question} is not empty`);
  },
};
