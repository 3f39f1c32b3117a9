import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { keysOf, settled } from '../subject.ts';
import { currentVersion, watchCollection } from '../watching.ts';

export const w2: Item = {
  number: 'W2',
  level: 'MUST',
  requirement:
    'Without a version or from 0 a watch begins with every object; from N only what is newer; from the future it waits.',
  breaks: 'Informers start empty, or get every object again at each reconnect.',
  async check(subject) {
    for (const query of ['', 'resourceVersion=0']) {
      await settled(async () => {
        const watch = await watchCollection(subject, query);
        const { items } = success(await subject.api.send(subject.collection)).json();
        const added = watch.changes.filter(({ type }) => type === 'ADDED').map(({ object }) => object);
        if (keysOf(added) === keysOf(items)) return undefined;
        return `with ${query || 'no version'} it began with ${added.length} objects of ${items?.length}`;
      });
    }
    const version = await currentVersion(subject);
    const [known, future] = await Promise.all([
      watchCollection(subject, `resourceVersion=${version}`, { seconds: 2 }),
      watchCollection(subject, `resourceVersion=${BigInt(version) + 1_000_000_000n}`),
    ]);
    const old = known.changes.find(({ object }) => BigInt(object.metadata?.resourceVersion || 0) <= BigInt(version));
    ensure(!old, `from ${version} it sent ${old?.type} of version ${old?.object.metadata?.resourceVersion}`);
    ensure(future.events.length === 0, `from the future it sent ${future.events[0]?.type}`);
  },
};
