import { TABLE } from '../accept.ts';
import { refusal, success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';

const FOO = 'application/json;as=Foo;v=v1;g=meta.k8s.io';

export const t8: Item = {
  number: 'T8',
  level: 'SHOULD',
  requirement:
    'A form that is unknown is left for the next clause, 406 when none is left; errors are never transformed.',
  breaks: 'Newer clients, which ask for newer forms first; kubectl get of what does not exist.',
  async check(subject) {
    const { api, collection } = subject;
    const path = `${collection}?limit=1`;
    const { kind } = success(await api.send(path, { headers: { accept: `${FOO},application/json` } })).json();
    ensure(kind?.endsWith('List'), `an unknown form, else JSON is a ${kind}`);
    refusal(await api.send(path, { headers: { accept: FOO } }), 406);
    refusal(await api.send(subject.missing, { headers: { accept: `${TABLE},application/json` } }), 404);
  },
};
