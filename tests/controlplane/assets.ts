/**
 * Where the control plane's binaries come from, in the order of the envtest convention: the folder
 * `KUBEBUILDER_ASSETS`, our own cache, a build with Go. Whatever is found is only ever a path; starting it is
 * control-plane.ts.
 */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The commands of our Go module, one folder each in `cmd/`. */
export const binaryNames = ['kube-apiserver', 'etcd', 'kube-controller-manager'] as const;
export type BinaryName = (typeof binaryNames)[number];

/** What every control plane needs. The controller manager is built when a test asks for it. */
export const requiredBinaries = ['kube-apiserver', 'etcd'] as const satisfies readonly BinaryName[];

export interface AssetOptions {
  /** Default `process.env`; read for KUBEBUILDER_ASSETS, XDG_CACHE_HOME and what Go itself reads. */
  readonly env?: NodeJS.ProcessEnv;
  /** Receives one line of progress at a time. Default: standard error. */
  readonly log?: (line: string) => void;
}

const moduleDir = import.meta.dirname;
const oldestGo = [1, 24] as const;
const progressEveryMs = 15_000;

/**
 * Paths of the wanted binaries; builds those that neither KUBEBUILDER_ASSETS nor the cache holds (about three
 * minutes on two cores, then cached). Throws an error that names what is missing and how to get it.
 */
export async function findBinaries<Name extends BinaryName>(
  names: readonly Name[],
  options: AssetOptions = {},
): Promise<Record<Name, string>> {
  const env = options.env ?? process.env;
  const log = options.log ?? ((line) => process.stderr.write(`${line}\n`));
  const given = env.KUBEBUILDER_ASSETS;
  if (given) assertHolds(given, names);
  const cache = await cacheDir(env);
  const dirOf = (name: BinaryName): string => (given && existsSync(join(given, name)) ? given : cache);
  const missing = names.filter((name) => !existsSync(join(dirOf(name), name)));
  if (missing.length > 0) await build(missing, cache, env, log);
  return Object.fromEntries(names.map((name) => [name, join(dirOf(name), name)])) as Record<Name, string>;
}

/** The cache folder for the sources as they are now: another go.sum, main file or link flag is another folder. */
export async function cacheDir(env: NodeJS.ProcessEnv): Promise<string> {
  const root = env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const hash = createHash('sha256').update(`${process.platform}/${process.arch}`);
  for (const file of ['go.mod', 'go.sum', ...binaryNames.map((name) => `cmd/${name}/main.go`)]) {
    hash.update(file).update(await readFile(join(moduleDir, file)));
  }
  hash.update(linkFlags(await kubernetesVersion()));
  return join(root, 'faultline', 'controlplane', hash.digest('hex').slice(0, 16));
}

/** Version of Kubernetes that go.mod requires, for example `v1.34.4`: the one place where it is written. */
export async function kubernetesVersion(): Promise<string> {
  const version = /^\s*k8s\.io\/kubernetes (v\d+\.\d+\.\d+)$/m.exec(
    await readFile(join(moduleDir, 'go.mod'), 'utf8'),
  )?.[1];
  if (!version) throw new Error(`${moduleDir}/go.mod requires no k8s.io/kubernetes vX.Y.Z`);
  return version;
}

/** Without these the server says v0.0.0-master, and kubectl picks its behaviour by the server's version. */
export function linkFlags(version: string): string {
  const [major, minor] = version.slice(1).split('.');
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  const sets = Object.entries(values).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  return ['-s', '-w', ...sets].join(' ');
}

/** Why the output of `go version` is not good enough, or undefined when it is. */
export function goFault(output: string): string | undefined {
  const [, major, minor] = /\bgo(\d+)\.(\d+)/.exec(output) ?? [];
  if (!major || !minor) return `'go version' answered ${JSON.stringify(output.trim())}`;
  const old = Number(major) < oldestGo[0] || (Number(major) === oldestGo[0] && Number(minor) < oldestGo[1]);
  return old ? `Go ${major}.${minor} is too old` : undefined;
}

function assertHolds(dir: string, names: readonly BinaryName[]): void {
  // envtest bundles ship no kube-controller-manager; that one may come from our cache.
  const missing = requiredBinaries.filter((name) => names.includes(name) && !existsSync(join(dir, name)));
  if (missing.length === 0) return;
  throw new Error(
    `KUBEBUILDER_ASSETS=${dir} does not hold ${missing.join(' and ')}. ` +
      "Point it at a folder that does (setup-envtest prints one), or unset it to build them with Go ('npm run controlplane').",
  );
}

async function build(names: readonly BinaryName[], dir: string, env: NodeJS.ProcessEnv, log: (line: string) => void) {
  await assertGo(env, names);
  // Built aside and moved by rename: of two builds at once both are whole, and an interrupted one leaves nothing.
  const aside = `${dir}.build-${process.pid}-${randomBytes(4).toString('hex')}`;
  await mkdir(aside, { recursive: true });
  const started = Date.now();
  const elapsed = (): string => `${Math.round((Date.now() - started) / 1000)} s`;
  const what = `${names.join(', ')} ${await kubernetesVersion()}`;
  log(`controlplane: building ${what} with Go; once, up to 3 minutes on 2 cores`);
  const ticker = setInterval(() => log(`controlplane: still building, ${elapsed()}`), progressEveryMs);
  try {
    const flags = ['-trimpath', '-buildvcs=false', '-ldflags', linkFlags(await kubernetesVersion())];
    await go(['build', ...flags, '-o', `${aside}/`, ...names.map((name) => `./cmd/${name}`)], env);
    await mkdir(dir, { recursive: true });
    for (const name of names) await rename(join(aside, name), join(dir, name));
    log(`controlplane: built ${what} in ${elapsed()}: ${dir}`);
  } finally {
    clearInterval(ticker);
    await rm(aside, { recursive: true, force: true });
  }
}

async function assertGo(env: NodeJS.ProcessEnv, names: readonly BinaryName[]): Promise<void> {
  const fault = await go(['version'], env).then(goFault, (error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? 'no go command is on PATH' : error.message,
  );
  if (!fault) return;
  throw new Error(
    `the test control plane needs ${names.join(' and ')}, which must be built, and ${fault}. ` +
      `Install Go >= ${oldestGo.join('.')} (https://go.dev/dl) and run 'npm run controlplane', ` +
      'or set KUBEBUILDER_ASSETS to a folder that holds kube-apiserver and etcd.',
  );
}

/** Standard output of a go command that runs in our module. */
function go(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn('go', args, { cwd: moduleDir, env: { ...env, CGO_ENABLED: '0' } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.once('error', reject);
  child.once('close', (code, signal) => {
    if (code === 0) return resolve(stdout);
    const tail = stderr.trimEnd().split('\n').slice(-20).join('\n');
    reject(new Error(`'go ${args[0]}' in ${moduleDir} ended with ${signal ?? `code ${code}`}:\n${tail}`));
  });
  return promise;
}
