import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pollTable, type TableDatabase, type TableFeed } from './table.ts';
import { DrivenFeed } from './testing/driven-feed.ts';

interface Thing {
  readonly spec: { readonly color: string };
}

let pglite: PGlite;
beforeAll(async () => {
  pglite = await PGlite.create('memory://');
});
afterAll(() => pglite.close());
beforeEach(async () => {
  await pglite.exec(`
    DROP TABLE IF EXISTS things;
    CREATE TABLE things (team text, id bigint, name text, color text, gone boolean, version bigint, PRIMARY KEY (team, id));
    INSERT INTO things VALUES ('a', 1, 'one', 'red', false, 10), ('a', 2, 'two', 'blue', false, 11);`);
});

const asked: string[] = [];

function database(): TableDatabase {
  return {
    async query(sql, values) {
      asked.push(sql);
      return (await pglite.query<Record<string, unknown>>(sql, [...values])).rows;
    },
    async [Symbol.asyncDispose]() {},
  };
}

type Row = { team: string; id: number; name: string | null; color: string; gone: boolean };

const TABLE: TableFeed<Thing, object, Row> = {
  connect: database,
  table: 'things',
  key: ['team', 'id'],
  version: 'version',
  object({ team, name, color, gone }) {
    if (gone) return undefined;
    if (name === null) throw new Error('a thing without a name');
    return { metadata: { namespace: team, name }, spec: { color } };
  },
};

async function following(over: Partial<TableFeed<Thing, object, Row>> = {}): Promise<DrivenFeed<Thing, object>> {
  const feed = await new DrivenFeed<Thing, object>(pollTable({ ...TABLE, ...over }), {}).settled();
  asked.length = 0;
  return feed;
}

const exec = (sql: string): Promise<unknown> => pglite.exec(sql);

