import { actionsOf, callAction } from '../actions.ts';
import { refusal } from '../errors.ts';
import { ensure, type Item, need } from '../item.ts';

export const s4: Item = {
  number: 'S4',
  level: 'MUST',
  requirement: 'An action on an object with another uid than the body says is 409.',
  breaks: 'A request that is sent again after a broken connection acts on another object of the same name.',
  async check(subject) {
    const one = await subject.one();
    let decided = 0;
    for (const action of actionsOf(subject)) {
      const metadata = { name: one.metadata?.name, uid: '00000000-0000-4000-8000-000000000000' };
      const answer = await callAction(subject, action, one, { metadata });
      if (answer.status === 422) continue; // it wants more in its body than its kind
      decided++;
      const { reason } = refusal(answer, 409);
      ensure(reason === 'Conflict', `the 409 of ${action.name} has the reason ${reason}`);
    }
    need(decided > 0, 'every action wants more in its body than its kind');
  },
};
