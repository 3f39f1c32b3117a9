import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { recordedStreams } from '../testing/recorded-streams.ts';
import { connectCluster, inClusterConnection, Remembered } from './connection.ts';

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
    const { headers, tls, renew, ...connection } = await connect({ kubeconfig: 'config' });
    const material = { ca: Buffer.from('CA'), cert: Buffer.from('CERT'), key: Buffer.from('KEY') };
    const server = 'https://cluster.example:6443';
    expect(connection).toEqual({ server, name: 'work', serverName: 'kube', ...material });
    expect(await tls?.()).toEqual(material);
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

  it('is read again when its credentials are refused: exec plugins run again, and what is in it may have changed', async () => {
    await write(
      'plugin',
      `#!/bin/sh
printf x >> ${directory}/calls
echo "{\\"kind\\":\\"ExecCredential\\",\\"status\\":{\\"token\\":\\"$(wc -c < ${directory}/calls | tr -d ' ')\\"}}"
`,
    );
    await chmod(join(directory, 'plugin'), 0o755);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: join(directory, 'plugin') };
    await write('config', kubeconfig({ exec }));
    const connection = await connect({ kubeconfig: 'config' });
    expect(await connection.headers()).toEqual({ authorization: 'Bearer 1' });
    await connection.renew?.();
    expect(await connection.headers()).toEqual({ authorization: 'Bearer 2' });
    await write('config', kubeconfig({ token: 'now a fixed one' }));
    await connection.renew?.();
    expect(await connection.headers()).toEqual({ authorization: 'Bearer now a fixed one' });
    await write('config', 'a: [');
    await connection.renew?.();
    expect(await connection.headers()).toEqual({ authorization: 'Bearer now a fixed one' });
  });

  it('may name files, which are read again for new connections', async () => {
    await Promise.all([write('ca', 'CA'), write('cert', 'CERT'), write('key', 'KEY'), write('token', 'first')]);
    const user = { 'client-certificate': 'cert', 'client-key': 'key', tokenFile: 'token' };
    await write('config', kubeconfig(user, { 'certificate-authority': 'ca' }));
    const connection = await connect({ kubeconfig: 'config' });
    const text = async () => Object.values((await connection.tls?.()) ?? {}).map(String);
    expect(await text()).toEqual(['CA', 'CERT', 'KEY']);
    await Promise.all([write('ca', 'CA 2'), write('cert', 'CERT 2'), write('key', 'KEY 2')]);
    await connection.renew?.();
    expect(await text()).toEqual(['CA 2', 'CERT 2', 'KEY 2']);
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

it('in a cluster token and authority are read again: kubelet replaces them in place', async () => {
  await Promise.all([write('ca.crt', 'CA'), write('token', 'first\n'), write('namespace', 'here')]);
  const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
  const connection = await inClusterConnection(env, directory);
  expect(connection).toMatchObject({ server: 'https://10.0.0.1:443', namespace: 'here' });
  expect(await connection.headers()).toEqual({ authorization: 'Bearer first' });
  await Promise.all([write('ca.crt', 'CA 2'), write('token', 'second\n')]);
  expect(await connection.headers()).toEqual({ authorization: 'Bearer first' });
  await connection.renew?.();
  expect(await connection.headers()).toEqual({ authorization: 'Bearer second' });
  expect(await connection.tls?.()).toEqual({ ca: Buffer.from('CA 2') });
});

it('outside a cluster --in-cluster is refused', async () => {
  await expect(connect({ inCluster: true })).rejects.toThrow('this process runs in no cluster');
});

describe('what is remembered', () => {
  it('is asked for again after ten seconds, after a failure and when it is forgotten, and stays the same object', async () => {
    let now = 0;
    let asked = 0;
    const remembered = new Remembered(
      async () => {
        asked += 1;
        if (asked === 2) throw new Error('away');
        return { token: asked > 3 ? 'new' : 'old' };
      },
      () => now,
    );
    const first = await remembered.get();
    expect(await remembered.get()).toBe(first);
    now = 10_001;
    await expect(remembered.get()).rejects.toThrow('away');
    expect(await remembered.get()).toBe(first);
    expect(asked).toBe(3);
    remembered.forget();
    expect(await remembered.get()).toEqual({ token: 'new' });
    now = 0; // the machine's clock was put back
    await remembered.get();
    expect(asked).toBe(5);
  });
});
