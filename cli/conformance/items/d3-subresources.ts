import { ensure, type Item, need } from '../item.ts';

export const d3: Item = {
  number: 'D3',
  level: 'MUST',
  requirement: 'Every subresource is in discovery with the scope of its resource, a kind and verbs.',
  breaks: 'kubectl auth can-i --subresource warns, and clients that read discovery do not find the action.',
  async check({ target }) {
    need(target.subresources.length > 0, 'the resource has no subresources');
    for (const { name, namespaced, kind, verbs } of target.subresources) {
      ensure(
        namespaced === target.namespaced,
        `${name} has namespaced ${namespaced}, its resource ${target.namespaced}`,
      );
      ensure(kind, `${name} has no kind`);
      ensure((verbs ?? []).length > 0, `${name} has no verbs`);
    }
  },
};
