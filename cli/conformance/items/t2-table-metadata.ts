import { TABLE } from '../accept.ts';
import { ensure, type Item } from '../item.ts';
import { tableOf } from '../tables.ts';

export const t2: Item = {
  number: 'T2',
  level: 'MUST',
  requirement: 'A Table has the resourceVersion and the continue token of its list.',
  breaks: 'kubectl get -w begins in the past; kubectl get shows the first 500 only.',
  async check(subject) {
    const { path } = await subject.scope();
    const ask = (query: string) => subject.api.send(`${path}?${query}`, { headers: { accept: TABLE } });
    const { metadata } = tableOf(await ask('limit=1')).object;
    ensure(/^[1-9]\d*$/.test(metadata?.resourceVersion ?? ''), `resourceVersion is "${metadata?.resourceVersion}"`);
    ensure(metadata?.continue, 'with limit=1 of several objects there is no continue');
    const second = tableOf(await ask(`limit=1&continue=${encodeURIComponent(metadata.continue)}`));
    ensure(second.rows.length === 1, `the second page has ${second.rows.length} rows`);
  },
};
