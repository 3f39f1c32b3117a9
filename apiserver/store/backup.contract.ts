import { beforeAll, expect, test } from 'vitest';
import { backup } from './backup.ts';
import { BackupDamaged } from './backup-format.ts';
import { KEPT_TABLES } from './backup-tables.ts';
import { type Bulk, openBulk } from './bulk.ts';
import { createMonths } from './episodes.ts';
import { openStore, type StoreOptions } from './open-store.ts';
import { type RestoreOptions, RestoreRefused, restore } from './restore.ts';
import { open, ref, stored } from './samples.contract.ts';
import type { SqlStore } from './sql-store.ts';

type Where = StoreOptions['database'];

/** Makes an empty database; `dispose` of the last one is the caller's. */
export type MakeDatabase = () => Promise<Where>;

/** What COPY has to escape. */
const NASTY = `E'tab\\there, line\\nhere, back\\\\slash, \\\\. and \\\\N, "quotes", ünïcödé 🦆'`;

const FILL = `
INSERT INTO timeline (issue_id, at, actor, action, comment) SELECT id, now(), ${NASTY}, 'comment', ${NASTY} FROM issues;
INSERT INTO related SELECT gen_random_uuid(), a.id, b.id, ${NASTY}, now() FROM issues a, issues b WHERE a.name < b.name LIMIT 3;
INSERT INTO evidence SELECT id, now(), NULL, jsonb_build_object('log', ${NASTY}), ${NASTY} FROM issues;
INSERT INTO deliveries VALUES ('receiver.ci', ${NASTY}, '{"status": 200}', now());
INSERT INTO sources VALUES ('kite', '', 'm', 'run', 7, '{}', NULL);
INSERT INTO objects VALUES ('widgets', '', 'w', '{"a": [1, null]}', 5);
INSERT INTO feeds VALUES ('widgets', ${NASTY}, 3, now(), true);
INSERT INTO contents SELECT id, 1, now(), 1, 0, 1, '{}', '{}', NULL, 1, now(), now() FROM issues;
INSERT INTO episodes SELECT id, 1, now() - interval '1 hour', now(), ${NASTY}, '{}', '2026-02-03T04:05:06Z', id, now(), 1, '{}', NULL, 1, now()
  FROM issues`;

