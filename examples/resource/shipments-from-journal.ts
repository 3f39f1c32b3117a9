import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { defineResource } from 'faultline/apiserver';
import Joi from 'joi';
import { type Shipment, type ShipmentRecord, shipment, shipments } from './shipment.ts';

/** Shipments from a file with one JSON record a line, which somebody's pipeline writes: a small job that says what there is. */
export default defineResource<Shipment, { journal: string; every: number }>({
  ...shipments,
  options: Joi.object({
    journal: Joi.string().required().description('The file, relative to faultline.yaml.'),
    every: Joi.number().integer().min(10).default(5_000).description('How often it is read, ms.'),
  }),
  async feed(objects, { options, directory, signal, sleep }) {
    for (; !signal.aborted; await sleep(options.every)) {
      const lines = (await readFile(resolve(directory, options.journal), 'utf8')).split('\n');
      const records = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as ShipmentRecord);
      await objects.replace(records.map(shipment)); // of two lines about one shipment the later counts
    }
  },
});
