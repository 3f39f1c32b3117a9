import { ensure, type Item, need } from '../item.ts';

export const a7: Item = {
  number: 'A7',
  level: 'SHOULD',
  requirement: 'Credentials of the cluster are taken straight at the server too.',
  breaks: 'Controllers and scrapers that do not go through kube-apiserver.',
  async check({ api, straight, collection }) {
    const { cert, headers } = api.connection;
    need(cert || (await headers()).authorization, 'the kubeconfig has neither certificate nor token');
    const { status, question } = await straight.send(`${collection}?limit=1`);
    ensure(status === 200, `${question} with the credentials of the kubeconfig: ${status}`);
  },
};