/** Backup and restore from one kind of database to one kind; databases are opened rarely, because PGlite takes its time. */
export function backupContract(kinds: { readonly source: MakeDatabase; readonly target: MakeDatabase }): void {
  let taken: Buffer;
  let before: Content;
  let schema: string[];
  /** The greatest number of the backup, and one that was given after it. */
  let [last, later] = [0, 0];
  let identity: string;

  beforeAll(async () => {
    const source = await kinds.source();
    await using store = await at(source);
    for (let index = 0; index < 5; index++) await open(store, ref(`c${index}`));
    await createMonths(store.database, ['2026-02']);
    for (const statement of FILL.split(';\n')) await store.database.query(statement);
    last = await store.lastChange();
    schema = await schemaLines(store);
    await store[Symbol.asyncDispose]();
    await using bulk = await openBulk(source);
    taken = await backedUp(bulk);
    before = await contentOf(bulk);
    await bulk[Symbol.asyncDispose]();
    await using again = await at(source);
    later = (await open(again, ref('after-the-backup'))).change;
    identity = again.identity;
  });

  test('a restore has every row, gives numbers above every one that was ever given, and takes reports', async () => {
    expect(Object.values(before).every(({ rows }) => rows > 0)).toBe(true);
    const target = await kinds.target();
    await using bulk = await openBulk(target);
    const told: string[] = [];
    const head = await restored(taken, bulk, { onRows: (...rows) => told.push(rows.join(' ')) });
    expect(head).toMatchObject({ clusterId: 'cluster', rows: { issues: 5, timeline: 5 }, lastChange: last });
    expect(told).toContain('issues 5 5');
    expect(await contentOf(bulk)).toEqual(before);
    await bulk[Symbol.asyncDispose]();

    await using store = await at(target);
    const { floor } = await store.changes('issues').snapshot();
    expect(floor).toBeGreaterThan(later);
    expect(store.identity).not.toBe(identity);
    expect((await stored(store, ref('c1'))).change).toBeLessThanOrEqual(last);
    expect((await open(store, ref('after'))).change).toBeGreaterThan(floor);
    // A line of the timeline gets a number of its own.
    await store.database.query(
      `INSERT INTO timeline (issue_id, at, actor, action) SELECT id, now(), 'a', 'b' FROM issues LIMIT 1`,
    );
    expect(await schemaLines(store)).toEqual(schema);
  });

  test('a backup that is damaged, cut off or newer leaves nothing behind, and what is there is not overwritten', async () => {
    await using bulk = await openBulk(await kinds.target());
    await expect(backedUp(bulk)).rejects.toThrow(/^this database holds no issues of faultline/);
    const refused = async (bytes: Buffer): Promise<Error> => {
      const error = await restored(bytes, bulk).catch((cause: unknown) => cause);
      const [found] = await bulk.query<{ table: string | null }>(`SELECT to_regclass('issues')::text AS table`);
      if (found?.table) expect((await contentOf(bulk)).issues?.rows).toBe(0);
      return error as Error;
    };
    for (const share of [0.05, 0.6, 0.999]) {
      expect(await refused(taken.subarray(0, Math.floor(taken.length * share)))).toBeInstanceOf(BackupDamaged);
    }
    expect((await refused(withoutOneRow(taken))).message).toMatch(/rows are missing/);
    expect((await refused(Buffer.concat([taken, taken]))).message).toMatch(/something follows its end/);
    const newer = taken.toString('latin1').replace(/"schemaVersion":\d+/, '"schemaVersion":99');
    expect((await refused(Buffer.from(newer, 'latin1'))).message).toMatch(
      /^the backup has schema version 99, this faultline knows \d+: restore it with the newer faultline$/,
    );
    for (const text of ['hello\n', '{"faultline":"x"}\n']) {
      expect((await refused(Buffer.from(text))).message).toMatch(/^this is no backup of faultline/);
    }

    await restored(taken, bulk);
    const error = await restored(taken, bulk).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(RestoreRefused);
    expect((error as Error).message).toMatch(/^this database holds 5 issues: restore .* --replace$/);
    expect(await contentOf(bulk)).toEqual(before);
    await bulk.query('DELETE FROM related');
    await restored(taken, bulk, { replace: true });
    expect(await contentOf(bulk)).toEqual(before);
  });
}

const at = (where: Where) => openStore({ database: where, clusterId: 'cluster' });

/** The last row of the first piece, and the length in front of it. */
function withoutOneRow(taken: Buffer): Buffer {
  const text = taken.toString('latin1');
  const piece = /\n(\d+)\n/.exec(text);
  const [from, length] = [(piece?.index ?? 0) + (piece?.[0].length ?? 0), Number(piece?.[1])];
  const rows = text.slice(from, from + length);
  const fewer = rows.slice(0, rows.slice(0, -1).lastIndexOf('\n') + 1);
  return Buffer.from(`${text.slice(0, piece?.index)}\n${fewer.length}\n${fewer}${text.slice(from + length)}`, 'latin1');
}

export async function backedUp(bulk: Bulk): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of backup(bulk)) pieces.push(piece);
  return Buffer.concat(pieces);
}

export async function restored(taken: Buffer, bulk: Bulk, options: RestoreOptions = {}) {
  return await restore(bulk, chunksOf(taken), options);
}

/** Of a size that cuts lines and rows. */
async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 997) yield bytes.subarray(at, at + 997);
}

type Content = Readonly<Record<string, { readonly rows: number; readonly digest: string }>>;

/** How many rows each kept table has, and a digest of them all. */
async function contentOf(bulk: Bulk): Promise<Content> {
  const content: Record<string, { rows: number; digest: string }> = {};
  for (const table of KEPT_TABLES) {
    const [found] = await bulk.query<{ rows: number; digest: string }>(
      `SELECT count(*) AS rows, md5(string_agg(t::text, '|' ORDER BY t::text)) AS digest FROM ${table} t`,
    );
    content[table] = { rows: Number(found?.rows), digest: found?.digest ?? '' };
  }
  return content;
}

/** Indexes come back with their names and definitions. */
async function schemaLines({ database }: SqlStore): Promise<string[]> {
  const rows = await database.query<{ line: string }>(
    `SELECT indexdef AS line FROM pg_indexes WHERE schemaname = current_schema() AND tablename NOT LIKE '%\\_20%' ORDER BY 1`,
  );
  return rows.map(({ line }) => line);
}
