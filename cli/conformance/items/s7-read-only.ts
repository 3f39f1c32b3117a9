import { refusal } from '../errors.ts';
import { ensure, type Item, need } from '../item.ts';
import { NOBODY } from '../subject.ts';
import { apiVersionOf } from '../target.ts';

export const s7: Item = {
  number: 'S7',
  level: 'SHOULD',
  requirement: 'A method whose verb is not advertised is 405.',
  breaks: 'kubectl edit, apply and delete say something that nobody understands.',
  async check(subject) {
    const { api, target, emptyNamespace: collection } = subject;
    const item = subject.missing;
    // Only names that nobody has, only as dry runs.
    const requests = [
      { verb: 'create', method: 'POST', path: `${collection}?dryRun=All`, type: 'application/json' },
      { verb: 'update', method: 'PUT', path: `${item}?dryRun=All`, type: 'application/json' },
      { verb: 'patch', method: 'PATCH', path: `${item}?dryRun=All`, type: 'application/merge-patch+json' },
      { verb: 'delete', method: 'DELETE', path: `${item}?dryRun=All` },
      {
        verb: 'deletecollection',
        method: 'DELETE',
        path: `${collection}?dryRun=All&fieldSelector=metadata.name%3D${NOBODY}`,
      },
    ].filter(({ verb }) => !target.verbs.includes(verb));
    need(requests.length > 0, 'every verb is advertised');
    const body = JSON.stringify({ apiVersion: apiVersionOf(target), kind: target.kind, metadata: { name: NOBODY } });
    for (const { verb, method, path, type } of requests) {
      const content = type === undefined ? {} : { body, headers: { 'content-type': type } };
      const answer = await api.send(path, { method, ...content });
      need(answer.status !== 403, `the user of the kubeconfig may not ${verb}`);
      const { reason } = refusal(answer, 405);
      ensure(reason === 'MethodNotAllowed', `the 405 of ${method} has the reason ${reason}`);
    }
  },
};
