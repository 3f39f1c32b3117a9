import { ensure, type Item, need } from '../item.ts';
import { keyOf } from '../loose.ts';
import { collectionPath } from '../target.ts';

export const w14: Item = {
  number: 'W14',
  level: 'MUST',
  requirement: 'A watch of one name from 0 begins with exactly one ADDED.',
  breaks: 'kubectl get NAME -w, which leaves the first event out because it has just printed the object.',
  async check(subject) {
    const { api, target } = subject;
    need(target.verbs.includes('watch'), 'the resource has no verb watch');
    const one = await subject.one();
    const { name, namespace } = one.metadata ?? {};
    const path = collectionPath(target, namespace);
    const query = `watch=true&timeoutSeconds=1&resourceVersion=0&fieldSelector=metadata.name%3D${name}`;
    const { changes } = await api.watch(`${path}?${query}`, { forMs: 10_000 });
    const [first] = changes;
    ensure(first?.type === 'ADDED' && keyOf(first.object) === keyOf(one), `it begins with ${first?.type ?? 'nothing'}`);
    const added = changes.filter(({ type }) => type === 'ADDED');
    ensure(added.length === 1, `it sent ${added.length} ADDED`);
  },
};
