import { existsSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Postgres, startPostgres } from './postgres.ts';
import { isRunning } from './process-tree.ts';

describe('the throw-away PostgreSQL', () => {
  let postgres: Postgres;

  beforeAll(async () => {
    postgres = await startPostgres({ fsync: false, tcp: true });
  });

  afterAll(() => postgres?.[Symbol.asyncDispose]());

  it('is reached over its socket and over TCP', async () => {
    await postgres.database('reached');
    for (const url of [postgres.urlOf('reached'), postgres.tcpUrlOf('reached')]) {
      await using client = await connect(url);
      expect((await client.query('select current_database() as name')).rows).toEqual([{ name: 'reached' }]);
    }
  });

  it('makes a database anew under the same name, from a template', async () => {
    await postgres.database('template');
    await postgres.psql('create table t (i int); insert into t values (7)', 'template');
    await postgres.database('copy', 'template');
    await postgres.psql('delete from t', 'copy');
    await postgres.database('copy', 'template');
    expect(await postgres.psql('select i from t', 'copy')).toBe('7');
  });

  it('keeps connections open and answers nobody while it is paused', async () => {
    await using client = await connect(postgres.url);
    await postgres.pause();
    const answer = client.query('select 1 as one').then((result) => result.rows);
    const silence = new Promise((resolve) => setTimeout(resolve, 200, 'silence'));
    expect(await Promise.race([answer, silence])).toBe('silence');
    postgres.resume();
    expect(await answer).toEqual([{ one: 1 }]);
  });

  it('has every acknowledged row after a crash', async () => {
    await postgres.database('crashed');
    await postgres.psql('create table t as select 1 as i', 'crashed');
    await postgres.kill();
    await postgres.start();
    expect(await postgres.psql('select i from t', 'crashed')).toBe('1');
  });
});

it('disposing PostgreSQL leaves no process and no file, also when it is paused', async () => {
  const postgres = await startPostgres({ fsync: false });
  const { pid, dir } = postgres;
  await postgres.pause();
  await postgres[Symbol.asyncDispose]();
  expect(pid !== undefined && isRunning(pid)).toBe(false);
  expect(existsSync(dir)).toBe(false);
});

it('a setting that PostgreSQL does not know fails the start with its own words', async () => {
  const start = startPostgres({ settings: { no_such_setting: '1' } });
  await expect(start).rejects.toThrow(
    /postgres ended with code 1[\s\S]*unrecognized configuration parameter "no_such_setting"/,
  );
});

async function connect(url: string): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client(url);
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}
