import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { keyOf } from '../loose.ts';

export const f2: Item = {
  number: 'F2',
  level: 'MUST',
  requirement: 'fieldSelector on metadata.name and metadata.namespace works, on lists and on watches.',
  breaks: 'kubectl wait, kubectl get NAME -w, and every informer for one object.',
  async check(subject) {
    const { api, target } = subject;
    const { path, objects } = await subject.scope(1);
    const [one] = objects;
    ensure(one?.metadata, '');
    const { name, namespace } = one.metadata;
    const among = async (selector: string): Promise<string[]> => {
      const answer = success(await api.send(`${path}?fieldSelector=${encodeURIComponent(selector)}`));
      return (answer.json().items ?? []).map(keyOf);
    };
    for (const selector of [`metadata.name=${name}`, `metadata.name==${name}`]) {
      const found = await among(selector);
      ensure(found.join() === keyOf(one), `${selector} selects ${found.join(', ') || 'nothing'}`);
    }
    ensure(!(await among(`metadata.name!=${name}`)).includes(keyOf(one)), `metadata.name!=${name} selects ${name}`);
    if (target.namespaced) {
      const inside = await among(`metadata.name=${name},metadata.namespace=${namespace}`);
      ensure(inside.length === 1, `metadata.name and metadata.namespace together select ${inside.length} objects`);
      const elsewhere = await among('metadata.namespace=faultline-conformance-nobody');
      ensure(elsewhere.length === 0, `metadata.namespace=<another> selects ${elsewhere.length} objects`);
    }
    if (!target.verbs.includes('watch')) return;
    const query = `watch=true&timeoutSeconds=1&resourceVersion=0&fieldSelector=metadata.name%3D${name}`;
    const watch = await api.watch(`${path}?${query}`, { forMs: 10_000 });
    const seen = watch.changes.map(({ object }) => keyOf(object));
    ensure(
      seen.length > 0 && seen.every((key) => key === keyOf(one)),
      `a watch of ${name} saw ${seen.join(', ') || 'nothing'}`,
    );
  },
};
