import { ensure, type Item, need } from '../item.ts';
import { clusterToken, sendAs } from '../tokens.ts';

export const a7: Item = {
  number: 'A7',
  level: 'SHOULD',
  requirement: 'Credentials of the cluster, certificates and tokens, are taken straight at the server too.',
  breaks: 'Controllers and scrapers that do not go through kube-apiserver.',
  async check({ api, straight, stranger, collection }) {
    const path = `${collection}?limit=1`;
    const { cert, headers } = api.connection;
    const own = cert || (await headers()).authorization;
    const given = await clusterToken(api);
    need(own || given, 'the kubeconfig has neither certificate nor token, and the cluster gives none');
    if (own) {
      const { status, question } = await straight.send(path);
      ensure(status === 200, `${question} with the credentials of the kubeconfig: ${status}`);
    }
    if (given) {
      const answer = await sendAs(stranger, path, given.token);
      const known = answer.status === 200 || (answer.status === 403 && answer.text.includes(`\\"${given.user}\\"`));
      ensure(known, `${answer.question} with a token of ${given.user}: ${answer.status} ${answer.beginning}`);
    }
  },
};
