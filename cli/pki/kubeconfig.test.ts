import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { kubeconfig, writeKubeconfig } from './kubeconfig.ts';

const options = { server: 'https://127.0.0.1:7443', ca: 'CA', client: { cert: 'CERT', key: 'KEY' } };
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'faultline-kubeconfig-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it('is read by the Kubernetes client as one cluster, one user and a current context', () => {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig({ ...options, namespace: 'team-a' }));
  const data = (name: string) => Buffer.from(name).toString('base64');
  expect(config.getCurrentCluster()).toMatchObject({ server: options.server, caData: data('CA') });
  expect(config.getCurrentUser()).toMatchObject({ certData: data('CERT'), keyData: data('KEY') });
  expect(config.getContextObject(config.getCurrentContext())).toMatchObject({ name: 'faultline', namespace: 'team-a' });
});

it('replaces the file of the last start, whatever its mode was, and leaves nothing beside it', async () => {
  const path = join(dir, 'kubeconfig');
  await writeFile(path, 'old', { mode: 0o644 });
  await writeKubeconfig(path, options);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(dir)).toEqual(['kubeconfig']);
});

it('says which file it could not write', async () => {
  await expect(writeKubeconfig(join(dir, 'missing', 'kubeconfig'), options)).rejects.toThrow(
    /cannot write .*missing\/kubeconfig/,
  );
});
