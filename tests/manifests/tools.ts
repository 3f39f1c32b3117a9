/** Helm and kubeconform, built from the versions of tools/go.mod, once, into the cache (tests/cached-build.ts). */
import { dirname, join } from 'node:path';
import { cached, cacheOf, run } from '../cached-build.ts';

const dir = join(import.meta.dirname, 'tools');
const group = 'manifests';

/** The commands of tools/go.mod, by their packages. */
const PACKAGES = {
  helm: 'helm.sh/helm/v3/cmd/helm',
  kubeconform: 'github.com/yannh/kubeconform/cmd/kubeconform',
} as const;

/** Paths of both; builds what the cache does not hold (about 75 s on two cores). Throws when Go is missing or a build fails. */
export async function tools(): Promise<Record<keyof typeof PACKAGES, string>> {
  const cache = await cacheOf(group, 'tools', dir, ['go.mod', 'go.sum']);
  const found = { helm: join(cache, 'helm'), kubeconform: join(cache, 'kubeconform') };
  for (const [name, path] of Object.entries(found)) {
    await cached(path, { group, what: name }, async (aside) => {
      const args = ['build', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w', '-o', aside];
      const hint = 'install Go >= 1.24 (https://go.dev/dl); its module proxy must be reachable once';
      const purpose = 'the tests of the manifests';
      await run('go', [...args, PACKAGES[name as keyof typeof PACKAGES]], dir, {
        ...{ purpose, hint },
        env: { CGO_ENABLED: '0' },
      });
    });
  }
  return found;
}

if (import.meta.main) {
  try {
    const found = await tools();
    console.log(dirname(found.helm));
  } catch (error) {
    console.error(`manifests: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
