import { TABLE } from '../accept.ts';
import { refusal } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { isPartial, type Table, tableOf } from '../tables.ts';

export const t3: Item = {
  number: 'T3',
  level: 'MUST',
  requirement:
    'includeObject puts the metadata (by default), the whole object or nothing into the rows; other values are 400.',
  breaks: 'kubectl get -A, --show-labels and --sort-by; k9s; Rancher.',
  async check(subject) {
    const { api, collection, target } = subject;
    await subject.objects();
    const ask = (query: string) => api.send(`${collection}?limit=2${query}`, { headers: { accept: TABLE } });
    const rows = async (query: string): Promise<Table['rows']> => tableOf(await ask(query)).rows;
    for (const query of ['', '&includeObject=Metadata']) {
      const partial = (await rows(query)).every(({ object }) => isPartial(object));
      ensure(partial, `${query || 'by default'} rows do not hold a PartialObjectMetadata`);
    }
    const whole = (await rows('&includeObject=Object')).every(({ object }) => object?.kind === target.kind);
    ensure(whole, 'with includeObject=Object rows do not hold the object');
    const none = (await rows('&includeObject=None')).every(({ object }) => object === undefined || object === null);
    ensure(none, 'with includeObject=None rows hold an object');
    refusal(await ask('&includeObject=nonsense'), 400);
  },
};
