import { exec } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { functionNames } from '../../cel/index.ts';
import { VARIABLES } from '../../controllers/rules/index.ts';
import { apiClient } from '../testing/api-client.ts';
import { startCommand } from '../testing/running-command.ts';

/** docs/write-a-rule.md, word for word: its files, its commands and what they print; its tables against the code. */

let folder: string;
let page: string;
let tutorial: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rule-tutorial-'));
  page = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'write-a-rule.md'), 'utf8');
  tutorial = page.slice(page.indexOf('## From a file'), page.indexOf('## Three places'));
  for (const [, name = '', content = ''] of tutorial.matchAll(/^`([\w./-]+)`:\n\n```\w+\n(.*?)^```$/gms)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('what faultline rule prints is what the page says', async () => {
  const shown = [...tutorial.matchAll(/^```console\n\$ faultline (.*)\n((?:.|\n)*?)^```$/gm)];
  expect(shown).toHaveLength(3);
  for (const [, argv = '', printed] of shown) {
    const command = startCommand(argv.split(' '), { directory: folder });
    expect([await command.exitCode, command.err.text()]).toEqual([0, '']);
    expect(command.out.text()).toBe(printed);
  }
});

test('a file becomes an issue, which resolves', { timeout: 90_000 }, async () => {
  const commands = [...tutorial.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, line = '']) => line);
  expect(commands).toHaveLength(2);
  await using up = startCommand(['up', '--listen', '127.0.0.1:0'], { directory: folder });
  await up.printed('kubectl');
  await using client = await apiClient(join(folder, '.faultline', 'kubeconfig'));
  const run = (line: string) => promisify(exec)(line, { cwd: folder });
  const issues = async () =>
    (await client.issues()).map(({ metadata, spec, status }) => [
      ...[metadata.namespace, spec.source, spec.title, status.state, status.openedAt],
    ]);
  const [begin = '', heal = ''] = commands;

  expect(await issues()).toEqual([]);
  await run(begin);
  const issue = ['shop', 'clusterrule.databases', 'The database orders is not ready'];
  await expect.poll(issues, { timeout: 20_000 }).toEqual([[...issue, 'Active', '2026-11-20T10:00:00Z']]);
  await run(heal);
  await expect.poll(issues, { timeout: 20_000 }).toEqual([[...issue, 'Resolved', '2026-11-20T10:00:00Z']]);
  expect(await up.stop()).toBe(0);
});

test('the page lists every variable and every function, and none that is not there', () => {
  const tables = page.slice(page.indexOf('## Expressions'), page.indexOf('## What a rule says'));
  const rows = [...tables.matchAll(/^\| (`.*?`) \| (.*) \|$/gm)].map(([, names = '', text = '']) => ({
    names: [...names.matchAll(/`([\w.]+)`/g)].map(([, name = '']) => name),
    text,
  }));
  const variables = rows.slice(0, Object.keys(VARIABLES).length).map(({ names: [name = ''], text }) => [name, text]);
  expect(Object.fromEntries(variables)).toEqual(VARIABLES);
  const [, ...functions] = rows.slice(variables.length).map(({ names }) => names);
  expect(functions.flat().sort()).toEqual(functionNames().sort());
});
