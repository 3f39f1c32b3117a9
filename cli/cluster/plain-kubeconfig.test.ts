import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { kubeconfigConnection } from './kubeconfig-connection.ts';
import { plainConnection } from './plain-kubeconfig.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-plain-'));
  await writeFile(join(directory, 'ca.crt'), 'the authority');
  await writeFile(join(directory, 'me.crt'), 'the certificate');
  await writeFile(join(directory, 'me.key'), 'the key');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const base64 = (text: string) => Buffer.from(text).toString('base64');

async function written(cluster: object, user: object, context: object = {}): Promise<string> {
  const document = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'work' },
    clusters: [{ name: 'c', cluster: { server: 'https://cluster.example.com:6443/prefix/', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'work', context: { cluster: 'c', user: 'u', ...context } }],
  };
  await writeFile(join(directory, 'config'), stringify(document));
  return 'config';
}

describe('a kubeconfig that only says what a file can say', () => {
  it.each<[string, object, object, object]>([
    [
      'data',
      { 'certificate-authority-data': base64('ca') },
      { 'client-certificate-data': base64('c'), 'client-key-data': base64('k') },
      {},
    ],
    [
      'files beside it',
      { 'certificate-authority': 'ca.crt' },
      { 'client-certificate': 'me.crt', 'client-key': 'me.key' },
      { namespace: 'shop' },
    ],
    ['a token', { 'tls-server-name': 'other.example.com' }, { token: 'sesame' }, {}],
    ['no check', { 'insecure-skip-tls-verify': true }, { token: 'sesame' }, {}],
    ['no TLS', { server: 'http://127.0.0.1:8001' }, {}, {}],
  ])('with %s means what the library makes of it', async (_, cluster, user, context) => {
    const file = await written(cluster, user, context);
    const plain = await plainConnection(file, undefined, directory);
    const whole = await kubeconfigConnection({ files: [file], said: 'x', context: undefined, directory });
    const { server, name, namespace, ca, cert, key, skipTlsVerify, serverName } = whole;
    expect(plain).toBeDefined();
    expect({ ...plain, headers: undefined }).toEqual({
      ...{ server, name, headers: undefined },
      ...Object.fromEntries(
        Object.entries({ namespace, ca, cert, key, skipTlsVerify, serverName }).filter(
          ([, value]) => value !== undefined,
        ),
      ),
    });
    expect(await plain?.headers()).toEqual(await whole.headers());
  });
});

it.each<[string, object, object]>([
  ['an exec plugin', {}, { exec: { command: 'x' } }],
  ['an auth provider', {}, { 'auth-provider': { name: 'oidc' } }],
  ['a token that changes', {}, { tokenFile: 'token' }],
  ['a proxy', { 'proxy-url': 'http://proxy' }, {}],
  ['a number for a token', {}, { token: 123 }],
  ['a file that is not there', { 'certificate-authority': 'nowhere' }, {}],
  ['no server', { server: '' }, {}],
])('%s is left to the library', async (_, cluster, user) => {
  expect(await plainConnection(await written(cluster, user), undefined, directory)).toBeUndefined();
});

it('an unknown context and a file that is none are left to the library, which says so', async () => {
  expect(await plainConnection(await written({}, {}), 'other', directory)).toBeUndefined();
  expect(await plainConnection('nowhere', undefined, directory)).toBeUndefined();
});

it('as: is said with every request', async () => {
  const user = { token: 't', as: 'ann', 'as-groups': ['dev'] };
  const plain = await plainConnection(await written({}, user), undefined, directory);
  expect(await plain?.headers()).toEqual({
    ...{ authorization: 'Bearer t', 'impersonate-user': 'ann', 'impersonate-group': ['dev'] },
  });
});
