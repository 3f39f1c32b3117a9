import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import type { KubeClient } from './kube-client.ts';
import { silentLogger } from './logger.ts';
import { createReflector } from './reflector.ts';
import type { SourceEvent } from './source.ts';

const META = { apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadata' };
const resources = [{ name: 'deployments', kind: 'Deployment', namespaced: true }];

/** What an API server answers that leaves out what was not asked for; one that does not know streamed lists. */
function answerOf(path: string): { status: number; text: string } {
  if (path === '/apis/apps/v1') return { status: 200, text: JSON.stringify({ resources }) };
  if (path.includes('sendInitialEvents')) return { status: 400, text: '{}' };
  if (path.includes('watch=true')) {
    const object = { ...META, metadata: { name: 'b', namespace: 'shop', resourceVersion: '9' } };
    return { status: 200, text: `${JSON.stringify({ type: 'ADDED', object })}\n` };
  }
  const items = [{ ...META, metadata: { name: 'a', namespace: 'shop', resourceVersion: '7' } }];
  const list = { ...META, kind: 'PartialObjectMetadataList', metadata: { resourceVersion: '8' }, items };
  return { status: 200, text: JSON.stringify(list) };
}

it('of what needs nothing else only metadata is asked for, and the objects are of their own kind again', async () => {
  const accepted: string[] = [];
  const client: KubeClient = {
    server: 'https://test',
    async request(path, { accept = '' }) {
      accepted.push(accept);
      const { status, text } = answerOf(path);
      return { status, body: Readable.from([Buffer.from(text)]), text: async () => text };
    },
  };
  const request = { apiVersions: ['apps/v1'], kind: 'Deployment', fields: [], metadataOnly: true };
  const reflector = createReflector({ client, logger: silentLogger, clock: new ManualClock() }, request);
  const stop = new AbortController();
  const objects: SourceEvent[] = [];
  for await (const event of reflector.watch(stop.signal)) {
    if (event.type === 'listed' || event.type === 'applied') objects.push(event);
    if (event.type === 'applied') stop.abort();
  }
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment' };
  expect(objects).toEqual([
    {
      type: 'listed',
      objects: [{ ...deployment, metadata: { name: 'a', namespace: 'shop', resourceVersion: '7' } }],
    },
    { type: 'applied', object: { ...deployment, metadata: { name: 'b', namespace: 'shop', resourceVersion: '9' } } },
  ]);
  const watch = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
  const list = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';
  expect(accepted).toEqual(['', watch, list, watch]);
});
