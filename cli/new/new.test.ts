import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCommand } from '../testing/running-command.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-new-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(...argv: string[]) {
  const command = startCommand(argv, { directory: folder });
  return { code: await command.exitCode, out: command.out.text(), err: command.err.text().trimEnd().split('\n') };
}

/** `node --test` there, over the sources of this package instead of its build. */
function nodeTest(directory: string): Promise<{ stdout: string }> {
  const given = { ...process.env, NODE_OPTIONS: '--conditions=faultline-source', FORCE_COLOR: '0' };
  // A test runner inside a test runner would report to the outer one.
  const { NODE_TEST_CONTEXT: _, ...clean } = given as Record<string, string>;
  return promisify(execFile)(process.execPath, ['--test'], { cwd: directory, env: clean });
}

describe('faultline new controller', () => {
  test('writes a controller of either order whose tests pass at once', async () => {
    const { code, out, err } = await run('new', 'controller', 'lamp');
    expect([code, err]).toEqual([0, ['']]);
    expect(out).toContain('Next: cd lamp && npm test');
    const flags = ['--kind=Workflow', '--api-version=argoproj.io/v1alpha1', '--order=run'];
    expect((await run('new', 'controller', 'argo-workflow', ...flags)).code).toBe(0);
    // One process for both: it finds the tests below.
    expect((await nodeTest(folder)).stdout).toMatch(/pass 6\n/);
    expect(await readFile(join(folder, 'argo-workflow', 'README.md'), 'utf8')).toContain('# argo-workflow\n');
  }, 90_000);

  test('its tests fail when the controller says something else, and tell what to do', async () => {
    const file = join(folder, 'lamp', 'lamp.ts');
    await writeFile(file, (await readFile(file, 'utf8')).replace("'major'", "'minor'"));
    await expect(nodeTest(join(folder, 'lamp'))).rejects.toMatchObject({
      stdout: expect.stringContaining('run the test again with UPDATE_GOLDEN=1') as string,
    });
  }, 90_000);

  test('overwrites nothing, and writes nothing when it cannot write all', async () => {
    await mkdir(join(folder, 'mine'));
    await writeFile(join(folder, 'mine', 'README.md'), 'mine');
    const { code, err } = await run('new', 'controller', 'fresh', '--dir', 'mine');
    expect([code, err]).toEqual([
      1,
      ['error: mine has README.md already, and nothing was written: choose another --dir'],
    ]);
    expect(await readdir(join(folder, 'mine'))).toEqual(['README.md']);
  });

  test('leaves package.json to a project that has one', async () => {
    expect((await run('new', 'controller', 'plain', '--no-package', '--dir', 'sub/plain')).code).toBe(0);
    expect((await readdir(join(folder, 'sub/plain'))).sort()).toEqual([
      ...['README.md', 'faultline.yaml', 'fixtures', 'plain.golden.yaml', 'plain.test.ts', 'plain.ts'],
    ]);
  });

  test('says everything that is wrong with what was typed, and what was probably meant', async () => {
    expect(await run('new', 'controler', 'ArgoWorkflow', '--api-version', 'argoproj.io')).toMatchObject({
      code: 2,
      err: [
        'error: "controler" is nothing that can be made: write new controller NAME; did you mean "controller"?',
        'error: "ArgoWorkflow" is no name for a controller: lower-case words with dashes, at most 63 characters, beginning with a letter; did you mean "argo-workflow"?',
        'error: --api-version: "argoproj.io" is no API version, such as apps/v1; did you mean "argoproj.io/v1"?',
        'See faultline new --help',
      ],
    });
    const { err } = await run('new', 'controller', 'x', '--kind', 'workflow', '--api-version', 'Apps/1');
    expect(err).toContain('error: --kind: "workflow" is no kind; did you mean "Workflow"?');
    expect(err).toContain('error: --api-version: "Apps/1" is no API version, such as apps/v1; did you mean "apps/v1"?');
    expect((await run('new', 'controller', 'person')).err).toContain(
      'error: "person" is reserved: choose another name',
    );
    expect((await run('new', 'controller', '../x')).err[0]).toContain('did you mean "x"?');
  });

  test('shows examples in its help', async () => {
    expect((await run('new', '--help')).out).toContain('faultline new controller argo-workflow --kind Workflow');
  });
});
