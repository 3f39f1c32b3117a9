import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { keyOf, type Loose } from '../loose.ts';
import { NOBODY } from '../subject.ts';
import { apiVersionOf } from '../target.ts';

export const l7: Item = {
  number: 'L7',
  level: 'MUST',
  requirement:
    'A list has kind, apiVersion, a resourceVersion and items in the order of namespace and name; [] when empty.',
  breaks: 'Clients in JavaScript and Python that iterate over null; pages that overlap.',
  async check(subject) {
    const { api, target, collection } = subject;
    const nothing = `fieldSelector=metadata.name%3D${NOBODY}`;
    const [list, empty] = [await subject.list(), await api.send(`${collection}?${nothing}`)];
    for (const answer of [list, empty]) {
      const { kind, apiVersion, metadata, items } = success(answer).json();
      ensure(kind?.endsWith('List'), `${answer.question} has the kind ${kind}`);
      ensure(apiVersion === apiVersionOf(target), `${answer.question} has the apiVersion ${apiVersion}`);
      ensure(metadata?.resourceVersion, `${answer.question} has no metadata.resourceVersion`);
      ensure(Array.isArray(items), `${answer.question} has the items ${JSON.stringify(items)}`);
    }
    const items = list.json().items ?? [];
    // etcd orders by the whole key, SQL often by two columns; both are stable.
    const ordered = isSorted(items, keyOf) || isSorted(items, pairOf);
    ensure(ordered, 'items are not in the order of namespace and name');
  },
};

function pairOf({ metadata }: Loose): string {
  return `${metadata?.namespace ?? ''}\u0000${metadata?.name ?? ''}`;
}

function isSorted(items: readonly Loose[], key: (item: Loose) => string): boolean {
  return items.every((item, index) => index === 0 || key(items[index - 1] as Loose) <= key(item));
}
