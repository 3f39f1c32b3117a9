import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { NOBODY } from '../subject.ts';

export const v2: Item = {
  number: 'V2',
  level: 'MUST',
  requirement: "The resourceVersion of a list is the resource's current one, whatever the list holds.",
  breaks: 'A list with few or old objects lies below what is retained: watch, 410, list, watch, 410 …',
  async check(subject) {
    const { api, collection } = subject;
    const versionOf = async (query: string): Promise<bigint> =>
      BigInt(success(await api.send(`${collection}?${query}`)).json().metadata?.resourceVersion || 0);
    const list = success(await api.send(collection)).json();
    const whole = BigInt(list.metadata?.resourceVersion || 0);
    const newest = (list.items ?? []).reduce((most, { metadata }) => {
      const version = BigInt(metadata?.resourceVersion ?? 0);
      return version > most ? version : most;
    }, 0n);
    ensure(whole >= newest, `the list is at ${whole} and holds an object at ${newest}`);
    for (const query of ['limit=1', `fieldSelector=metadata.name%3D${NOBODY}`]) {
      const version = await versionOf(query);
      ensure(version >= whole, `the list was at ${whole}, and afterwards ?${query} at ${version}`);
    }
  },
};
