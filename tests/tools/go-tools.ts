/**
 * Tools written in Go that tests run, built once into `${XDG_CACHE_HOME:-~/.cache}/faultline/tools/<module>-<hash>/`: each
 * folder here with a go.mod is a module that pins them, by go.sum. Another go.sum is another folder.
 */
import { execFile } from 'node:child_process';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { cached, cacheOf, run } from '../cached-build.ts';

export interface GoModule {
  /** Folder with go.mod and go.sum. */
  readonly dir: string;
  /** Packages with a main; the last element of each is the name of its program. */
  readonly packages: readonly string[];
  readonly tags?: readonly string[];
  /** Sources of its own, when its program is not that of another module. */
  readonly sources?: readonly string[];
  /** Who needs it, for messages. Default `the tests of the monitoring`. */
  readonly purpose?: string;
}

/** promtool and amtool, without the service discoveries of clouds, which would be four fifths of the build. */
export const PROMETHEUS: GoModule = {
  dir: join(import.meta.dirname, 'prometheus'),
  packages: ['github.com/prometheus/prometheus/cmd/promtool', 'github.com/prometheus/alertmanager/cmd/amtool'],
  tags: ['remove_all_sd'],
};

/** cert-manager's controllers and cainjector, for `npm run test:addons`. */
export const CERT_MANAGER: GoModule = {
  dir: join(import.meta.dirname, 'cert-manager'),
  packages: ['faultline.dev/tests/tools/cert-manager'],
  sources: ['main.go'],
  purpose: 'the tests with add-ons',
};

/** The operator of Prometheus, for `npm run test:addons`. */
export const PROMETHEUS_OPERATOR: GoModule = {
  dir: join(import.meta.dirname, 'prometheus-operator'),
  packages: ['github.com/prometheus-operator/prometheus-operator/cmd/operator'],
  purpose: 'the tests with add-ons',
};

/** All that CI needs. */
export const GO_MODULES: readonly GoModule[] = [PROMETHEUS];

const group = 'tools';

/** Path of a program of the module, which is built when the cache has none. Throws when Go is missing or the build fails. */
export async function goTool(module: GoModule, name: string): Promise<string> {
  const { dir, packages, tags = [], sources = [], purpose = 'the tests of the monitoring' } = module;
  // Which packages, and with which tags, stands in this file.
  const cache = await cacheOf(group, basename(dir), import.meta.dirname, [
    ...['go.mod', 'go.sum', ...sources].map((file) => join(basename(dir), file)),
    basename(import.meta.filename),
  ]);
  const what = packages.map((path) => basename(path)).join(', ');
  await cached(cache, { group, what }, async (aside) => {
    const flags = ['-trimpath', '-buildvcs=false', '-ldflags', '-s -w', '-tags', tags.join(',')];
    await run('go', ['build', ...flags, '-o', `${aside}/`, ...packages], dir, {
      purpose,
      hint: 'install Go >= 1.24 (https://go.dev/dl); its module proxy must be reachable once',
      env: { CGO_ENABLED: '0' },
    });
  });
  return join(cache, name);
}

/** Where Go keeps what a required module consists of, its manifests for example. Downloads it when it is not there. */
export async function sourcesOf({ dir }: GoModule, path: string): Promise<string> {
  const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', path], { cwd: dir });
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}
