import { JSON_TYPE, TABLE, TABLE_BETA } from '../accept.ts';
import { ensure, type Item } from '../item.ts';
import { tableIn, tableOf } from '../tables.ts';
import { watchCollection } from '../watching.ts';

const BETA = 'meta.k8s.io/v1beta1';

export const t1: Item = {
  number: 'T1',
  level: 'MUST',
  requirement: 'get, list and watch are Tables for whoever asks, of v1 and of v1beta1.',
  breaks: 'k9s and Rancher, which understand nothing else; kubectl get shows only name and age.',
  async check(subject) {
    const { api, collection, target } = subject;
    const one = await subject.one();
    for (const path of [subject.item(one), `${collection}?limit=1`]) {
      const { columns, rows } = tableOf(await api.send(path, { headers: { accept: TABLE } }));
      ensure(columns.length > 0, `the Table of ${path} has no columns`);
      ensure(rows.length === 1, `the Table of ${path} has ${rows.length} rows`);
      tableOf(await api.send(path, { headers: { accept: TABLE_BETA } }), BETA);
    }
    const kubectl = `${TABLE},${TABLE_BETA},${JSON_TYPE}`;
    tableOf(await api.send(`${collection}?limit=1`, { headers: { accept: kubectl } }));
    if (!target.verbs.includes('watch')) return;
    const watch = await watchCollection(subject, 'resourceVersion=0', { accept: TABLE });
    const [first] = watch.changes;
    tableIn(first?.object ?? {}, 'meta.k8s.io/v1', watch.question);
  },
};
