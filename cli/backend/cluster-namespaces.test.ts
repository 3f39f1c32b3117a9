import { expect, it } from 'vitest';
import { NamespacesUnavailable } from '../../apiserver/ingest/index.ts';
import { ClusterApiError } from '../../apiserver/kube/access/index.ts';
import { clusterNamespaces } from './cluster-namespaces.ts';

function cluster(answers: Record<string, object | ClusterApiError>) {
  const asked: string[] = [];
  let now = 0;
  const api = {
    async get(path: string) {
      asked.push(path);
      const answer = answers[path.slice('/api/v1/namespaces/'.length)];
      if (answer === undefined || answer instanceof ClusterApiError)
        throw answer ?? new ClusterApiError('not found', 404);
      return answer;
    },
    post: async () => ({}),
  };
  const pass = (ms: number) => {
    now += ms;
  };
  return { asked, answers, namespaces: clusterNamespaces(api, () => now), pass };
}
const shop = { metadata: { uid: 'u1', creationTimestamp: '2026-11-21T07:00:00Z' }, status: { phase: 'Active' } };

it('a namespace has the uid and the age that the cluster says, and is asked for once in 30 s', async () => {
  const { namespaces, asked, pass, answers } = cluster({ shop });
  const identity = { uid: 'u1', createdAt: Date.parse('2026-11-21T07:00:00Z') * 1_000 };
  expect(await Promise.all([namespaces.resolve('shop'), namespaces.resolve('shop')])).toEqual([identity, identity]);
  expect(await namespaces.resolve('shop')).toEqual(identity);
  expect(asked).toHaveLength(1);
  answers.shop = { metadata: { uid: 'u2' } };
  pass(30_000);
  expect(await namespaces.resolve('shop')).toEqual({ uid: 'u2' });
});

it('one that does not exist is missing, and is found 2 s after it was made', async () => {
  const { namespaces, pass, answers } = cluster({});
  expect(await namespaces.resolve('new')).toBe('missing');
  answers.new = shop;
  expect(await namespaces.resolve('new')).toBe('missing');
  pass(2_000);
  expect(await namespaces.resolve('new')).toMatchObject({ uid: 'u1' });
});

it('one that is going takes nothing', async () => {
  const { namespaces } = cluster({
    a: { ...shop, status: { phase: 'Terminating' } },
    b: { metadata: { uid: 'u', deletionTimestamp: '2026-11-21T07:00:00Z' } },
  });
  expect([await namespaces.resolve('a'), await namespaces.resolve('b')]).toEqual(['terminating', 'terminating']);
});

it('when the cluster does not answer nobody can say, and the next report asks again', async () => {
  const { namespaces, answers } = cluster({ shop: new ClusterApiError('away', undefined) });
  await expect(namespaces.resolve('shop')).rejects.toThrow(NamespacesUnavailable);
  answers.shop = shop;
  expect(await namespaces.resolve('shop')).toMatchObject({ uid: 'u1' });
});

it('what is no name is not even asked for', async () => {
  const { namespaces, asked } = cluster({});
  expect(await namespaces.resolve('../secrets')).toBe('missing');
  expect(asked).toEqual([]);
});

it('one that is forgotten is asked about again, and an answer from before does not count', async () => {
  const { namespaces, asked, answers } = cluster({ shop });
  const before = namespaces.resolve('shop');
  namespaces.forget('shop');
  answers.shop = { metadata: { uid: 'u2' } };
  await before;
  expect(await namespaces.resolve('shop')).toEqual({ uid: 'u2' });
  namespaces.forget('shop');
  answers.shop = { metadata: { uid: 'u3' } };
  expect(await namespaces.resolve('shop')).toEqual({ uid: 'u3' });
  expect(asked).toHaveLength(3);
});
