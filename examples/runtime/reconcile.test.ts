import { createKubeClient, silentLogger } from 'faultline/runtime';
import { FakeApiServer } from 'faultline/testing';
import { expect, test } from 'vitest';
import { reconcileConfigMaps } from './reconcile.ts';

const configMap = (name: string, text: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'shop', name },
  data: { text },
});

test('a loop of your own sees each object as it is now, its end, and once more what failed', async () => {
  await using server = await FakeApiServer.start({ apiVersion: 'v1', kind: 'ConfigMap' });
  await using client = createKubeClient({ server: server.url });
  server.apply(configMap('one', 'first'));
  const ending = new AbortController();
  const seen: string[] = [];
  let failures = 1;
  const running = reconcileConfigMaps({ client, logger: silentLogger, signal: ending.signal }, async (key, data) => {
    seen.push(`${key} ${data?.text ?? 'gone'}`);
    if (data?.text === 'second' && failures-- > 0) throw new Error('not yet');
  });
  await expect.poll(() => seen).toEqual(['shop/one first']);
  server.apply(configMap('one', 'second'));
  await expect.poll(() => seen.slice(1)).toEqual(['shop/one second', 'shop/one second']);
  server.delete('shop', 'one');
  await expect.poll(() => seen.slice(3)).toEqual(['shop/one gone']);
  ending.abort();
  await running;
});
