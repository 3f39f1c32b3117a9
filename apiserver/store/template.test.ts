import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openFolder } from './template.ts';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'faultline-template-'));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

it('a database is made in an empty folder, over what a killed start left aside, and found again', async () => {
  const folder = join(parent, 'database');
  await mkdir(`${folder}.new`);
  await writeFile(join(`${folder}.new`, 'PG_VERSION'), 'half');
  const made = await openFolder(folder);
  await made.exec('CREATE TABLE kept (x int); INSERT INTO kept VALUES (7)');
  await made.close();
  const again = await openFolder(folder);
  expect((await again.query('SELECT x FROM kept')).rows).toEqual([{ x: 7 }]);
  await again.close();
  expect(await readdir(folder)).toContain('PG_VERSION');
}, 60_000);
