import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commands } from '../cli/commands/index.ts';
import { runProgram } from '../cli/program.ts';
import { recordedStreams } from '../cli/testing/recorded-streams.ts';

/** What the first page shows is what a newcomer sees. That it works from start to end: tests/e2e/up.e2e.test.ts. */
const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const readme = read('README.md');

test('the issues that it shows are those of the example cluster, and as many as it says', async () => {
  const streams = recordedStreams();
  const program = { name: 'faultline', version: '0', commands };
  expect(await runProgram(['replay', join(root, 'examples/cluster')], streams, program)).toBe(0);
  const [, ...printed] = streams.out.text().trim().split('\n');
  expect(readme).toContain(`${printed.length} Active and 0 Resolved issues from`);
  // Ages pass, and columns are as wide as what is in them; one namespace has no column of it.
  const withoutAge = (line: string): string[] => line.split(/\s{2,}/).filter((cell) => !/^(\d+[ydhms])+$/.test(cell));
  const inShop = printed.map(withoutAge).flatMap(([namespace, ...cells]) => (namespace === 'shop' ? [cells] : []));
  const shown = readme.split('\n').filter((line) => /^component-\S+ +(critical|major|minor|info) /.test(line));
  expect(shown.length).toBeGreaterThan(3);
  for (const line of shown) expect(inShop).toContainEqual(withoutAge(line));
});

test('what it says to edit and to copy is there', () => {
  const [, text = '', file = ''] = /sed -i 's\/(.+?)\/.+?\/' (\S+)/.exec(readme) ?? [];
  expect(read(file)).toContain(text);
  const [, copied = ''] = /^cp (\S+) examples\/cluster/m.exec(readme) ?? [];
  expect(read(copied)).toContain('kind: PipelineRun');
});

test('the example of a controller is as short as it says', () => {
  const [, file = '', lines] = /\[(examples\/controllers\/\S+)\]\(\S+\) has (\d+) lines/.exec(readme) ?? [];
  expect(read(file).trimEnd().split('\n')).toHaveLength(Number(lines));
});
