import { describe, expect, it } from 'vitest';
import type { CoreEvent } from '../../apiserver/events/index.ts';
import { ClusterApiError } from '../../apiserver/kube/access/index.ts';
import { clusterEvents } from './cluster-events.ts';

const signal = new AbortController().signal;
const event = { metadata: { namespace: 'shop', name: 'x.1' } } as CoreEvent;

function writerThat(error?: ClusterApiError) {
  const sent: unknown[] = [];
  const send = (method: string) => async (path: string, body: unknown) => {
    sent.push([method, path, body]);
    if (error) throw error;
    return {};
  };
  const api = { get: async () => ({}), post: send('POST'), patch: send('PATCH') };
  return { sent, writer: clusterEvents(api) };
}

describe('Events in a cluster', () => {
  it('are created in their namespace, and repeated by a patch', async () => {
    const { sent, writer } = writerThat();
    expect(await writer.create(event, signal)).toEqual({ outcome: 'written' });
    const change = { count: 2, lastTimestamp: '2026-11-21T10:00:00Z' };
    expect(await writer.repeat(event.metadata, change, signal)).toEqual({ outcome: 'written' });
    expect(sent).toEqual([
      ['POST', '/api/v1/namespaces/shop/events', event],
      ['PATCH', '/api/v1/namespaces/shop/events/x.1', change],
    ]);
  });

  it.each([
    ['one that exists was written before', new ClusterApiError('exists', 409), 'written'],
    ['no namespace', new ClusterApiError('not found', 404), 'missing'],
    [
      'a namespace that goes',
      new ClusterApiError('forbidden', 403, {
        answered: { details: { causes: [{ reason: 'NamespaceTerminating' }] } },
      }),
      'terminating',
    ],
    ['no right', new ClusterApiError('forbidden', 403), 'refused'],
    ['not valid', new ClusterApiError('invalid', 422), 'refused'],
    ['too many requests', new ClusterApiError('slow down', 429), 'busy'],
    ['an error of the cluster', new ClusterApiError('etcd', 500), 'busy'],
    ['a token that is being renewed', new ClusterApiError('unauthorized', 401), 'busy'],
    ['no answer', new ClusterApiError('refused', undefined), 'unreachable'],
  ])('%s is told apart', async (_, error, outcome) => {
    expect((await writerThat(error).writer.create(event, signal)).outcome).toBe(outcome);
  });

  it('a patch that somebody else overtook is tried again', async () => {
    const { writer } = writerThat(new ClusterApiError('conflict', 409));
    const answer = await writer.repeat(event.metadata, { count: 2, lastTimestamp: '' }, signal);
    expect(answer.outcome).toBe('busy');
  });
});
