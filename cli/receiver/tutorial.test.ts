import { exec } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiClient } from '../testing/api-client.ts';
import { startCommand } from '../testing/running-command.ts';

/** docs/receivers.md, word for word: its files, its commands and what they print. */

const page = join(import.meta.dirname, '..', '..', 'docs', 'receivers.md');
let folder: string;
let tutorial: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'receivers-'));
  const text = await readFile(page, 'utf8');
  tutorial = text.slice(text.indexOf('## A file alone'), text.indexOf('## Three places'));
  for (const [, name = '', content = ''] of tutorial.matchAll(/^`([\w./-]+)`:\n\n```\w+\n(.*?)^```$/gms)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('what faultline receiver test prints is what the page says', async () => {
  const [, argv = '', printed] = /^\$ faultline (.*)\n((?:.|\n)*?)^```$/m.exec(tutorial) ?? [];
  const command = startCommand(argv.split(' '), { directory: folder });
  expect(await command.exitCode).toBe(0);
  expect(command.out.text()).toBe(printed);
});

test('a file alone connects a new webhook source', { timeout: 90_000 }, async () => {
  const commands = [...tutorial.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, line = '']) => line);
  expect(commands).toHaveLength(2);
  await using up = startCommand(['up', '--listen', '127.0.0.1:0'], { directory: folder });
  await up.printed('kubectl');
  await using client = await apiClient(join(folder, '.faultline', 'kubeconfig'));
  const run = async (line: string): Promise<unknown> => {
    const here = line.replace('https://127.0.0.1:7443', client.server);
    return JSON.parse((await promisify(exec)(here, { cwd: folder })).stdout) as unknown;
  };
  const issues = async () =>
    (await client.issues()).map(({ metadata, spec, status }) => [metadata.namespace, spec.title, status.state]);
  const [red = '', green = ''] = commands;

  expect(await run(red)).toMatchObject({ results: [{ status: 200, decisions: [{ key: 'latency', cell: '6A' }] }] });
  await expect.poll(issues).toEqual([['shop', 'latency of checkout fails', 'Active']]);
  await run(green);
  await expect.poll(issues).toEqual([['shop', 'latency of checkout fails', 'Resolved']]);
  expect((await client.issues())[0]?.status.resolvedAt).toBe('2026-11-20T10:12:00Z');
  await run(red);
  expect(await issues()).toEqual([['shop', 'latency of checkout fails', 'Resolved']]);

  // Another file, while it runs.
  const checks = await readFile(join(folder, 'cluster', 'checks.yaml'), 'utf8');
  await writeFile(join(folder, 'cluster', 'more.yaml'), checks.replace('name: checks', 'name: more'));
  const more = red.replace('shop/checks', 'shop/more');
  await expect.poll(() => run(more), { timeout: 30_000 }).toMatchObject({ results: [{ status: 200 }] });
  expect(await up.stop()).toBe(0);
});
