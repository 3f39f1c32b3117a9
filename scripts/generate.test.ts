import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { controllerPages } from './controller-pages.ts';
import { outdated } from './generate.ts';

test('what is generated from schemas and tables is up to date (npm run generate)', async () => {
  expect(await outdated(join(import.meta.dirname, '..'))).toEqual([]);
});

test('a file that is missing or was edited counts as outdated', async () => {
  const names = await outdated('/nowhere');
  expect(names).toContain('crds/generated/faultline.schema.json');
  expect(names).toContain('docs/controllers/tekton-pipelinerun.md');
});

test('what people wrote on the page of a controller stays, around what is generated', async () => {
  const root = await mkdtemp(join(tmpdir(), 'faultline-pages-'));
  try {
    const page = join(root, 'docs/controllers/tekton-pipelinerun.md');
    await mkdir(dirname(page), { recursive: true });
    await writeFile(page, '# above\n<!-- generated: begin -->\nstale\n<!-- generated: end -->\nbelow\n');
    const pages = new Map(await controllerPages(root));
    const text = pages.get('docs/controllers/tekton-pipelinerun.md') ?? '';
    expect(text).toMatch(/^# above\n<!-- generated: begin -->\n/);
    expect(text).toMatch(/\n<!-- generated: end -->\nbelow\n$/);
    expect(text).not.toContain('stale');
    // A heading alone is followed by the summary; an introduction takes its place.
    expect(text).toContain('Tekton PipelineRuns: one issue for each thing');
    await writeFile(page, '# title\n\nA word.\n\n<!-- generated: begin -->\n<!-- generated: end -->\n');
    const introduced = new Map(await controllerPages(root)).get('docs/controllers/tekton-pipelinerun.md') ?? '';
    expect(introduced).not.toContain('Tekton PipelineRuns: one issue for each thing');
    for (const part of ['| `OOMKilled` |', '| `severity.build` | `major` |', 'pipelineruns', 'pods/log'])
      expect(text).toContain(part);
    await writeFile(page, 'no markers');
    await expect(controllerPages(root)).rejects.toThrow('the page of tekton/pipelinerun lacks the markers');
  } finally {
    await rm(root, { recursive: true });
  }
});
