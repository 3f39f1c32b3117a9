import { expect, it } from 'vitest';
import type { ClusterObject, ObjectSource, SourceEvent } from '../../controllers/runtime/index.ts';
import { type NamespaceNews, watchNamespaces } from './namespace-watch.ts';

const namespace = (name: string, uid: string, deletionTimestamp?: string): ClusterObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, uid, ...(deletionTimestamp && { deletionTimestamp }) } as ClusterObject['metadata'],
});

async function newsOf(events: readonly SourceEvent[], told: string[] = []): Promise<NamespaceNews[]> {
  const source: ObjectSource = {
    live: true,
    async *watch(request) {
      expect(request).toEqual({ apiVersions: ['v1'], kind: 'Namespace' });
      yield* events;
    },
  };
  return Array.fromAsync(watchNamespaces(source, (fault) => told.push(fault))(new AbortController().signal));
}

it('a list is told as a whole when it is complete, and again after every break', async () => {
  const list = (...objects: ClusterObject[]): SourceEvent[] => [
    { type: 'listing' },
    ...objects.map((object): SourceEvent => ({ type: 'listed', objects: [object] })),
    { type: 'synced' },
  ];
  const news = await newsOf([
    ...list(namespace('a', '1'), namespace('b', '2')),
    // A list that broke off says nothing.
    { type: 'listing' },
    { type: 'listed', objects: [namespace('c', '3')] },
    ...list(namespace('b', '4')),
  ]);
  expect(news.map((one) => one.type === 'listed' && [...one.uids])).toEqual([
    [
      ['a', '1'],
      ['b', '2'],
    ],
    [['b', '4']],
  ]);
});

it('one that is being deleted goes, one that was deleted is gone, and a label changes nothing', async () => {
  const news = await newsOf([
    { type: 'applied', object: namespace('a', '1') },
    { type: 'applied', object: namespace('a', '1', '2026-11-21T10:00:00Z') },
    { type: 'deleted', object: namespace('a', '1', '2026-11-21T10:00:00Z') },
  ]);
  expect(news).toEqual([
    { type: 'going', name: 'a' },
    { type: 'gone', name: 'a' },
  ]);
});

it('a fault is told once until the watch works again', async () => {
  const told: string[] = [];
  const waiting: SourceEvent = { type: 'waiting', fault: { reason: 'Forbidden', message: 'no right', retryInMs: 1 } };
  await newsOf([waiting, waiting, { type: 'watching' }, waiting], told);
  expect(told).toEqual(['no right', 'no right']);
});
