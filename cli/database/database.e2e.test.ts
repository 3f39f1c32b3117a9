import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../apiserver/store/open-store.ts';
import { migrationFiles, schemaVersion } from '../../migrations/index.ts';
import { type Postgres, startPostgres } from '../../tests/controlplane/postgres.ts';
import { startCommand } from '../testing/running-command.ts';

/** What docs/upgrade.md and docs/backup.md show, on PostgreSQL. */
let postgres: Postgres;
let directory: string;
beforeAll(async () => {
  [postgres, directory] = await Promise.all([
    startPostgres({ fsync: false }),
    mkdtemp(join(tmpdir(), 'faultline-database-')),
  ]);
});
afterAll(async () => {
  await postgres?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** A fresh database; `<name>.url` is the file with its URL. */
async function database(name: string): Promise<string> {
  const url = await postgres.database(name);
  await writeFile(join(directory, `${name}.url`), url);
  return url;
}

async function faultline(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const command = startCommand(argv, { directory });
  const code = await command.exitCode;
  return { code, out: command.out.text(), err: command.err.text() };
}
const known = schemaVersion();

describe('faultline migrate', () => {
  test('plans without running, runs, and tells what there is, with exit codes for pipelines', async () => {
    await database('migrated');
    const plan = await faultline('migrate', 'plan', '--database-url-file=migrated.url', '--exit-code');
    expect(plan.code).toBe(10);
    expect(plan.out).toMatch(
      /^-- the database is empty, this faultline knows \d+: \d+ migrations are pending\n\n-- 0001-/,
    );
    expect(plan.out).toContain('CREATE TABLE issues');
    expect((await faultline('migrate', 'status', '--database-url-file=migrated.url')).out).toContain(
      'the database is empty',
    );

    const up = await faultline('migrate', 'up', '--database-url-file=migrated.url');
    expect(up).toMatchObject({ code: 0, err: '' });
    expect(up.out.trimEnd().split('\n')).toEqual([
      ...migrationFiles().map(({ name, phase }) => `${name} (${phase}): done`),
      `schema version ${known}, this faultline knows ${known}: no migrations are pending`,
    ]);
    expect(await faultline('migrate', 'status', '--database-url-file=migrated.url', '--exit-code')).toMatchObject({
      code: 0,
      out: `schema version ${known}, this faultline knows ${known}: no migrations are pending\n`,
    });
  });

  test('refuses a newer schema in one line that says what to do', async () => {
    await database('newer');
    await faultline('migrate', 'up', '--database-url-file=newer.url');
    await postgres.psql('UPDATE meta SET schema_version = 99', 'newer');
    for (const action of ['status', 'plan', 'up']) {
      const { code, err } = await faultline('migrate', action, '--database-url-file=newer.url');
      expect(code).toBe(1);
      expect(err).toMatch(
        /^error: the database has schema version 99, this faultline knows \d+: start the newer .*\n$/,
      );
    }
  });
});

describe('faultline backup and restore', () => {
  beforeAll(async () => {
    const store = await openStore({ database: { url: await database('source') }, clusterId: 'uid-of-kube-system' });
    await store[Symbol.asyncDispose]();
    await postgres.psql(
      `INSERT INTO evidence VALUES (gen_random_uuid(), now(), NULL, '{"log": "the end of a log"}', 'the end of a log')`,
      'source',
    );
    expect(await faultline('backup', 'x.backup', '--database-url-file=source.url')).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringMatching(
        /^backed up 0 issues of cluster uid-of-kube-system \(schema version \d+\), as of 2\S+Z\n$/,
      ),
    });
  });

  test('carry what is stored by way of a file that only its owner reads, into PostgreSQL and into a drill on PGlite', async () => {
    expect((await stat(join(directory, 'x.backup'))).mode & 0o777).toBe(0o600);
    expect(gunzipSync(await readFile(join(directory, 'x.backup'))).toString()).toContain('the end of a log');
    await database('target');
    expect(await faultline('restore', 'x.backup', '--database-url-file=target.url')).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^restored 0 issues of cluster uid-of-kube-system/),
    });
    expect(await postgres.psql('SELECT text FROM evidence', 'target')).toBe('the end of a log');
    expect((await faultline('restore', 'x.backup', '--state-dir=drill')).err).toMatch(/^restored 0 issues/);
  });

  test('say in one line which file cannot be used, and leave no half of one', async () => {
    await database('refused');
    await writeFile(join(directory, 'text'), 'hello');
    const bytes = await readFile(join(directory, 'x.backup'));
    await writeFile(join(directory, 'cut'), bytes.subarray(0, bytes.length - 9));
    const refused = async (file: string) => (await faultline('restore', file, '--database-url-file=refused.url')).err;
    expect(await refused('missing')).toMatch(/^error: cannot read \S+missing: no such file\n$/);
    expect(await refused('text')).toMatch(
      /^error: \S+text is no backup of faultline, or it is damaged \(Z_DATA_ERROR\)\n$/,
    );
    expect(await refused('cut')).toMatch(
      /^error: \S+cut is no backup of faultline, or it is damaged \(Z_BUF_ERROR\)\n$/,
    );
    const backup = async (file: string, from: string) =>
      (await faultline('backup', file, `--database-url-file=${from}.url`)).err;
    expect(await backup('no/such/folder', 'source')).toMatch(/^error: cannot write \S+ in \S+: ENOENT\n$/);
    expect(await backup('y.backup', 'refused')).toMatch(/^error: this database holds no issues of faultline/);
    expect((await readdir(directory)).filter((name) => name.includes('y.backup'))).toEqual([]);
  });
});
