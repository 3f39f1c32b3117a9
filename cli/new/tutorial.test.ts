import { exec } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiClient } from '../testing/api-client.ts';
import { startCommand } from '../testing/running-command.ts';

/** docs/write-a-controller.md, "From nothing to a running controller", word for word and block by block. */

interface Block {
  readonly type: string;
  /** The name of the file, where the block is one. */
  readonly file: string | undefined;
  /** It shows what a file holds by now, instead of what to write. */
  readonly isShown: boolean;
  readonly text: string;
}

let folder: string;
let blocks: Block[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'controller-tutorial-'));
  const page = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'write-a-controller.md'), 'utf8');
  const tutorial = page.slice(page.indexOf('## From nothing'), page.indexOf('Your controller runs in a thread'));
  const found = tutorial.matchAll(/(?:^`([\w./-]+)`( is now)?:\n\n)?^```(\w+)\n(.*?)^```$/gms);
  blocks = [...found].map(([, file, isShown, type = '', text = '']) => ({
    type,
    file,
    isShown: isShown !== undefined,
    text,
  }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a newcomer who does what the page says has a running, tested controller', { timeout: 120_000 }, async () => {
  expect(blocks.map(({ type, file }) => file ?? type)).toEqual([
    ...['console', 'sh', 'jobs.ts', 'fixtures/jobs.yaml', 'sh', 'jobs.golden.yaml', 'sh', 'sh'],
  ]);
  const [made, first, plugin, fixture, update, golden, up, heal] = blocks;
  const [, typed = '', printed] = /^\$ faultline ([^\n]*)\n(.*)$/s.exec(made?.text ?? '') ?? [];
  const command = startCommand(typed.split(' '), { directory: folder });
  expect([await command.exitCode, command.err.text(), command.out.text()]).toEqual([0, '', printed]);

  const jobs = join(folder, 'jobs');
  await run(first?.text, folder);
  for (const block of [plugin, fixture]) await writeFile(join(jobs, block?.file ?? ''), block?.text ?? '');
  await run(update?.text, jobs);
  expect(await readFile(join(jobs, golden?.file ?? ''), 'utf8')).toBe(golden?.text);

  const argv = [...(up?.text.trim().split(' ').slice(1) ?? []), '--listen', '127.0.0.1:0'];
  await using served = startCommand(argv, { directory: jobs });
  await served.printed('kubectl');
  await using client = await apiClient(join(jobs, '.faultline', 'kubeconfig'));
  const issues = async () =>
    (await client.issues()).map(({ spec, status }) => [
      spec.source,
      spec.subject.kind,
      spec.subject.name,
      status.state,
    ]);
  await expect.poll(issues, { timeout: 30_000 }).toEqual([['jobs', 'CronJob', 'backup', 'Active']]);
  await run(heal?.text, jobs);
  await expect.poll(issues, { timeout: 30_000 }).toEqual([['jobs', 'CronJob', 'backup', 'Resolved']]);
  expect(await served.stop()).toBe(0);
});

/** A shell with the Node of this test, and `faultline/*` as the sources here instead of a build. */
async function run(script = '', cwd: string): Promise<void> {
  const { NODE_TEST_CONTEXT: _, UPDATE_GOLDEN: _golden, ...env } = process.env;
  const path = `${dirname(process.execPath)}:${env.PATH}`;
  const options = { cwd, env: { ...env, PATH: path, NODE_OPTIONS: '--conditions=faultline-source' } };
  await promisify(exec)(`set -e\n${script}`, options).catch((error: { stdout: string }) => {
    throw new Error(`${script}${error.stdout}`, { cause: error });
  });
}
