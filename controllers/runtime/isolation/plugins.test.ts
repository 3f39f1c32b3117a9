import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorld } from '../../testing/world.ts';
import { type ControllerEntry, loadControllers } from '../loader.ts';
import { silentLogger } from '../logger.ts';
import type { ClusterObject } from '../object.ts';
import { createPlugins, type Plugins } from './plugins.ts';
import { podPlugin } from './pod-plugin.contract.ts';

/** How a plugin comes into a pod: in a layer of the image, as a package of a derived image, from a mounted ConfigMap. */

let root: string;
let plugins: Plugins;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'faultline-plugins-'));
  plugins = createPlugins({ logger: silentLogger });
});
afterEach(async () => {
  await plugins[Symbol.asyncDispose]();
  await rm(root, { recursive: true });
});

async function write(path: string, text: string): Promise<string> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
  return join(root, path);
}

/** The controllers of a configuration that lies in `etc`. */
async function load(...entries: ControllerEntry[]) {
  const { controllers, faults } = await loadControllers(entries, {
    baseDir: join(root, 'etc'),
    builtins: new Map(),
    host: plugins.load,
  });
  expect(faults).toEqual([]);
  return controllers;
}

/** What it says of a Pod. */
async function title(controller: Awaited<ReturnType<typeof load>>[number] | undefined, object: ClusterObject = POD) {
  if (controller?.host === undefined) throw new Error('it runs in this thread');
  const { definition, host, options } = controller;
  await using world = createWorld(definition, { objects: [object], settings: { host, options } });
  await expect.poll(() => world.sink.reports.length).toBe(1);
  const body = world.sink.reports[0]?.body;
  return body !== undefined && 'findings' in body ? body.findings[0]?.title : undefined;
}

const POD: ClusterObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'ns', uid: 'u' } };
const says = (text: string): string => podPlugin(`return broken('${text}');`);

describe('a plugin in a layer of the image', () => {
  it('is named by its path, and finds faultline and joi though it lies outside of any node_modules', async () => {
    const path = await write('opt/plugins/pods.ts', `import Joi from 'joi';\n${says('from the image')}`);
    const [controller] = await load({ use: path });
    expect(controller).toMatchObject({ name: 'pods', definition: { watches: { kind: 'Pod' } } });
    expect(await title(controller)).toBe('from the image');
  });
});

describe('a plugin from a mounted ConfigMap', () => {
  /** As the kubelet mounts it: the files are links through `..data`, which is swapped for every change. */
  async function mount(version: string, files: Record<string, string>): Promise<void> {
    for (const [name, text] of Object.entries(files)) await write(`mnt/..${version}/${name}`, text);
    await symlink(`..${version}`, join(root, 'mnt/..data_tmp'));
    await rename(join(root, 'mnt/..data_tmp'), join(root, 'mnt/..data'));
    for (const name of Object.keys(files)) {
      await symlink(`..data/${name}`, join(root, 'mnt', name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
    }
  }
  const main = podPlugin('return broken(word);', "import { word } from './words.ts';");
  const words = (word: string): string => `export const word: string = '${word}';`;

  it('is loaded anew when what it imports is another after a swap, and left alone when nothing of it changed', async () => {
    await mount('2026_1', { 'pods.ts': main, 'words.ts': words('first') });
    const entry = { use: join(root, 'mnt/pods.ts') };
    const first = await load(entry);
    expect(await title(first[0])).toBe('first');
    expect((await plugins.files()).sort()).toEqual([join(root, 'mnt/pods.ts'), join(root, 'mnt/words.ts')]);

    await mount('2026_2', { 'pods.ts': main, 'words.ts': words('first'), 'other.ts': 'of no interest' });
    await rm(join(root, 'mnt/..2026_1'), { recursive: true });
    const same = await load(entry);
    expect(same[0]?.host).toBe(first[0]?.host);

    await mount('2026_3', { 'pods.ts': main, 'words.ts': words('second') });
    await rm(join(root, 'mnt/..2026_2'), { recursive: true });
    const second = await load(entry);
    expect(second[0]?.host).not.toBe(first[0]?.host);
    // Until the new one is applied, the old one answers.
    expect(await title(first[0])).toBe('first');
    expect(await title(second[0])).toBe('second');
    await plugins.retain(second);
    expect(await title(second[0])).toBe('second');
  });
});

describe('a plugin that is edited while it is loaded', () => {
  it('is loaded anew: what was loaded is remembered, not what was saved since', async () => {
    const edit = `import { writeFileSync } from 'node:fs';
      import { fileURLToPath } from 'node:url';
      const self = fileURLToPath(import.meta.url);
      writeFileSync(self, ${JSON.stringify(says('after'))});`;
    const use = await write('mnt/pods.ts', podPlugin("return broken('before');", edit));
    const first = await load({ use });
    expect(await title(first[0])).toBe('before');
    const second = await load({ use });
    expect(await title(second[0])).toBe('after');
    const third = await load({ use });
    expect(third[0]?.host).toBe(second[0]?.host);
  });
});

describe('a plugin as a package', () => {
  /** What `npm install` makes of a packed package. */
  async function install(into: string): Promise<void> {
    const source = new URL('../../../examples/npm/faultline-plugin-certificates', import.meta.url);
    const packed = join(root, 'packed');
    await mkdir(packed);
    const run = promisify(execFile);
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', packed], { cwd: source });
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    await run('tar', ['-xzf', join(packed, filename), '-C', packed]);
    await cp(join(packed, 'package'), join(root, into, 'node_modules/faultline-plugin-certificates'), {
      recursive: true,
    });
  }
  const ENTRY = { use: 'npm:faultline-plugin-certificates', name: 'certificates' };
  const CERTIFICATE = {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: 'web', namespace: 'ns', uid: 'c' },
    status: {
      conditions: [{ type: 'Ready', status: 'False', reason: 'Pending', message: 'Waiting' }],
    },
  } as unknown as ClusterObject;

  it('is found from the folder of the configuration upwards', async () => {
    await install('.');
    const [controller] = await load(ENTRY);
    expect(controller).toMatchObject({ definition: { watches: { kind: 'Certificate' } } });
    expect(await title(controller, CERTIFICATE)).toBe('Certificate of web is not ready');
  });

  it('or beside faultline, where a derived image has installed it and the configuration is mounted elsewhere', async () => {
    await install('app');
    // What looks for packages, where an image has it.
    const importer = join(root, 'app/product/import-plugin.mts');
    await mkdir(dirname(importer));
    await cp(new URL('../import-plugin.ts', import.meta.url), importer);
    await mkdir(join(root, 'etc'));
    const script = `
      const { importPlugin } = await import(${JSON.stringify(pathToFileURL(importer).href)});
      const find = (name) => importPlugin(name, ${JSON.stringify(join(root, 'etc'))}).then((module) => module.default.watches.kind, (error) => error.message);
      console.log(JSON.stringify([await find('faultline-plugin-certificates'), await find('absent')]));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: root,
    });
    expect(JSON.parse(stdout)).toEqual([
      'Certificate',
      // Where it was looked for first, and should be.
      expect.stringMatching(/Cannot find package 'absent' imported from .*etc/),
    ]);
  });
});
