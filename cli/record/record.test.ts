import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { defineController } from '../../controllers/index.ts';
import type { ClusterObject } from '../../controllers/runtime/index.ts';
import { type RecordedChange, readRecordedStream } from '../../controllers/runtime/recorded-stream.ts';
import { FakeApiServer, loadStream, replayStream } from '../../controllers/testing/index.ts';
import { startCommand } from '../testing/running-command.ts';
import { redact } from './redact.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-record-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function kubeconfigOf(api: FakeApiServer): Promise<string> {
  const path = join(folder, 'kubeconfig');
  const content = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'c', users: [{ name: 'u', user: {} }] },
    clusters: [{ name: 'c', cluster: { server: api.url } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
  };
  await writeFile(path, stringify(content));
  return path;
}

const widgets = defineController({
  apiVersion: 'controller/v1',
  watches: { apiVersion: 'example.com/v1', kind: 'Widget', fields: [] },
  order: 'state',
  onDelete: 'resolve',
  observe: ({ apiVersion, kind, metadata: { name, namespace = '' } }) => ({
    ...{ subject: { apiVersion, kind, namespace, name }, findings: [] },
  }),
});

async function recorded(file: string): Promise<RecordedChange[]> {
  const changes: RecordedChange[] = [];
  for await (const change of readRecordedStream(file)) changes.push(change);
  return changes;
}

describe('faultline record', () => {
  test('writes what is there and what happens, once each whatever the watch does, in the format of a backtest', async () => {
    await using api = await FakeApiServer.start();
    api.put('shop', 'a', 'one');
    const kubeconfig = await kubeconfigOf(api);
    const argv = ['record', 'example.com/v1/Widget', '--kubeconfig', kubeconfig, '-o', 'widgets.jsonl'];
    await using command = startCommand(argv, { directory: folder });
    await command.printed('Recording Widget: 1 objects');
    await expect.poll(() => api.openWatches).toBe(1);
    api.put('shop', 'a', 'password=hunter2x');
    api.put('shop', 'b', 'two');
    api.fault({ type: 'repeat', back: 0 });
    api.delete('shop', 'b');
    api.put('shop', 'end', 'end');
    const file = join(folder, 'widgets.jsonl');
    await expect.poll(() => readFile(file, 'utf8')).toContain('"name":"end"');
    expect(await command.stop()).toBe(0);
    expect(command.err.text()).toContain('Wrote widgets.jsonl: 3 added, 1 modified, 1 deleted');
    const lines = (await recorded(file)).map(({ type, object }) => [type, object.metadata.name, object.spec]);
    expect(lines).toEqual([
      ['ADDED', 'a', { value: 'one' }],
      ['MODIFIED', 'a', { value: 'password=***' }],
      ['ADDED', 'b', { value: 'two' }],
      ['DELETED', 'b', { value: 'two' }],
      ['ADDED', 'end', { value: 'end' }],
    ]);
    // And the test kit plays it.
    const { last } = await replayStream(widgets, await loadStream(file), { faults: [{ after: 2, type: 'expired' }] });
    expect(last.map(({ subject, body }) => [subject.name, 'findings' in body])).toEqual([
      ...[['a', true], ['b', false], ['end', true]],
    ]); // biome-ignore format: short
    expect((await stat(file)).mode & 0o777).toBe(0o600);

    const again = startCommand(argv, { directory: folder });
    expect([await again.exitCode, again.err.text()]).toEqual([
      ...[1, 'error: widgets.jsonl exists already: name another file with -o\n'],
    ]);
  });

  test('writes a compressed file to its end', async () => {
    await using api = await FakeApiServer.start();
    api.put('shop', 'a', 'one');
    const argv = ['record', 'example.com/v1/Widget', '--kubeconfig', await kubeconfigOf(api), '-o', 'w.jsonl.gz'];
    await using command = startCommand(argv, { directory: folder });
    await command.printed('Recording Widget: 1 objects');
    expect(await command.stop()).toBe(0);
    expect(await recorded(join(folder, 'w.jsonl.gz'))).toMatchObject([
      { type: 'ADDED', object: { spec: { value: 'one' } } },
    ]);
  });

  test('says everything that is wrong with what was typed', async () => {
    const command = startCommand(['record', 'apps/v1/deployments', 'pods', '--for', 'soon', '-n', 'Shop']);
    expect(await command.exitCode).toBe(2);
    expect(command.err.text().trimEnd().split('\n')).toEqual([
      'error: "apps/v1/deployments" is no kind with its version: write for example apps/v1/Deployment or v1/Pod; did you mean "apps/v1/Deployment"?',
      'error: "pods" is no kind with its version: write for example apps/v1/Deployment or v1/Pod',
      'error: name the file to write with -o, for example -o stream.jsonl.gz',
      'error: "Shop" is no namespace name',
      'error: --for: "soon" is no duration: write for example 10m',
      'See faultline record --help',
    ]);
  });
});

describe('what is recorded', () => {
  test('is without values of Secrets, and keeps their keys and who they are', () => {
    const secret = {
      ...{ apiVersion: 'v1', kind: 'Secret', type: 'Opaque', data: { a: 'aHVudGVyMg==' }, stringData: { b: 'x' } },
      metadata: {
        ...{ name: 'token-of-ci', namespace: 'shop', uid: 'u', managedFields: [{}], labels: { app: 'web' } },
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{}}', note: 'fine' },
      },
    } as unknown as ClusterObject;
    expect(redact(secret)).toEqual({
      ...{ apiVersion: 'v1', kind: 'Secret', type: 'Opaque', data: { a: '***' }, stringData: { b: '***' } },
      metadata: {
        name: 'token-of-ci',
        namespace: 'shop',
        uid: 'u',
        labels: { app: 'web' },
        annotations: { note: 'fine' },
      },
    });
  });

  test('is without what is called a password or a token, wherever it is, but names of such stay', () => {
    const pod = (env: object[], more: object = {}) =>
      ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { env, ...more } }) as unknown as ClusterObject;
    const before = pod(
      [
        { name: 'API_TOKEN', value: 'opaque-value' },
        { name: 'COLOUR', value: 'red' },
        { name: 'URL', value: 'https://user:pw@example.com/x' },
        { name: 'K', valueFrom: { secretKeyRef: { name: 'ci', key: 'password' } } },
      ],
      {
        credentials: { user: 'u', parts: ['p'], secretName: 'ci' },
        password: 'correct horse',
        tokens: ['a', 'b'],
        secretName: 'ci',
        automountServiceAccountToken: true,
        count: 3,
      },
    );
    expect(redact(before)).toEqual(
      pod(
        [
          { name: 'API_TOKEN', value: '***' },
          { name: 'COLOUR', value: 'red' },
          { name: 'URL', value: 'https://***@example.com/x' },
          { name: 'K', valueFrom: { secretKeyRef: { name: 'ci', key: 'password' } } },
        ],
        {
          credentials: { user: '***', parts: ['***'], secretName: 'ci' },
          password: '***',
          tokens: ['***', '***'],
          secretName: 'ci',
          automountServiceAccountToken: true,
          count: 3,
        },
      ),
    );
  });
});
