import { expect, it } from 'vitest';
import type { KubeClient, KubeRequest } from '../kube-client.ts';
import { silentLogger } from '../logger.ts';
import { kubeLeases } from './kube-leases.ts';
import { microTime } from './lease.ts';

/** The rest is in the contract that tests/e2e/leadership.e2e.test.ts runs against a real API server. */

const signal = new AbortController().signal;

function setup(answers: readonly (readonly [status: number, body: unknown])[]) {
  const asked: (Pick<KubeRequest, 'method'> & { path: string; body: unknown })[] = [];
  const left = [...answers];
  const client: KubeClient = {
    server: 'https://cluster',
    async request(path, { method = 'GET', body }) {
      asked.push({ path, method, body: body === undefined ? undefined : JSON.parse(body) });
      const [status, answer] = left.shift() ?? [500, {}];
      return { status, body: (async function* () {})(), text: async () => JSON.stringify(answer) };
    },
  };
  return { asked, store: kubeLeases({ client, namespace: 'home', group: 'x', logger: silentLogger }) };
}

const at = microTime(Date.parse('2026-11-21T08:00:00.123Z'));
const record = {
  ...{ holderIdentity: 'a', leaseDurationSeconds: 15, acquireTime: at, renewTime: at, leaseTransitions: 1 },
};

it('an update keeps what others wrote to the lease', async () => {
  const metadata = { name: 'x', namespace: 'home', resourceVersion: '7', labels: { team: 'sre' } };
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata,
    spec: { ...record, strategy: 'Other' },
  };
  const { asked, store } = setup([
    [200, lease],
    [200, { ...lease, metadata: { ...metadata, resourceVersion: '8' } }],
  ]);
  const read = await store.get('x', signal);
  if (read === undefined) throw new Error('not found');
  await store.update(read, { ...record, holderIdentity: 'b' }, signal);
  expect(asked).toEqual([
    { method: 'GET', path: '/apis/coordination.k8s.io/v1/namespaces/home/leases/x', body: undefined },
    {
      ...{ method: 'PUT', path: '/apis/coordination.k8s.io/v1/namespaces/home/leases/x' },
      body: { ...lease, spec: { ...lease.spec, holderIdentity: 'b' } },
    },
  ]);
});

it('a lease that nobody has ever held is one without a holder', async () => {
  const metadata = { name: 'x', resourceVersion: '7' };
  const { store } = setup([[200, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata }]]);
  expect((await store.get('x', signal))?.record).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 0 });
});

it('a missing right is named with the rule that grants it', async () => {
  const { store } = setup([[403, { message: 'leases "x" is forbidden' }]]);
  await expect(store.get('x', signal)).rejects.toThrow(
    /^leases "x" is forbidden: a Role in home needs \{apiGroups: \[coordination\.k8s\.io\], .*, or switch the election off$/,
  );
});

it('times have the six decimals of a MicroTime', () => {
  expect(at).toBe('2026-11-21T08:00:00.123000Z');
});
