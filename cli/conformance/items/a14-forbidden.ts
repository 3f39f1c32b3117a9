import { refusal } from '../errors.ts';
import { ensure, type Item, need } from '../item.ts';

export const a14: Item = {
  number: 'A14',
  level: 'MUST',
  requirement: "A refusal names user, verb, resource, group and namespace in upstream's words.",
  breaks: 'kubectl prints it as it is: nobody knows which right is missing.',
  async check({ stranger, target, collection }) {
    const answer = await stranger.send(`${collection}?limit=1`);
    need(answer.status !== 401, 'strangers are 401 here, so that no 403 was seen');
    const { message, reason, details } = refusal(answer, 403);
    ensure(reason === 'Forbidden', `reason is ${reason}`);
    const who = `User "system:anonymous" cannot list resource "${target.plural}" in API group "${target.group}"`;
    const where =
      target.namespaced && target.namespace ? `in the namespace "${target.namespace}"` : 'at the cluster scope';
    const expected = `${target.plural}.${target.group} is forbidden: ${who} ${where}`;
    ensure(message?.startsWith(expected), `the message is ${JSON.stringify(message)}, not ${JSON.stringify(expected)}`);
    ensure(details?.group === target.group && details.kind === target.plural, `details are ${JSON.stringify(details)}`);
  },
};
