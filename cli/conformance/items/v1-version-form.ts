import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { keyOf } from '../loose.ts';
import { NOBODY } from '../subject.ts';

/** JavaScript clients compare them as numbers. */
const MAX = 2n ** 53n;

export const v1: Item = {
  number: 'V1',
  level: 'MUST',
  requirement:
    'Every resourceVersion is a positive decimal number below 2^53 without leading zeros, of empty lists too.',
  breaks: 'Argo CD does not start to watch from "" or "0", Lens does not watch at all, Headlamp compares as numbers.',
  async check(subject) {
    const { api, collection } = subject;
    const check = (version: string | undefined, where: string): void => {
      ensure(/^[1-9]\d*$/.test(version ?? ''), `${where} has the resourceVersion "${version}"`);
      ensure(BigInt(version ?? 0) < MAX, `${where} has the resourceVersion ${version}, not below 2^53`);
    };
    const list = success(await subject.list()).json();
    check(list.metadata?.resourceVersion, 'the list');
    for (const object of list.items ?? []) check(object.metadata?.resourceVersion, keyOf(object));
    const empty = await api.send(`${collection}?fieldSelector=metadata.name%3D${NOBODY}`);
    check(success(empty).json().metadata?.resourceVersion, 'an empty list');
  },
};
