import { expect, test, vi } from 'vitest';
import { checkerOnDemand } from './checker-on-demand.ts';

const plain = {
  source: 'ci',
  namespace: 'shop',
  subject: { apiVersion: 'v1', kind: 'ConfigMap', name: 'a' },
  order: { class: 'received' },
  body: { complete: true, findings: [] },
};

test('the first reports are left to the schema, and those after them are recognised', async () => {
  const isPlain = checkerOnDemand(3);
  expect([isPlain(plain), isPlain(plain)]).toEqual([false, false]);
  await vi.waitFor(() => expect(isPlain(plain)).toBe(true), { timeout: 30_000 });
  expect(isPlain({ ...plain, source: 1 })).toBe(false);
});
