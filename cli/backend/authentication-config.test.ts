import { expect, test } from 'vitest';
import type { ClusterObject, ObjectSource, SourceEvent, WatchRequest } from '../../controllers/runtime/index.ts';
import { watchAuthenticationConfig } from './authentication-config.ts';

const configMap = (data?: object): ClusterObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'kube-system', name: 'extension-apiserver-authentication' },
  ...(data && { data }),
});

/** A cluster that tells these events. */
function cluster(...events: SourceEvent[]): ObjectSource & { asked: WatchRequest[] } {
  const asked: WatchRequest[] = [];
  return {
    live: true,
    asked,
    async *watch(request) {
      asked.push(request);
      yield* events;
    },
  };
}

async function read(source: ObjectSource): Promise<object[]> {
  const seen: object[] = [];
  for await (const data of watchAuthenticationConfig(source).watch(AbortSignal.timeout(5_000))) seen.push(data);
  return seen;
}

test('A4 the ConfigMap is watched by its name alone, and every version of it arrives', async () => {
  const source = cluster(
    { type: 'listing' },
    { type: 'listed', objects: [configMap({ a: '1' })] },
    { type: 'synced' },
    { type: 'applied', object: configMap({ a: '2' }) },
    { type: 'deleted', object: configMap({ a: '2' }) },
    { type: 'applied', object: configMap() },
  );
  expect(await read(source)).toEqual([{ a: '1' }, { a: '2' }, {}]);
  expect(source.asked).toEqual([
    {
      apiVersions: ['v1'],
      kind: 'ConfigMap',
      namespace: 'kube-system',
      fieldSelector: 'metadata.name=extension-apiserver-authentication',
    },
  ]);
});

test('A4 a cluster that does not show it is a fault that says why, and what to bind when it is forbidden', async () => {
  const waiting = (reason: 'Forbidden' | 'Unreachable'): SourceEvent => ({
    type: 'waiting',
    fault: { reason, message: `it is ${reason}`, retryInMs: 1_000 },
  });
  await expect(read(cluster(waiting('Unreachable')))).rejects.toThrow(/^it is Unreachable$/);
  await expect(read(cluster(waiting('Forbidden')))).rejects.toThrow(
    'it is Forbidden; bind the ServiceAccount to the Role extension-apiserver-authentication-reader in kube-system',
  );
  await expect(read(cluster({ type: 'listing' }, { type: 'synced' }))).rejects.toThrow('not there');
});
