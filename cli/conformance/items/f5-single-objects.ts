import { refusal } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { keyOf } from '../loose.ts';
import { NOBODY } from '../subject.ts';

export const f5: Item = {
  number: 'F5',
  level: 'MUST',
  requirement: 'The URL of one object takes no selector: it answers that object, or 400, and never another.',
  breaks: 'Rights by name: who may read one object must not reach others by a parameter.',
  async check(subject) {
    const { api } = subject;
    const one = await subject.one();
    const queries = [
      'labelSelector=nobodyHasThis',
      `fieldSelector=metadata.name%3D${NOBODY}`,
      'watch=true&timeoutSeconds=1',
    ];
    for (const query of queries) {
      const answer = await api.send(`${subject.item(one)}?${query}`);
      if (answer.status !== 200) refusal(answer, 400);
      else ensure(keyOf(answer.json()) === keyOf(one), `${answer.question} answered ${answer.beginning}`);
    }
  },
};
