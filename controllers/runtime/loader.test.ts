import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Joi from 'joi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControllerEntry, loadControllers } from './loader.ts';
import { defineController } from './plugin.ts';

const definition = defineController({
  apiVersion: 'controller/v1',
  watches: { apiVersion: ['apps/v1'], kind: 'Deployment' },
  options: Joi.object<{ level: string; url: string }>({
    level: Joi.string().valid('low', 'high').default('low'),
    url: Joi.string(),
  }),
  order: 'state',
  onDelete: 'resolve',
  observe: () => ({ undecided: 'no' }),
});

const builtins = new Map<string, () => Promise<unknown>>([
  ['workloads/deployment', async () => ({ default: definition })],
  ['wrapped', async () => ({ default: { default: definition } })],
  ['empty', async () => ({})],
  ['wrong', async () => ({ default: { ...definition, order: 'sideways', observe: 7, watches: { apiVersion: ['a/v1', 'b/v1'], kind: 'lower', fields: [1] }, reads: [{ apiVersion: 'v1', kind: 'Pod' }, { apiVersion: 'v1', kind: 'Pod' }] } })],
  ['broken', async () => { throw new Error('syntax is off'); }],
]); // biome-ignore format: a table

const load = (...entries: ControllerEntry[]) => loadControllers(entries, { baseDir: '/nowhere', builtins });

describe('loading controllers', () => {
  it('fills in names and defaults', async () => {
    const { controllers, faults } = await load(
      { use: 'workloads/deployment' },
      {
        use: 'wrapped',
        name: 'other',
        concurrency: 9,
        maxAge: '2d',
        namespaces: ['a'],
        labelSelector: 'a=b',
        with: { level: 'high' },
      },
      { use: 'missing', enabled: false },
    );
    expect(faults).toEqual([]);
    expect(controllers).toMatchObject([
      {
        name: 'workloads-deployment',
        options: { level: 'low' },
        namespaces: ['*'],
        concurrency: 4,
        maxAgeMs: 30 * 86_400_000,
        labelSelector: '',
      },
      {
        name: 'other',
        options: { level: 'high' },
        namespaces: ['a'],
        concurrency: 9,
        maxAgeMs: 2 * 86_400_000,
        labelSelector: 'a=b',
      },
    ]);
  });

  it('tells all faults of all entries at once, each with its path', async () => {
    const { controllers, faults } = await load(
      {
        use: 'workloads/deployment',
        name: 'rule.x',
        concurrency: 0,
        maxAge: 'long',
        labelSelector: '~',
        with: { level: 'odd', extra: 1 },
      },
      { use: 'workloads/deployment' },
      { use: 'workloads/deployment' },
      { use: 'workloads/deploy' },
      { use: 'npm:thing' },
      { use: './Thing_1.ts' },
      { use: 'broken' },
      { use: 'empty' },
    );
    expect(controllers).toHaveLength(1);
    const paths = faults.map(({ path }) => path);
    for (const path of [
      '[0].name',
      '[0].concurrency',
      '[0].maxAge',
      '[0].labelSelector',
      '[0].with.level',
      '[0].with.extra',
      '[2].name',
      '[3].use',
      '[4].name',
      '[5].name',
      '[5].use',
      '[6].use',
      '[7].use',
    ]) {
      expect(paths).toContain(`controllers${path}`);
    }
    expect(faults.find(({ path }) => path === 'controllers[0].with.level')).toMatchObject({
      value: 'odd',
      allowed: ['low', 'high'],
    });
    expect(faults.find(({ path }) => path === 'controllers[3].use')?.allowed).toContain('workloads/deployment');
    expect(faults.find(({ path }) => path === 'controllers[6].use')?.message).toContain('syntax is off');
  });

  it('checks a plugin by its shape and names everything that is wrong with it', async () => {
    const { faults } = await load({ use: 'wrong' });
    const text = faults.map(({ message }) => message).join('\n');
    for (const part of [
      'order',
      'observe',
      'several groups (a, b)',
      'watches.kind',
      'watches.fields',
      'repeats the kind Pod',
    ]) {
      expect(text).toContain(part);
    }
  });
});

describe('a plugin that does not ship with the product', () => {
  let folder = '';
  const source = `
    import Joi from 'joi';
    import { defineController, undecided } from 'faultline/controllers';
    export default defineController({
      apiVersion: 'controller/v1', watches: { apiVersion: 'v1', kind: 'Pod' }, order: 'state', onDelete: 'resolve',
      options: Joi.object({ level: Joi.string().default('low') }),
      observe: () => undecided('no'),
    });`;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-loader-'));
    await writeFile(join(folder, 'local.ts'), `type Unused = string;${source}`);
    for (const [name, manifest] of Object.entries({
      'plain-plugin': { main: 'index.js' },
      '@scope/modern': { exports: { import: './index.js' } },
    })) {
      await mkdir(join(folder, 'node_modules', name), { recursive: true });
      await writeFile(
        join(folder, 'node_modules', name, 'package.json'),
        JSON.stringify({ name, version: '1.0.0', type: 'module', ...manifest }),
      );
      await writeFile(join(folder, 'node_modules', name, 'index.js'), source);
    }
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('loads from a TypeScript file and from npm, in a folder that has neither joi nor faultline', async () => {
    // In a process of its own: vitest would resolve the imports instead of Node.
    const script = `
      const { loadControllers } = await import(${JSON.stringify(new URL('./loader.ts', import.meta.url).href)});
      const entries = [{ use: './local.ts' }, { use: 'npm:plain-plugin', name: 'plain' }, { use: 'npm:@scope/modern', name: 'modern' }, { use: 'npm:absent', name: 'absent' }];
      const { controllers, faults } = await loadControllers(entries, { baseDir: ${JSON.stringify(folder)}, builtins: new Map() });
      console.log(JSON.stringify({ loaded: controllers.map(({ name, options }) => [name, options]), faults }));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: folder,
    });
    const { loaded, faults } = JSON.parse(stdout) as { loaded: unknown; faults: { path: string; message: string }[] };
    expect(loaded).toEqual(['local', 'plain', 'modern'].map((name) => [name, { level: 'low' }]));
    expect(faults).toMatchObject([
      { path: 'controllers[3].use', message: expect.stringContaining("Cannot find package 'absent'") as string },
    ]);
  });
});
