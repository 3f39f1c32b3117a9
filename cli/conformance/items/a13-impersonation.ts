import { ensure, type Item, need } from '../item.ts';

export const a13: Item = {
  number: 'A13',
  level: 'COULD',
  requirement: 'Impersonation straight at the server works or is refused; it is never ignored.',
  breaks: 'Whoever believes to act as somebody with fewer rights acts with their own.',
  async check({ straight, collection }) {
    const path = `${collection}?limit=1`;
    need(
      (await straight.send(path)).status === 200,
      'the credentials of the kubeconfig do not work straight at the server',
    );
    const headers = { 'impersonate-user': 'faultline-conformance-nobody' };
    const { status } = await straight.send(path, { headers });
    ensure([400, 401, 403].includes(status), `asked as somebody without rights, it answered ${status}`);
  },
};
