import { actionsOf, callAction } from '../actions.ts';
import { refusal } from '../errors.ts';
import type { Item } from '../item.ts';

const TOO_LARGE = Buffer.alloc(4 * 1024 * 1024, 0x20);

export const s5: Item = {
  number: 'S5',
  level: 'SHOULD',
  requirement: 'A body above 3 MiB is 413.',
  breaks: 'One client fills the memory of the server.',
  async check(subject) {
    const one = await subject.one();
    const [action] = actionsOf(subject);
    if (action) refusal(await callAction(subject, action, one, { body: TOO_LARGE }), 413);
  },
};