describe('pollTable', () => {
  it('writes every row at its start, deletes what is stored of no row, and is complete then', async () => {
    await using feed = new DrivenFeed<Thing, object>(pollTable(TABLE), {});
    feed.objects.stored.set('a/old', { metadata: { namespace: 'a', name: 'old' }, spec: { color: '' } });
    await feed.settled();
    expect([...feed.objects.stored.keys()]).toEqual(['a/one', 'a/two']);
    expect(feed.objects.written).toEqual(['put a/one', 'put a/two', 'remove a/old']);
    expect(feed.objects.completed).toBe(true);
  });

  it('finds new and changed rows at the next poll, and writes no others', async () => {
    await using feed = await following();
    feed.objects.take();
    expect(await feed.pass(1_000)).toEqual([]);
    await exec(`INSERT INTO things VALUES ('b', 1, 'one', 'red', false, 12)`);
    await exec(`UPDATE things SET color = 'green', version = 13 WHERE team = 'a' AND id = 1`);
    expect((await feed.pass(1_000)).sort()).toEqual(['put a/one', 'put b/one']);
    expect(feed.objects.stored.get('a/one')?.spec.color).toBe('green');
    expect(await feed.pass(1_000)).toEqual([]);
  });

  it('finds a row whose version was taken before one that was already seen', async () => {
    await using feed = await following({ scan: 3_600_000 });
    await feed.pass(20_000); // the scan after the start is over
    await exec(`INSERT INTO things VALUES ('a', 4, 'seen', 'red', false, 14)`);
    expect(await feed.pass(1_000)).toEqual(['put a/seen']);
    await feed.pass(8_000);
    await exec(`INSERT INTO things VALUES ('a', 3, 'late', 'red', false, 13)`); // open for 9 s
    expect(await feed.pass(1_000)).toEqual(['put a/late']);
  });

  it('finds by the scan what was committed later than the overlap', async () => {
    await using feed = await following({ overlap: 5_000 });
    await exec(`INSERT INTO things VALUES ('a', 4, 'seen', 'red', false, 14)`);
    await feed.pass(20_000);
    await exec(`INSERT INTO things VALUES ('a', 3, 'late', 'red', false, 13)`);
    feed.objects.take();
    expect(await feed.pass(30_000)).toEqual([]);
    expect(await feed.pass(30_000)).toEqual(['put a/late']);
  });

  it('scans once after the overlap: transactions that were open at the start are over then', async () => {
    await using feed = await following({ scan: 3_600_000 });
    feed.objects.take();
    await exec(`INSERT INTO things VALUES ('a', 9, 'open', 'red', false, 9)`);
    expect(await feed.pass(8_000)).toEqual([]);
    expect(await feed.pass(3_000)).toEqual(['put a/open']);
  });

  it('finds by the scan rows that went and versions that were not raised in order', async () => {
    await using feed = await following();
    await feed.pass(20_000);
    await exec(`DELETE FROM things WHERE id = 1; UPDATE things SET color = 'pink', version = 2 WHERE id = 2`);
    feed.objects.take();
    expect((await feed.pass(60_000)).sort()).toEqual(['put a/two', 'remove a/one']);
    expect([...feed.objects.stored.keys()]).toEqual(['a/two']);
  });

  it('takes away at the next poll a row that says that it is deleted, and shows it again', async () => {
    await using feed = await following();
    feed.objects.take();
    await exec('UPDATE things SET gone = true, version = 12 WHERE id = 1');
    expect(await feed.pass(1_000)).toEqual(['remove a/one']);
    await exec('UPDATE things SET gone = false, version = 13 WHERE id = 1');
    expect(await feed.pass(1_000)).toEqual(['put a/one']);
  });

  it('follows a row that is another object now, and one that took the name of a deleted row', async () => {
    await using feed = await following();
    feed.objects.take();
    await exec(`UPDATE things SET name = 'uno', version = 12 WHERE id = 1`);
    expect(await feed.pass(1_000)).toEqual(['remove a/one', 'put a/uno']);
    await exec(`DELETE FROM things WHERE id = 2; INSERT INTO things VALUES ('a', 5, 'two', 'black', false, 13)`);
    expect(await feed.pass(1_000)).toEqual(['put a/two']);
    expect(await feed.pass(120_000)).toEqual([]);
    expect(feed.objects.stored.get('a/two')?.spec.color).toBe('black');
    expect(feed.warned).toMatchObject([{ message: 'a row of a table is the object that another row was' }]);
  });

  it('rows that swap their names are two objects still', async () => {
    await using feed = await following();
    feed.objects.take();
    await exec(`UPDATE things SET name = CASE id WHEN 1 THEN 'two' ELSE 'one' END, version = version + 10`);
    await feed.pass(1_000);
    expect(feed.objects.stored.get('a/one')?.spec.color).toBe('blue');
    expect(feed.objects.stored.get('a/two')?.spec.color).toBe('red');
  });

  it('leaves a row that is no object as it was, says so once, and goes on with the others', async () => {
    await using feed = await following();
    feed.objects.take();
    await exec(`UPDATE things SET name = NULL, version = 12 WHERE id = 1; UPDATE things SET version = 13 WHERE id = 2`);
    expect(await feed.pass(120_000)).toEqual(['put a/two']);
    expect(feed.objects.stored.has('a/one')).toBe(true);
    expect(feed.warned).toMatchObject([{ fields: { row: '["a","1"]' }, message: expect.stringContaining('left out') }]);
  });

  it('leaves out a row of which a careless function makes no object', async () => {
    const object = ({ id, name }: Row & { id: number }): never =>
      (id === 2 ? { metadata: null } : { metadata: { namespace: 'a', name }, spec: {} }) as never;
    await using feed = await following({ object: object as never });
    expect([...feed.objects.stored.keys()]).toEqual(['a/one']);
    expect(feed.warned).toMatchObject([{ fields: { row: '["a","2"]' }, message: expect.stringContaining('left out') }]);
  });

  it('reads a large table page by page, and rows that share a version too', async () => {
    await exec(`INSERT INTO things SELECT 'many', n, 'n' || n, 'red', false, 12 FROM generate_series(1, 10500) n`);
    await using feed = await following({ scan: 3_600_000 });
    expect(feed.objects.stored.size).toBe(10_502);
    await feed.pass(20_000);
    await exec(`UPDATE things SET version = 13 WHERE team = 'many'`);
    expect(await feed.pass(1_000)).toHaveLength(10_500);
  });

  it('takes times as versions, to the microsecond', async () => {
    await exec(`
      DROP TABLE things;
      CREATE TABLE things (team text, id bigint PRIMARY KEY, name text, color text, gone boolean, changed timestamptz);
      INSERT INTO things VALUES ('a', 1, 'one', 'red', false, '2026-11-21T07:00:00.000001Z')`);
    await using feed = await following({ key: ['id'], version: 'changed', overlap: 0, scan: 3_600_000 });
    await feed.pass(3_000);
    await exec(`INSERT INTO things VALUES ('a', 2, 'two', 'red', false, '2026-11-21T07:00:00.000002Z')`);
    expect(await feed.pass(1_000)).toEqual(['put a/two']);
  });

  it('follows an empty table, and one that is emptied', async () => {
    await exec('DELETE FROM things');
    await using feed = await following();
    expect(feed.objects.completed).toBe(true);
    await exec(`INSERT INTO things VALUES ('a', 1, 'one', 'red', false, 1)`);
    expect(await feed.pass(1_000)).toEqual(['put a/one']);
    await exec('TRUNCATE things');
    expect(await feed.pass(61_000)).toEqual(['remove a/one']);
  });

  it.each<[string, string]>([
    ['no row', 'DELETE FROM things'],
    ['no row that has a version', 'UPDATE things SET version = NULL'],
    ['one row without a version', 'UPDATE things SET version = NULL WHERE id = 2'],
  ])('follows a table with %s, and finds later versions at the next poll', async (_, begin) => {
    await exec(begin);
    await using feed = await following();
    await feed.pass(20_000);
    await exec(`INSERT INTO things VALUES ('b', 1, 'three', 'red', false, 12), ('b', 2, 'null', 'red', false, NULL)`);
    expect(await feed.pass(1_000)).toEqual(['put b/three']);
    await feed.pass(20_000);
    await exec(`INSERT INTO things VALUES ('b', 3, 'four', 'red', false, 13)`);
    expect(await feed.pass(1_000)).toEqual(['put b/four']);
    await feed.pass(60_000);
    expect(feed.objects.stored.has('b/null')).toBe(true); // by the scan
    await exec('UPDATE things SET version = NULL');
    await feed.pass(120_000);
    await exec(`INSERT INTO things VALUES ('b', 4, 'five', 'red', false, 14)`);
    expect(await feed.pass(1_000)).toContain('put b/five');
  });

  it('reads more rows without a version than a page has', async () => {
    await exec(`INSERT INTO things SELECT 'many', n, 'n' || n, 'red', false, NULL FROM generate_series(1, 10500) n;
      UPDATE things SET version = NULL`);
    await using feed = await following();
    await feed.pass(2_000);
    expect(feed.objects.stored.size).toBe(10_502);
  });

  it('asks nothing but SELECT, and names everything quoted', async () => {
    await exec(`CREATE TABLE IF NOT EXISTS "odd ""one" ("the key" text PRIMARY KEY, "Version" bigint); DELETE FROM "odd ""one";
      INSERT INTO "odd ""one" VALUES ('k', 1)`);
    await using feed = await following({
      ...{ table: 'odd "one', key: ['the key'], version: 'Version' },
      object: (row) => ({
        metadata: { namespace: 'a', name: (row as unknown as { 'the key': string })['the key'] },
        spec: { color: JSON.stringify(row) },
      }),
    });
    await feed.pass(1_000);
    expect(asked.every((sql) => sql.startsWith('SELECT '))).toBe(true);
    expect(feed.objects.stored.get('a/k')?.spec.color).toBe('{"the key":"k","Version":1}');
  });

  it('fails with the database, to be started again', async () => {
    await using feed = await following();
    await exec('DROP TABLE things');
    await expect(feed.pass(1_000)).rejects.toThrow('relation "things" does not exist');
  });
});
