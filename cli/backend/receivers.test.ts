import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { ClusterApiError } from '../../apiserver/kube/access/index.ts';
import type { ReceiverNews } from '../../apiserver/receivers/index.ts';
import type { ObjectSource, SourceEvent } from '../../controllers/runtime/index.ts';
import type { Log } from '../log.ts';
import { receiverSecrets } from './receiver-secrets.ts';
import { receiverStatus } from './receiver-status.ts';
import { watchReceivers } from './receiver-watch.ts';
import { leadWhenOpened } from './receivers.ts';

const NOW = Date.parse('2026-11-21T10:00:00Z');
const object = (status?: object) => ({
  metadata: { name: 'checks', namespace: 'shop', generation: 2 },
  ...(status ? { status } : {}),
});

describe('the status of a receiver', () => {
  const patched: { path: string; body: unknown }[] = [];
  const warned: string[] = [];
  let fails: number | undefined;
  const api = {
    get: () => Promise.reject(new Error('not asked')),
    post: () => Promise.reject(new Error('not asked')),
    patch: async (path: string, body: unknown) => {
      if (fails !== undefined) throw new ClusterApiError('no', fails);
      patched.push({ path, body });
      return {};
    },
  };
  const log = { warn: (_: object, message: string) => void warned.push(message) } as unknown as Log;
  const write = receiverStatus(api, log, () => NOW);
  const path = 'namespaces/shop/checks';

  test('says whether it is accepted, with the place of a fault, and is not written twice', async () => {
    const faults = [{ path: 'spec.subject', message: 'nothing is called x', place: { line: 1, column: 9 } }];
    await write(object(), 'WebhookReceiver', { path, faults });
    const status = patched.map(({ body }) => (body as { status: object }).status)[0] ?? {};
    expect(patched[0]?.path).toBe('/apis/config.faultline.dev/v1alpha1/namespaces/shop/webhookreceivers/checks/status');
    expect(status).toEqual({
      observedGeneration: 2,
      path: '/api/v1/receivers/namespaces/shop/checks',
      conditions: [
        {
          type: 'Accepted',
          status: 'False',
          reason: 'Invalid',
          message: 'spec.subject 1:9: nothing is called x',
          observedGeneration: 2,
          lastTransitionTime: '2026-11-21T10:00:00Z',
        },
      ],
    });
    await write(object(status), 'WebhookReceiver', { path, faults });
    expect(patched).toHaveLength(1);
    await write(object(status), 'WebhookReceiver', { path, faults: [] });
    expect(patched).toHaveLength(2);
  });

  test('that may not be written is told once; an object that is gone is no fault', async () => {
    for (fails of [403, 403, 404]) await write(object(), 'WebhookReceiver', { path, faults: [] });
    expect(warned).toHaveLength(1);
  });
});

describe('keys of signatures', () => {
  test('are read one by one, and not again within ten seconds', async () => {
    const asked: string[] = [];
    let now = 0;
    const api = {
      get: async (path: string) => {
        asked.push(path);
        return { data: { key: Buffer.from('secret\n').toString('base64') } };
      },
      post: () => Promise.reject(new Error('not asked')),
    };
    const secrets = receiverSecrets(api, () => now);
    const hook = { namespace: 'shop', name: 'hook', key: 'key' };
    expect(await secrets.read(hook)).toBe('secret\n');
    await secrets.read(hook);
    expect(asked).toEqual(['/api/v1/namespaces/shop/secrets/hook']);
    now = 10_000;
    await secrets.read(hook);
    expect(asked).toHaveLength(2);
    await expect(secrets.read({ ...hook, key: 'other' })).rejects.toThrow('Secret shop/hook has no key other');
  });

  test('that may not be read say so, with what to do', async () => {
    const api = { get: () => Promise.reject(new ClusterApiError('no', 403)), post: () => Promise.reject(new Error()) };
    const hook = { namespace: 'shop', name: 'hook', key: 'key' };
    await expect(receiverSecrets(api, () => 0).read(hook)).rejects.toMatchObject({
      name: 'SecretUnavailable',
      message: 'Secret shop/hook cannot be read (403): allow the server get on it with a Role (docs/receivers.md)',
    });
    await expect(receiverSecrets(undefined, () => 0).read(hook)).rejects.toThrow('use secretFile in faultline.yaml');
  });

  test('may be files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keys-'));
    await writeFile(join(folder, 'key'), 'secret');
    const secrets = receiverSecrets(undefined, () => 0);
    expect(await secrets.readFile(join(folder, 'key'))).toBe('secret');
    await expect(secrets.readFile(join(folder, 'nope'))).rejects.toMatchObject({ name: 'SecretUnavailable' });
    await rm(folder, { recursive: true });
  });
});

test('the watch of receivers tells whole lists, changes, and kinds that are not there', async () => {
  const [a, b] = [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }] as never[];
  const fault = (reason: 'NotInstalled' | 'Unreachable') => ({ reason, message: `is ${reason}`, retryInMs: 1 });
  const events: SourceEvent[] = [
    { type: 'waiting', fault: fault('NotInstalled') },
    { type: 'listing' },
    { type: 'listed', objects: [a as never] },
    { type: 'applied', object: b as never },
    { type: 'synced' },
    { type: 'watching' },
    { type: 'applied', object: a as never },
    { type: 'waiting', fault: fault('Unreachable') },
    { type: 'waiting', fault: fault('Unreachable') },
    { type: 'deleted', object: b as never },
  ];
  const source: ObjectSource = {
    live: true,
    async *watch() {
      yield* events;
    },
  };
  const told: string[] = [];
  const seen: ReceiverNews[] = [];
  const watch = watchReceivers(source, (message) => told.push(message));
  for await (const news of watch('WebhookReceiver', new AbortController().signal)) seen.push(news);
  expect(seen).toEqual([
    { type: 'absent' },
    { type: 'listed', objects: [a, b] },
    { type: 'applied', object: a },
    { type: 'deleted', object: b },
  ]);
  expect(told).toEqual(['is Unreachable']);
});

describe('the registration of receivers', () => {
  test('waits for the database instead of failing while it is opened', async () => {
    const { promise: opened, resolve } = Promise.withResolvers<never>();
    const lead = vi.fn(async () => [7]);
    const leading = leadWhenOpened({ opened, lead }).lead('faultline/webhookreceivers', 'webhookreceivers', []);
    await new Promise(setImmediate);
    expect(lead).not.toHaveBeenCalled();
    resolve({} as never);
    expect(await leading).toEqual([7]);
    expect(lead).toHaveBeenCalledWith('faultline/webhookreceivers', 'webhookreceivers', []);
  });

  test('fails where the database fails later: that is told', async () => {
    const lead = () => Promise.reject(new Error('the database is away'));
    const store = leadWhenOpened({ opened: Promise.resolve({} as never), lead });
    await expect(store.lead('faultline/webhookreceivers', 'webhookreceivers', [])).rejects.toThrow('is away');
  });
});
