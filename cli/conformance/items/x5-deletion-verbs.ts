import { ensure, type Item } from '../item.ts';

export const x5: Item = {
  number: 'X5',
  level: 'MUST',
  requirement: 'Whoever advertises delete advertises deletecollection and list too.',
  breaks: 'Namespaces with such objects stay Terminating.',
  async check({ target: { verbs } }) {
    if (!verbs.includes('delete') && !verbs.includes('deletecollection')) return;
    const missing = ['delete', 'deletecollection', 'list'].filter((verb) => !verbs.includes(verb));
    ensure(missing.length === 0, `it does not advertise ${missing.join(', ')}`);
  },
};
