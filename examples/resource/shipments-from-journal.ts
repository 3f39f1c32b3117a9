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
      /**
       * Changes what the feed reads, and nothing else. What the journal says last decides, not the object, which is as old as the
       * feed's last look: sent again, nothing happens. A file has no lock: of two at the same instant both write the same line.
       */
      async perform({ object: { metadata }, dryRun }, { options, directory, now }) {
        const journal = resolve(directory, options.journal);
        const { namespace, name } = metadata;
        const last = (await recordsOf(journal)).findLast((record) => {
          const of = shipment(record).metadata;
          return of.namespace === namespace && of.name === name;
        });
        if (!last) throw new ApiError('NotFound', `${name} is no longer in the journal`);
        if (last.phase === 'Succeeded') throw new ApiError('Conflict', `${name} has arrived already`);
        if (last.phase === 'Running' && !dryRun) {
          const record: ShipmentRecord = { ...last, phase: 'Failed', changed_at: new Date(now()).toISOString() };
          await appendFile(journal, `\n${JSON.stringify(record)}\n`);
        }
        return { phase: 'Failed' };
      },
    },
  ],
  async feed(objects, { options, directory, signal, sleep }) {
    for (; !signal.aborted; await sleep(options.every)) {
      const records = await recordsOf(resolve(directory, options.journal));
      await objects.replace(records.map(shipment)); // of two lines about one shipment the later counts
    }
  },
});

async function recordsOf(journal: string): Promise<ShipmentRecord[]> {
  const lines = (await readFile(journal, 'utf8')).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as ShipmentRecord);
}
