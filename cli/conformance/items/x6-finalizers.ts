import { ensure, type Item, need } from '../item.ts';
import { keyOf } from '../loose.ts';

export const x6: Item = {
  number: 'X6',
  level: 'MUST',
  requirement: 'Objects that nobody can update have no finalizers.',
  breaks: 'Nobody can take them away again.',
  async check(subject) {
    const { verbs } = subject.target;
    need(!verbs.includes('update') && !verbs.includes('patch'), 'objects can be updated');
    const finalized = (await subject.objects()).find(({ metadata }) => (metadata?.finalizers ?? []).length > 0);
    ensure(!finalized, `${finalized && keyOf(finalized)} has finalizers`);
  },
};
