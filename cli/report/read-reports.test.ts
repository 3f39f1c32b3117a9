import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordedStreams } from '../testing/recorded-streams.ts';
import { readReports } from './read-reports.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-reports-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it.each([
  ['lines of JSON', '{"source": "a"}\n{"source": "b"}\n'],
  ['an array', '[{"source": "a"}, {"source": "b"}]'],
  ['YAML', 'source: a\n---\nsource: b\n'],
])('a byte order mark before %s is none of it', async (_, text) => {
  const file = join(directory, 'reports');
  await writeFile(file, `\uFEFF${text}`);
  const reports = await readReports(file, recordedStreams());
  expect(reports.map(({ spec }) => spec)).toEqual([{ source: 'a' }, { source: 'b' }]);
});
