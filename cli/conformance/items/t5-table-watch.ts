import { TABLE } from '../accept.ts';
import { ensure, type Item } from '../item.ts';
import { watchCollection } from '../watching.ts';

export const t5: Item = {
  number: 'T5',
  level: 'MUST',
  requirement: 'A watch of Tables describes the columns in its first event only, and sends one row an event.',
  breaks: 'kubectl get -w and k9s.',
  async check(subject) {
    await subject.objects(2);
    const watch = await watchCollection(subject, 'resourceVersion=0', { accept: TABLE });
    const [first, ...later] = watch.changes;
    ensure((first?.object.columnDefinitions?.length ?? 0) > 0, 'the first event does not describe the columns');
    ensure(later.length > 0, 'it sent one event for several objects');
    for (const { object, type } of watch.changes) {
      ensure(object.rows?.length === 1, `an event ${type} has ${object.rows?.length} rows`);
      ensure(object.rows[0]?.object?.metadata?.resourceVersion, `the row of an event ${type} has no resourceVersion`);
    }
    const again = later.find(({ object }) => (object.columnDefinitions?.length ?? 0) > 0);
    ensure(!again, 'a later event describes the columns again');
  },
};
