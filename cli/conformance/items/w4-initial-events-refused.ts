import { refusal } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { currentVersion, watchCollection } from '../watching.ts';

export const w4: Item = {
  number: 'W4',
  level: 'MUST',
  requirement: 'sendInitialEvents without its resourceVersionMatch is 422, and false sends none.',
  breaks: 'Ignored, it makes informers wait for an end of the list that never comes.',
  async check(subject) {
    const { api, collection } = subject;
    const path = `${collection}?watch=true&timeoutSeconds=1&sendInitialEvents=true`;
    const { details } = refusal(await api.send(path), 422);
    const reasons = details?.causes?.map(({ reason }) => reason) ?? [];
    ensure(reasons.includes('FieldValueForbidden'), `the causes are ${JSON.stringify(details?.causes)}`);
    const version = BigInt(await currentVersion(subject));
    const watch = await watchCollection(subject, 'sendInitialEvents=false&resourceVersionMatch=NotOlderThan');
    if (watch.status === 422) return;
    const old = watch.changes.filter(({ object }) => BigInt(object.metadata?.resourceVersion || 0) <= version);
    ensure(old.length === 0, `sendInitialEvents=false sent ${old.length} objects that were there before`);
  },
};
