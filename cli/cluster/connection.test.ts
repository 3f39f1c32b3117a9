import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { recordedStreams } from '../testing/recorded-streams.ts';
import { cached, connectCluster } from './connection.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-kubeconfig-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const base64 = (text: string) => Buffer.from(text).toString('base64');
const write = (name: string, content: object | string) =>
  writeFile(join(directory, name), typeof content === 'string' ? content : stringify(content));
const kubeconfig = (user: object, cluster: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'work',
  clusters: [{ name: 'c', cluster: { server: 'https://cluster.example:6443', ...cluster } }],
  users: [{ name: 'u', user }],
  contexts: [
    { name: 'work', context: { cluster: 'c', user: 'u' } },
    { name: 'production', context: { cluster: 'c', user: 'u' } },
  ],
});
const connect = (request: Parameters<typeof connectCluster>[0], env: Record<string, string> = {}) =>
  connectCluster(request, recordedStreams({ env, directory }));

describe('a kubeconfig', () => {
  it('gives server, authority, client certificate and TLS name', async () => {
    const user = { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') };
    await write('config', kubeconfig(user, { 'certificate-authority-data': base64('CA'), 'tls-server-name': 'kube' }));
    const { headers, ...connection } = await connect({ kubeconfig: 'config' });
    expect(connection).toEqual({
      server: 'https://cluster.example:6443',
      name: 'work',
      ca: Buffer.from('CA'),
      cert: Buffer.from('CERT'),
      key: Buffer.from('KEY'),
      serverName: 'kube',
    });
    expect(await headers()).toEqual({});
  });

  it('gives the token of a user as a header', async () => {
    await write('config', kubeconfig({ token: 'sesame' }));
    expect(await (await connect({ kubeconfig: 'config' })).headers()).toEqual({ authorization: 'Bearer sesame' });
  });

  it('runs exec plugins', async () => {
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'minted' },
    };
    await write('plugin', `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`);
    await chmod(join(directory, 'plugin'), 0o755);
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: join(directory, 'plugin'),
      interactiveMode: 'Never',
    };
    await write('config', kubeconfig({ exec }));
    expect(await (await connect({ kubeconfig: 'config' })).headers()).toEqual({ authorization: 'Bearer minted' });
  });

  it('is found by $KUBECONFIG, several of them merged, and chosen from by --context', async () => {
    await write('one', {
      ...kubeconfig({ token: 'one' }),
      contexts: [{ name: 'work', context: { cluster: 'c', user: 'u' } }],
    });
    await write('two', {
      ...kubeconfig({ token: 'two' }),
      clusters: [{ name: 'd', cluster: { server: 'https://two.example' } }],
      users: [{ name: 'v', user: { token: 'two' } }],
      contexts: [{ name: 'second', context: { cluster: 'd', user: 'v' } }],
    });
    const env = { KUBECONFIG: `one:missing:${join(directory, 'two')}` };
    expect(await connect({}, env)).toMatchObject({ name: 'work', server: 'https://cluster.example:6443' });
    const second = await connect({ context: 'second' }, env);
    expect(second).toMatchObject({ name: 'second', server: 'https://two.example' });
    expect(await second.headers()).toEqual({ authorization: 'Bearer two' });
  });

  it('may name a server without TLS, such as kubectl proxy', async () => {
    await write('config', kubeconfig({}, { server: 'http://127.0.0.1:8001' }));
    expect(await connect({ kubeconfig: 'config' })).toMatchObject({ server: 'http://127.0.0.1:8001' });
  });

  it('that is wrong is told in one line', async () => {
    await write('config', kubeconfig({}));
    await write('broken', 'a: [');
    await write('empty', '{}');
    await expect(connect({ kubeconfig: 'nowhere' })).rejects.toThrow(
      /^cannot read the kubeconfig nowhere \(--kubeconfig\): no such file; name another with --kubeconfig$/,
    );
    await expect(connect({ kubeconfig: 'config', context: 'prodution' })).rejects.toThrow(
      /^config has no context "prodution"; did you mean "production"\? \(it has work, production\)$/,
    );
    await expect(connect({ kubeconfig: 'broken' })).rejects.toThrow(/^broken is no usable kubeconfig: [^\n]+$/);
    await expect(connect({ kubeconfig: 'empty' })).rejects.toThrow(/^empty is no usable kubeconfig: [^\n]+$/);
  });
});

it('outside a cluster --in-cluster is refused', async () => {
  await expect(connect({ inCluster: true })).rejects.toThrow('this process runs in no cluster');
});

describe('cached', () => {
  it('asks again after ten seconds and after a failure', async () => {
    let now = 0;
    let asked = 0;
    const ask = cached(
      async () => {
        asked += 1;
        if (asked === 2) throw new Error('away');
        return asked;
      },
      () => now,
    );
    expect([await ask(), await ask()]).toEqual([1, 1]);
    now = 10_001;
    await expect(ask()).rejects.toThrow('away');
    expect(await ask()).toBe(3);
  });
});
