import { refusal } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { keysOf } from '../subject.ts';
import { STREAMED_LIST, watchCollection } from '../watching.ts';

export const w17: Item = {
  number: 'W17',
  level: 'SHOULD',
  requirement: 'A watch ignores limit; continue together with resourceVersionMatch is 422.',
  breaks: 'Clients that add their limit to every request would see only the first objects.',
  async check(subject) {
    const objects = await subject.objects(2);
    const watch = await watchCollection(subject, 'resourceVersion=0&limit=1');
    const seen = new Set(keysOf(watch.changes.map(({ object }) => object)).split(' '));
    ensure(seen.size > 1, `with limit=1 it sent ${seen.size} of ${objects.length} objects`);
    refusal(
      await subject.api.send(`${subject.collection}?watch=true&timeoutSeconds=1&${STREAMED_LIST}&continue=x`),
      422,
    );
  },
};
