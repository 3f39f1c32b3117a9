import { PARTIAL, TABLE } from '../accept.ts';
import { ensure, type Item } from '../item.ts';
import { NOTHING, STREAMED_LIST, watchCollection } from '../watching.ts';

const END = 'k8s.io/initial-events-end';

export const t7: Item = {
  number: 'T7',
  level: 'MUST',
  requirement: 'Bookmarks have the form that was asked for, with their version and annotation.',
  breaks: 'Metadata informers cannot decode them and end; kubectl get -w begins in the past.',
  async check(subject) {
    const [metadata, table] = await Promise.all([
      watchCollection(subject, `${NOTHING}&${STREAMED_LIST}`, { accept: PARTIAL }),
      watchCollection(subject, `${NOTHING}&${STREAMED_LIST}`, { accept: TABLE }),
    ]);
    if (metadata.status === 422) return; // bookmarks without an initial list are seen by W5
    const partial = metadata.bookmarks[0]?.object;
    ensure(partial?.kind === 'PartialObjectMetadata', `as metadata the bookmark is a ${partial?.kind}`);
    const whole = table.bookmarks[0]?.object;
    ensure(whole?.kind === 'Table', `as Table the bookmark is a ${whole?.kind}`);
    for (const carrier of [partial, whole.rows?.[0]?.object]) {
      ensure(carrier?.metadata?.resourceVersion, 'a bookmark has no resourceVersion');
      ensure(carrier.metadata.annotations?.[END] === 'true', `a bookmark has lost the annotation ${END}`);
    }
  },
};
