import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from, to } from 'pg-copy-streams';
import { type Bulk, quoted, quotedList, wholeRows } from './bulk.ts';
import { storeError } from './errors.ts';
import { connectionTo, type DatabaseUrl, openPostgresql } from './postgresql.ts';

/** How others on the database see who copies. */
export const BULK_NAME = 'faultline-bulk';

/** Nothing has a time; and indexes are made in memory: with the default of 64 MB, those of a million rows are sorted on disk. */
const SETTINGS = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']
  .map((name) => `SET ${name} = 0;`)
  .concat(`SET maintenance_work_mem = '256MB'`)
  .join(' ');

/** One connection that may take as long as it takes. */
export async function openPostgresqlBulk(url: DatabaseUrl): Promise<Bulk> {
  // COPY answers while it is sent to, which a pipeline of statements cannot.
  const config = { ...(await connectionTo(url)), pipeline: false, application_name: BULK_NAME };
  const client = new pg.Client(config);
  // Without a listener an 'error' of the connection would end the process; the statement that waits rejects.
  client.on('error', () => {});
  await client.connect().catch(rethrow);
  await client.query(SETTINGS);
  const database = openPostgresql(url, { maxConnections: 2, name: BULK_NAME });
  return {
    database,
    query: async <Row>(sql: string, values: readonly unknown[] = []) =>
      (await client.query(sql, [...values]).catch(rethrow)).rows as Row[],
    read: (table, columns) =>
      wholeRows(client.query(to(`COPY (SELECT ${quotedList(columns)} FROM ${quoted(table)}) TO STDOUT`))),
    async write(table, columns, pieces) {
      const copying = client.query(from(`COPY ${quoted(table)} (${quotedList(columns)}) FROM STDIN`));
      // What the pieces throw is not the database's.
      let fault: unknown;
      await pipeline(pieces, noting, copying).catch((error: unknown) => {
        throw fault ?? storeError(error);
      });
      return copying.rowCount;

      async function* noting(all: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
        try {
          yield* all;
        } catch (error) {
          fault = error;
          throw error;
        }
      }
    },
    async [Symbol.asyncDispose]() {
      await client.end().catch(() => {});
      await database[Symbol.asyncDispose]();
    },
  };
}

function rethrow(error: unknown): never {
  throw storeError(error);
}
