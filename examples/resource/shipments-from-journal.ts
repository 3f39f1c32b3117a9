import { appendFile, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ApiError, defineResource } from 'faultline/apiserver';
import Joi from 'joi';
import { type Shipment, type ShipmentRecord, shipment, shipments } from './shipment.ts';

/** Shipments from a file with one JSON record a line, which somebody's pipeline writes: a small job that says what there is. */
export default defineResource<Shipment, { journal: string; every: number }>({
  ...shipments,
  options: Joi.object({
    journal: Joi.string().required().description('The file, relative to faultline.yaml.'),
    every: Joi.number().integer().min(10).default(5_000).description('How often it is read, ms.'),
  }),
  actions: [
    {
      name: 'abandon',
      kind: 'ShipmentAbandonment',
      description: 'Says that a shipment that still runs has failed: nobody waits for it any longer.',
      status: Joi.object({ phase: Joi.string().required().description('How far it is then.') }),
      /** Changes what the feed reads, and nothing else; sent again, nothing happens. */
      async perform({ object: { metadata, spec, status }, dryRun }, { options, directory, now }) {
        if (status.phase === 'Succeeded') throw new ApiError('Conflict', `${metadata.name} has arrived already`);
        if (status.phase === 'Running' && !dryRun) {
          const id = metadata.name.slice(spec.application.length + 1);
          const changed_at = new Date(now()).toISOString();
          const record = {
            team: metadata.namespace ?? '',
            id,
            ...spec,
            phase: 'Failed',
            changed_at,
          } satisfies ShipmentRecord;
          await appendFile(resolve(directory, options.journal), `\n${JSON.stringify(record)}\n`);
        }
        return { phase: 'Failed' };
      },
    },
  ],
  async feed(objects, { options, directory, signal, sleep }) {
    for (; !signal.aborted; await sleep(options.every)) {
      const lines = (await readFile(resolve(directory, options.journal), 'utf8')).split('\n');
      const records = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as ShipmentRecord);
      await objects.replace(records.map(shipment)); // of two lines about one shipment the later counts
    }
  },
});
