import { createAuthority, issueLeaf } from '../../pki/certificates.ts';
import { createClient } from '../client.ts';
import { ensure, type Item } from '../item.ts';

/** As kube-apiserver's own certificate for aggregated servers is usually called. */
const FRONT_PROXY = 'front-proxy-client';

export const a1: Item = {
  number: 'A1',
  level: 'MUST',
  requirement:
    'A client certificate is asked for and not required; one of a foreign authority lets nobody speak for users.',
  breaks: 'Everything: whoever reaches the port is cluster administrator.',
  async check(subject) {
    const { straight, stranger, signal, collection } = subject;
    const open = await stranger.send('/healthz'); // fails the item when TLS refuses clients without a certificate
    ensure(open.status > 0, '');
    const authority = await createAuthority(FRONT_PROXY, Date.now());
    const leaf = await issueLeaf(
      authority,
      { usage: 'client', commonName: FRONT_PROXY, organizations: [] },
      Date.now(),
    );
    const { headers: _, ...connection } = straight.connection;
    await using client = createClient(
      { ...connection, cert: Buffer.from(leaf.cert), key: Buffer.from(leaf.key), headers: async () => ({}) },
      { signal },
    );
    const headers = { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters' };
    const { status } = await client.send(`${collection}?limit=1`, { headers });
    ensure([401, 403].includes(status), `${FRONT_PROXY} of a foreign authority spoke for system:masters: ${status}`);
  },
};
