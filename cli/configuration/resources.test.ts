import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordedStreams } from '../testing/recorded-streams.ts';
import { configure } from './controllers.ts';
import { ConfigurationError } from './fault.ts';

const GOOD = (name: string, more = ''): string => `
  import Joi from 'joi';
  import { defineResource } from 'faultline/apiserver';
  export default defineResource({
    apiVersion: 'resource/v1', kind: '${name[0]?.toUpperCase()}${name.slice(1)}', plural: '${name}s', description: 'One.',
    schema: { spec: Joi.object() }, columns: [], options: Joi.object({ size: Joi.number().min(1), every: Joi.string().default('1s') }),
    async feed() {}, ${more}
  });`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-resources-'));
  const files: Record<string, string> = {
    'widget.ts': GOOD('widget'),
    'gadget.ts': GOOD('gadget', `shortNames: ['widget']`),
    'issue.ts': GOOD('issue'),
    'plain.ts': GOOD('plain').replace(/options:.*\}\),/, ''),
    'nothing.ts': 'export const x = 1;',
    'wrong.ts': `export default { apiVersion: 'resource/v2', kind: 'lower', plural: 'Upper', singular: 'a b', shortNames: 'x',
      categories: ['all'], namespaced: 1, description: '', schema: { spec: {}, data: 1 }, columns: [{ name: 'A' }, { name: 'B', cell() {}, type: 'blob' }],
      selectableFields: { 'metadata.uid': () => '' }, options: {}, feed: 'x' };`,
    'broken.ts': 'export default (;',
    'package.json': '{"type":"module"}',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const plugin = join(folder, 'node_modules', 'faultline-resource-npm');
  await mkdir(plugin, { recursive: true });
  await writeFile(
    join(plugin, 'package.json'),
    '{"name":"faultline-resource-npm","version":"1.0.0","type":"module","main":"i.js"}',
  );
  await writeFile(join(plugin, 'i.js'), GOOD('thing'));
});
afterAll(() => rm(folder, { recursive: true }));

const HEAD = 'apiVersion: config.faultline.dev/v1alpha1\nkind: FaultlineConfiguration\n';

async function load(resources: string) {
  await writeFile(join(folder, 'faultline.yaml'), `${HEAD}${resources}`);
  return configure(undefined, recordedStreams({ directory: folder }));
}

async function faults(resources: string): Promise<string[]> {
  const error = await load(resources).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConfigurationError)) throw error ?? new Error('there are no faults');
  return error.message.split('\n');
}

describe('resources:', () => {
  it('are loaded from files and packages, with their options completed', async () => {
    // In a process of its own: vitest would resolve the imports instead of Node.
    const module = JSON.stringify(new URL('./resources.ts', import.meta.url).href);
    const entries = JSON.stringify([
      { use: './widget.ts', enabled: true, with: { size: 3 } },
      { use: 'npm:faultline-resource-npm', enabled: true, with: {} },
      { use: './gadget.ts', enabled: false, with: {} },
    ]);
    const script = `
      const { loadResources } = await import(${module});
      const { resources, faults } = await loadResources(${entries}, ${JSON.stringify(folder)});
      console.log(JSON.stringify({ faults, loaded: resources.map(({ module, options }) => [module.plural, options]) }));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
    expect(JSON.parse(stdout)).toEqual({
      faults: [],
      loaded: [
        ['widgets', { size: 3, every: '1s' }],
        ['things', { every: '1s' }],
      ],
    });
  });

  it('may be left out: then there is none, and controllers are as ever', async () => {
    const { resources, controllers } = await load('');
    expect(resources).toEqual([]);
    expect(controllers.map(({ name }) => name)).toEqual(['tekton-pipelinerun']);
  });

  it('tell every fault of every entry at once, with line and column', async () => {
    expect(
      await faults(`resources:
  - use: ./widget.ts
    with:
      size: 0
      evry: 1s
  - {use: ./plain.ts, with: {size: 1}}
  - {use: ./nothing.ts}
  - {use: ./absent.ts}
  - {use: widget}
  - {usee: ./widget.ts}
  - {use: ./widget.ts, enabled: maybe}
controllers: [{use: tekton/pipelinerun, naem: x}]
`),
    ).toEqual([
      'faultline.yaml:6:13: resources[0].with.size: must be greater than or equal to 1 (is 0)',
      'faultline.yaml:7:13: resources[0].with.evry: unknown key; did you mean "every"?',
      'faultline.yaml:8:36: resources[1].with.size: this resource has no options',
      'faultline.yaml:9:11: resources[2].use: has no resource as its default export: export default defineResource({…}) (is "./nothing.ts")',
      expect.stringMatching(/^faultline\.yaml:10:11: resources\[3\]\.use: cannot be loaded: .*absent\.ts/) as string,
      'faultline.yaml:11:11: resources[4].use: no resource "widget": a file begins with ./, a package with npm:',
      'faultline.yaml:12:5: resources[5].use: is missing',
      'faultline.yaml:12:6: resources[5].usee: unknown key; did you mean "use"?',
      expect.stringContaining('faultline.yaml:13:33: resources[6].enabled: must be a boolean') as string,
      'faultline.yaml:14:41: controllers[0].naem: unknown key; did you mean "name"?',
    ]);
  });

  it('name everything that is wrong with a module, and go on with the others', async () => {
    const text = (await faults('resources: [{use: ./wrong.ts}, {use: ./broken.ts}]\n')).join('\n');
    for (const part of [
      'apiVersion must be "resource/v1"',
      'kind must be a Kind',
      'plural must be a name',
      'singular must be a name',
      'shortNames must be a list',
      'must not name "all"',
      'namespaced must be true or false',
      'description must be a sentence',
      'schema.spec must be a Joi schema',
      'schema.data is none of spec and status',
      'columns[0] must have a name',
      'columns[1].type must be one of',
      'selectableFields["metadata.uid"]',
      'options must be a Joi schema',
      'feed must be a function',
      'resources[1].use: cannot be loaded',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('have names that nobody else has', async () => {
    expect(
      await faults('resources: [{use: ./issue.ts}, {use: ./widget.ts}, {use: ./gadget.ts}, {use: ./widget.ts}]\n'),
    ).toEqual([
      `faultline.yaml:3:19: resources[0].use: the name "issue" is taken by Faultline's own issues (is "./issue.ts")`,
      `faultline.yaml:3:19: resources[0].use: the name "issues" is taken by Faultline's own issues (is "./issue.ts")`,
      'faultline.yaml:3:58: resources[2].use: the name "widget" is taken by resources[1] (is "./gadget.ts")',
      'faultline.yaml:3:78: resources[3].use: the name "widget" is taken by resources[1] (is "./widget.ts")',
      'faultline.yaml:3:78: resources[3].use: the name "widgets" is taken by resources[1] (is "./widget.ts")',
    ]);
  });
});
