import { refusal } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { NOBODY } from '../subject.ts';
import { groupVersionPath } from '../target.ts';

export const e3: Item = {
  number: 'E3',
  level: 'MUST',
  requirement:
    'A missing object is named by plural, group and name; an unknown path is a resource that could not be found.',
  breaks: 'kubectl get NAME prints something else than for every other resource.',
  async check({ api, target, missing }) {
    const { message, details } = refusal(await api.send(missing), 404);
    const expected = `${target.plural}.${target.group} "${NOBODY}" not found`;
    ensure(message === expected, `the message is ${JSON.stringify(message)} instead of ${JSON.stringify(expected)}`);
    const { name, group, kind } = details ?? {};
    const right = name === NOBODY && group === target.group && kind === target.plural;
    ensure(right, `details are ${JSON.stringify(details)}: kind is the plural here`);
    if (target.path === 'built-in') return; // there kube-apiserver itself answers for what it does not know
    const unknown = refusal(await api.send(`${groupVersionPath(target)}/faultlineconformancethings`), 404);
    const said = unknown.message ?? '';
    ensure(
      said.includes('could not find the requested resource'),
      `for an unknown path the message is ${JSON.stringify(said)}`,
    );
  },
};
