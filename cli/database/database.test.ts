import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../apiserver/store/open-store.ts';
import { migrationFiles, schemaVersion } from '../../migrations/index.ts';
import { startCommand } from '../testing/running-command.ts';
import { planText, statusLine } from './run-migrate.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-database-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function faultline(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const command = startCommand(argv, { directory });
  const code = await command.exitCode;
  return { code, out: command.out.text(), err: command.err.text() };
}
const known = schemaVersion();
const state = (folder: string) => join(directory, folder, 'database');
const use = (folder: string) => openStore({ database: { embedded: state(folder) }, clusterId: 'folder:x' });

describe('faultline migrate', () => {
  it('plans without running, runs, and tells what there is: with exit codes for pipelines', async () => {
    const plan = await faultline('migrate', 'plan', '--exit-code');
    expect(plan.code).toBe(10);
    expect(plan.out).toMatch(
      new RegExp(
        `^-- the database is empty, this faultline knows ${known}: ${known} migrations are pending\n\n-- 0001-`,
      ),
    );
    expect(plan.out).toContain('CREATE TABLE issues');
    expect((await faultline('migrate', 'status')).out).toContain('the database is empty');

    const up = await faultline('migrate', 'up');
    expect(up).toMatchObject({ code: 0, err: '' });
    expect(up.out.trimEnd().split('\n')).toEqual([
      ...migrationFiles().map(({ name }) => `${name} (expand): done`),
      `schema version ${known}, this faultline knows ${known}: no migrations are pending`,
    ]);
    expect(await faultline('migrate', 'status', '--exit-code')).toMatchObject({
      code: 0,
      out: `schema version ${known}, this faultline knows ${known}: no migrations are pending\n`,
    });
    await using store = await use('.faultline');
    expect(await store.ping()).toBe(true);
  });

  it('refuses a newer schema in one line that says what to do', async () => {
    await using store = await use('.faultline');
    await store.database.query('UPDATE meta SET schema_version = 99');
    await store[Symbol.asyncDispose]();
    for (const action of ['status', 'plan', 'up']) {
      const { code, err } = await faultline('migrate', action);
      expect(code).toBe(1);
      expect(err).toMatch(
        /^error: the database has schema version 99, this faultline knows \d+: start the newer .*\n$/,
      );
    }
  });

  it('says everything that is wrong with its arguments', async () => {
    const { code, err } = await faultline('migrate', 'down', '--state-dir=a', '--database-url-file=b');
    expect(code).toBe(2);
    expect(err).toContain('error: "down" is not one of plan, up, status\n');
    expect(err).toContain('error: --database-url-file and --state-dir name two databases\n');
  });

  it('speaks of one and of several', () => {
    const pending = migrationFiles().slice(-1);
    expect(statusLine({ stored: known - 1, known, pending })).toMatch(/: 1 migration is pending$/);
    expect(planText({ stored: known - 1, known, pending })).toContain(`\n-- ${pending[0]?.name} (expand)\n`);
  });
});

describe('faultline backup and restore', () => {
  beforeEach(async () => {
    await using store = await use('.faultline');
    await store.database.query(
      `INSERT INTO evidence VALUES (gen_random_uuid(), now(), NULL, '{"log": "the end of a log"}', 'the end of a log')`,
    );
  });

  it('carry what is stored to another database by way of a file that only its owner reads', async () => {
    expect(await faultline('backup', 'x.backup')).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringMatching(/^backed up 0 issues of cluster folder:x \(schema version \d+\), as of 2\S+Z\n$/),
    });
    expect((await stat(join(directory, 'x.backup'))).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(['.faultline', 'x.backup']);
    expect(gunzipSync(await readFile(join(directory, 'x.backup'))).toString()).toContain('the end of a log');
    const { code, err } = await faultline('restore', 'x.backup', '--state-dir=drill');
    expect(err).toMatch(/^restored 0 issues of cluster folder:x/);
    expect(code).toBe(0);
    await using store = await use('drill');
    expect(await store.database.query('SELECT text FROM evidence')).toEqual([{ text: 'the end of a log' }]);
  });

  it('say in one line which file cannot be used', async () => {
    await writeFile(join(directory, 'text'), 'hello');
    await faultline('backup', 'x.backup');
    const bytes = await readFile(join(directory, 'x.backup'));
    await writeFile(join(directory, 'cut'), bytes.subarray(0, bytes.length - 9));
    const refused = async (file: string) => (await faultline('restore', file, '--state-dir=drill')).err;
    expect(await refused('missing')).toMatch(/^error: cannot read \S+missing: no such file\n$/);
    expect(await refused('text')).toMatch(
      /^error: \S+text is no backup of faultline, or it is damaged \(Z_DATA_ERROR\)\n$/,
    );
    expect(await refused('cut')).toMatch(
      /^error: \S+cut is no backup of faultline, or it is damaged \(Z_BUF_ERROR\)\n$/,
    );
    expect((await faultline('backup', 'no/such/folder')).err).toMatch(/^error: cannot write \S+ in \S+: ENOENT\n$/);
  });

  it('leave no half of a file when there is nothing to back up', async () => {
    const { code, err } = await faultline('backup', 'x.backup', '--state-dir=empty');
    expect([code, err]).toEqual([
      1,
      'error: this database holds no issues of faultline: no server was ever started on it\n',
    ]);
    expect(await readdir(directory)).not.toContain('x.backup');
    expect(await readdir(directory)).not.toContain('x.backup.partial');
  });

  it('refuse a database that is in use', async () => {
    const { acquireLock } = await import('../state/lock.ts');
    const { systemProcesses } = await import('../state/processes.ts');
    await using _ = await acquireLock(join(directory, '.faultline'), systemProcesses);
    expect((await faultline('backup', 'x.backup')).err).toMatch(/^error: .*\n$/);
  });
});
