import type { PGlite } from '@electric-sql/pglite';
import { type Bulk, quoted, quotedList, wholeRows } from './bulk.ts';
import { openEmbeddedWith } from './embedded.ts';

/** Where PGlite reads and writes what COPY copies: a piece of memory, so that a table is taken a few megabytes at a time. */
const DEVICE = `'/dev/blob'`;
/** Pages of 8 KiB of one read. */
const PAGES = 256;

/** PGlite: the connection is the database. */
export async function openEmbeddedBulk(folder: string): Promise<Bulk> {
  const { database, pglite } = await openEmbeddedWith(folder);
  return {
    database,
    query: async <Row>(sql: string, values: readonly unknown[] = []) =>
      (await pglite.query<Row>(sql, [...values])).rows,
    read: (table, columns) => wholeRows(read(pglite, table, columns)),
    async write(table, columns, pieces) {
      const copy = `COPY ${quoted(table)} (${quotedList(columns)}) FROM ${DEVICE}`;
      let rows = 0;
      for await (const piece of pieces) {
        const { affectedRows = 0 } = await pglite.query(copy, [], { blob: new Blob([new Uint8Array(piece)]) });
        rows += affectedRows;
      }
      return rows;
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** By pages, which only a table without partitions has: of a partitioned one those of its partitions. */
async function* read(pglite: PGlite, table: string, columns: readonly string[]): AsyncGenerator<Uint8Array> {
  const { rows } = await pglite.query<{ name: string; pages: number }>(LEAVES, [quoted(table)]);
  for (const { name, pages } of rows) {
    for (let page = 0; page < Number(pages); page += PAGES) {
      const range = `ctid >= '(${page},0)'::tid AND ctid < '(${page + PAGES},0)'::tid`;
      const select = `SELECT ${quotedList(columns)} FROM ${name} WHERE ${range}`;
      const { blob } = await pglite.query(`COPY (${select}) TO ${DEVICE}`);
      if (blob) yield new Uint8Array(await blob.arrayBuffer());
    }
  }
}

const LEAVES = `
WITH RECURSIVE tree AS (
  SELECT $1::regclass::oid AS oid UNION ALL SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid
)
SELECT oid::regclass::text AS name, pg_relation_size(oid) / 8192 AS pages FROM tree`;
