import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrationFiles } from '../../migrations/index.ts';
import { type Installation, install } from './installation.ts';
import { rollOut } from './rollout.ts';

/**
 * A rollout that brings a new schema (docs/upgrade.md): the build of today is the old version; the new one is the same with
 * one more migration, which expands every table that a report touches. At 200 requests a second, where the machine can; between
 * two commits it is `npm run soak -- tests/upgrade`.
 */
const root = join(import.meta.dirname, '..', '..');
const VERSION = migrationFiles().at(-1)?.version ?? 0;
const EXPAND = `
ALTER TABLE issues ADD COLUMN colour text, ADD COLUMN size bigint NOT NULL DEFAULT 0;
ALTER TABLE watermarks ADD COLUMN note text NOT NULL DEFAULT '';
ALTER TABLE changes ADD COLUMN note text;
ALTER TABLE meta ADD COLUMN note text;
ALTER TABLE episodes ADD COLUMN note text;
ALTER TABLE sources ADD COLUMN note text;
CREATE TABLE colours (name text PRIMARY KEY);
CREATE INDEX colours_name ON colours (name);
`;
let faultline: Installation;
let newer: string;

beforeAll(async () => {
  faultline = await install({ namespaces: ['load'] });
  newer = join(faultline.dir, 'newer');
  await mkdir(newer);
  await cp(join(root, 'dist'), join(newer, 'dist'), { recursive: true });
  await cp(join(root, 'package.json'), join(newer, 'package.json'));
  await symlink(join(root, 'node_modules'), join(newer, 'node_modules'));
  await writeFile(join(newer, 'dist', 'migrations', `${String(VERSION + 1).padStart(4, '0')}-expand.sql`), EXPAND);
});
afterAll(async () => {
  await faultline?.[Symbol.asyncDispose]();
});

test('fails no request and loses no report while the schema changes under the old servers; a downgrade is refused', async () => {
  const { refused, again, acknowledged, lists, perSecond } = await rollOut({
    faultline,
    before: undefined,
    after: join(newer, 'dist', 'cli', 'bin.js'),
    schema: VERSION + 1,
    requestsPerSecond: 200,
  });
  console.log(
    `${acknowledged.length} reports and ${lists} lists, ${Math.round(perSecond)} a second, ${again.length} again`,
  );
  expect(refused).toEqual([]);
  expect(again.length).toBeLessThanOrEqual(2);
  expect(lists).toBeGreaterThan(100);
  const names = (await faultline.issues('load')).map(({ spec }) => spec.subject.name);
  expect(names.sort()).toEqual([...acknowledged].sort());

  const back = await faultline.startReplica({ name: 'back', ready: 'never' });
  await expect.poll(() => back.child.ended, { timeout: 30_000 }).toBe('code 1');
  expect(await readFile(back.child.logPath, 'utf8')).toContain(
    `error: the database has schema version ${VERSION + 1}, this faultline knows ${VERSION}: start the newer faultline again`,
  );
  await faultline.until('load', (issues) => issues.length === acknowledged.length);
}, 300_000);
