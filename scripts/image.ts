import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { type Content, contentOf, faultsOf } from './image-content.ts';
import { billOfMaterials, neededPackages } from './sbom.ts';

/**
 * `node scripts/image.ts`: what the image holds, without a container engine. Containerfile calls it for the content; on its
 * own it assembles the same tree in a temporary folder, says what is in it, fails when something is there that does not belong,
 * and measures how long the program takes to start.
 */
const root = join(import.meta.dirname, '..');
const run = promisify(execFile);

/** Makes `<folder>/app`, and unless the base image brings it `<folder>/nodejs/bin/node`. Needs `dist/`. */
export async function assembleImage(folder: string, options: { readonly node: boolean }): Promise<void> {
  const app = join(folder, 'app');
  await unpack(app);
  // The packages inside of packages are listed, too.
  for (const { path } of await neededPackages(root)) await copyPackage(join(root, path), join(app, path));
  await writeFile(join(app, 'sbom.cdx.json'), `${JSON.stringify(await billOfMaterials(root), null, 2)}\n`);
  if (options.node) {
    await mkdir(join(folder, 'nodejs/bin'), { recursive: true });
    await cp(process.execPath, join(folder, 'nodejs/bin/node'));
    await chmod(join(folder, 'nodejs/bin/node'), 0o755);
  }
}

/** The archive of `npm pack`, unpacked. */
async function unpack(app: string): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'faultline-pack-'));
  try {
    const args = ['pack', '--ignore-scripts', '--json', `--pack-destination=${dir}`];
    const { stdout } = await run('npm', args, { cwd: root, maxBuffer: 64 << 20 });
    const [archive] = JSON.parse(stdout) as { filename: string }[];
    await run('tar', ['-xzf', join(dir, archive?.filename ?? ''), '-C', dir]);
    await mkdir(dirname(app), { recursive: true });
    await rm(app, { recursive: true, force: true });
    await run('cp', ['-r', join(dir, 'package'), app]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Without the packages inside of it, and without what no program loads; a package of another platform is not there. */
async function copyPackage(from: string, to: string): Promise<void> {
  const isWanted = (path: string): boolean => {
    const inside = path.slice(from.length);
    // .bare: binaries for another runtime than Node.
    return !inside.startsWith('/node_modules') && !/\.(map|bare|d\.[cm]?ts)$/.test(inside);
  };
  await cp(from, to, { recursive: true, filter: isWanted }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

/** Milliseconds from the start of `faultline version` to its end, in that tree, with an empty environment; the median of five. */
async function startTime(folder: string): Promise<number> {
  const times: number[] = [];
  for (let repetition = 0; repetition < 5; repetition++) {
    const begun = performance.now();
    await run(join(folder, 'nodejs/bin/node'), ['dist/cli/bin.js', 'version'], { cwd: join(folder, 'app'), env: {} });
    times.push(performance.now() - begun);
  }
  return times.sort((a, b) => a - b)[2] as number;
}

function describe({ files, bytes, largest }: Content): string {
  const megabytes = (size: number): string => `${(size / 1e6).toFixed(1)} MB`;
  return [
    `${files.length} files, ${megabytes(bytes)}`,
    ...largest.map(([name, size]) => `  ${megabytes(size).padStart(8)}  ${name}`),
  ].join('\n');
}

async function check(folder: string): Promise<void> {
  await assembleImage(folder, { node: true });
  const content = await contentOf(join(folder, 'app'));
  console.log(describe(content));
  console.log(`faultline version: ${Math.round(await startTime(folder))} ms`);
  const faults = faultsOf(content);
  for (const fault of faults) console.error(`error: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { into: { type: 'string' }, 'without-node': { type: 'boolean' } } });
  if (values.into !== undefined) {
    await assembleImage(values.into, { node: values['without-node'] !== true });
  } else {
    const folder = await mkdtemp(join(tmpdir(), 'faultline-image-'));
    try {
      await check(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
