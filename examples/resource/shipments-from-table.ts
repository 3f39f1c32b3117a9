import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { defineResource, openPostgresql, pollTable, type TableFeed } from 'faultline/apiserver';
import Joi from 'joi';
import { type Shipment, type ShipmentRecord, shipment, shipments } from './shipment.ts';

interface Row extends ShipmentRecord {
  readonly deleted_at: Date | null;
  readonly [column: string]: unknown;
}

interface Options {
  readonly databaseUrlFile: string;
}

/** Where the rows are, and what object each of them is. */
export const table: TableFeed<Shipment, Options, Row> = {
  connect: async ({ options, directory }) =>
    openPostgresql(await readFile(resolve(directory, options.databaseUrlFile), 'utf8')),
  table: 'shipments',
  key: ['team', 'id'],
  version: 'version',
  object: (row) => (row.deleted_at ? undefined : shipment(row)),
};

/** Shipments from the table of a deployment tool (shipments.sql), which is only read and need not know of this. */
export default defineResource<Shipment, Options>({
  ...shipments,
  options: Joi.object({
    databaseUrlFile: Joi.string().required().description('A file with postgres://user:password@host/database.'),
  }),
  feed: pollTable(table),
});
