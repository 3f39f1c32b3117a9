import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheDir, findBinaries, goFault, kubernetesVersion, linkFlags, requiredBinaries } from './assets.ts';

describe('finding the binaries', () => {
  let dir: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'faultline-assets-'));
  });

  afterEach(() => rmSync(dir, { recursive: true }));

  it('takes them from KUBEBUILDER_ASSETS', async () => {
    for (const name of requiredBinaries) writeFileSync(join(dir, name), '');
    const found = await findBinaries(requiredBinaries, { env: { KUBEBUILDER_ASSETS: dir } });
    expect(found).toEqual({ 'kube-apiserver': join(dir, 'kube-apiserver'), etcd: join(dir, 'etcd') });
  });

  it('names the file that KUBEBUILDER_ASSETS lacks', async () => {
    writeFileSync(join(dir, 'etcd'), '');
    const search = findBinaries(requiredBinaries, { env: { KUBEBUILDER_ASSETS: dir } });
    await expect(search).rejects.toThrow(`KUBEBUILDER_ASSETS=${dir} does not hold kube-apiserver. Point it`);
  });

  it('says how to get Go when nothing is cached and Go is missing', async () => {
    const search = findBinaries(requiredBinaries, { env: { XDG_CACHE_HOME: dir, PATH: dir } });
    await expect(search).rejects.toThrow(
      /needs kube-apiserver and etcd, which must be built, and no go command is on PATH. Install Go >= 1.24/,
    );
  });

  it('takes the controller manager from the cache when the folder of envtest has none', async () => {
    for (const name of requiredBinaries) writeFileSync(join(dir, name), '');
    const env = { KUBEBUILDER_ASSETS: dir, XDG_CACHE_HOME: dir, PATH: dir };
    await expect(findBinaries(['kube-controller-manager'], { env })).rejects.toThrow(
      'needs kube-controller-manager, which must be built',
    );
  });
});

it('the cache folder lies in XDG_CACHE_HOME and is the same for the same sources', async () => {
  const folder = await cacheDir({ XDG_CACHE_HOME: '/somewhere' });
  expect(folder).toMatch(/^\/somewhere\/faultline\/controlplane\/[0-9a-f]{16}$/);
  expect(await cacheDir({ XDG_CACHE_HOME: '/somewhere' })).toBe(folder);
});

it('the version comes from go.mod and goes into the link flags', async () => {
  expect(await kubernetesVersion()).toMatch(/^v1\.\d+\.\d+$/);
  expect(linkFlags('v1.34.4')).toContain('-X k8s.io/component-base/version.gitVersion=v1.34.4');
  expect(linkFlags('v1.34.4')).toContain('version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34');
});

it.each([
  ['go version go1.24.0 linux/amd64', undefined],
  ['go version go1.26.8 linux/amd64', undefined],
  ['go version go2.0 linux/amd64', undefined],
  ['go version go1.23.12 linux/amd64', 'Go 1.23 is too old'],
  ['gccgo 14\n', `'go version' answered "gccgo 14"`],
])('%j is a Go that builds, or says why not', (output, fault) => {
  expect(goFault(output)).toBe(fault);
});
