import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Clock, KubeClient } from '../../controllers/runtime/index.ts';
import { askClusterId, recallCluster, rememberCluster } from './identity.ts';

/** A clock whose waits end at once and are written down. */
function instantClock(): Clock & { waits: number[] } {
  const waits: number[] = [];
  return {
    waits,
    now: () => 0,
    after(ms, callback) {
      waits.push(ms);
      queueMicrotask(callback);
      return () => {};
    },
  };
}

type Answer = { status: number; body: object } | Error;
function client(answers: Answer[]): KubeClient {
  return {
    server: 'https://cluster.example:6443',
    async request(path) {
      expect(path).toBe('/api/v1/namespaces/kube-system');
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer === undefined || answer instanceof Error) throw answer;
      return { status: answer.status, body: (async function* () {})(), text: async () => JSON.stringify(answer.body) };
    },
  };
}
const uid = { status: 200, body: { metadata: { uid: 'abc' } } };
const refused = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 10.0.0.1:6443') });

async function run(answers: Answer[], signal = new AbortController().signal) {
  const clock = instantClock();
  const faults: string[] = [];
  const onFault = (message: string) => void faults.push(message);
  const id = await askClusterId({ client: client(answers), clock, signal, random: () => 0.5, onFault });
  return { id, faults, waits: clock.waits };
}

describe('the identity of a cluster', () => {
  it('is the uid of kube-system', async () => {
    expect(await run([uid])).toEqual({ id: 'abc', faults: [], waits: [] });
  });

  it('is asked for with growing pauses while the cluster is away, and the same cause is told once', async () => {
    const away = { status: 503, body: { message: 'starting' } };
    expect(await run([refused, refused, refused, away, uid])).toEqual({
      id: 'abc',
      faults: [
        'cannot reach https://cluster.example:6443: connect ECONNREFUSED 10.0.0.1:6443',
        'https://cluster.example:6443 answered 503: starting',
      ],
      waits: [1_000, 2_000, 4_000, 8_000],
    });
  });

  it.each([
    [401, 'does not know who you are (401): no'],
    [403, 'does not let you read namespace kube-system (403): no'],
  ])('is not asked for again after %i', async (status, message) => {
    await expect(run([{ status, body: { message: 'no' } }])).rejects.toThrow(message);
  });

  it('is given up when the command is stopped', async () => {
    const stopped = AbortSignal.abort();
    expect((await run([refused], stopped)).id).toBeUndefined();
  });
});

it('a remembered cluster is recalled, a damaged memory is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-identity-'));
  const file = join(folder, 'cluster.json');
  expect(await recallCluster(file)).toBeUndefined();
  await rememberCluster(file, { id: 'abc', server: 'https://x' });
  expect(await recallCluster(file)).toEqual({ id: 'abc', server: 'https://x' });
  await writeFile(file, '{"id":');
  expect(await recallCluster(file)).toBeUndefined();
  await rm(folder, { recursive: true });
});
