import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { migrationFiles, schemaVersion } from '../../migrations/index.ts';
import { startCommand } from '../testing/running-command.ts';
import { planText, statusLine } from './run-migrate.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-database-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function errors(...argv: string[]): Promise<string> {
  const command = startCommand(argv, { directory });
  return `${await command.exitCode}: ${command.err.text()}`;
}

it('says everything that is wrong with the arguments of migrate', async () => {
  const text = await errors('migrate', 'down', '--state-dir=a', '--database-url-file=b');
  expect(text).toMatch(
    /^2: error: "down" is not one of plan, up, status\nerror: --database-url-file and --state-dir name/,
  );
});

it.each([
  ['migrate', 'plan'],
  ['migrate', 'up'],
  ['backup', 'x.backup'],
])('%s %s refuses a folder without a database, and makes none', async (...argv) => {
  expect(await errors(...argv)).toMatch(
    /^1: error: there is no database in \S+\.faultline: name one with --state-dir or/,
  );
  expect(await readdir(directory)).toEqual([]);
});

it('says which file with a URL cannot be read', async () => {
  expect(await errors('migrate', 'status', '--database-url-file=missing')).toMatch(
    /^1: error: cannot read \S+missing: no such/,
  );
});

it('speaks of no, of one and of several migrations', () => {
  const known = schemaVersion();
  const [all, last] = [migrationFiles(), migrationFiles().slice(-1)];
  expect(statusLine({ stored: known, known, pending: [] })).toMatch(
    /^schema version \d+, .*: no migrations are pending$/,
  );
  expect(statusLine({ stored: known - 1, known, pending: last })).toMatch(/: 1 migration is pending$/);
  expect(statusLine({ stored: 0, known, pending: all })).toBe(
    `the database is empty, this faultline knows ${known}: ${known} migrations are pending`,
  );
  expect(planText({ stored: known - 1, known, pending: last })).toContain(`\n-- ${last[0]?.name} (expand)\n`);
});
