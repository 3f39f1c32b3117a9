import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { keysOf, settled } from '../subject.ts';
import { apiVersionOf } from '../target.ts';
import { STREAMED_LIST, watchCollection } from '../watching.ts';

const END = 'k8s.io/initial-events-end';

export const w3: Item = {
  number: 'W3',
  level: 'MUST',
  requirement: 'A streamed list (WatchList) sends every object, then one bookmark that is marked as the end of it.',
  breaks: 'Informers of client-go 1.35 hang for ever: kubectl wait, controller-runtime, Rancher.',
  async check(subject) {
    const { target } = subject;
    await settled(async () => {
      const watch = await watchCollection(subject, STREAMED_LIST, { seconds: 2 });
      // Whoever refuses it by 422 is asked for a plain list instead (W4).
      if (watch.status === 422) return undefined;
      const { events } = watch;
      const marked = events.filter(({ object }) => object.metadata?.annotations?.[END] !== undefined);
      ensure(marked.length === 1, `${marked.length} events carry the annotation ${END}`);
      const end = events.findIndex(({ object }) => object.metadata?.annotations?.[END] === 'true');
      const { type, object } = events[end] ?? {};
      ensure(type === 'BOOKMARK', `the end of the list is marked in an event of the type ${type}`);
      const kinds = `${object?.apiVersion} ${object?.kind}`;
      ensure(kinds === `${apiVersionOf(target)} ${target.kind}`, `the bookmark is a ${kinds}`);
      ensure(object?.metadata?.resourceVersion, 'the bookmark has no resourceVersion');
      const before = events.slice(0, end);
      ensure(
        before.every((event) => event.type === 'ADDED'),
        'before its end the list holds other events than ADDED',
      );
      const { items } = success(await subject.api.send(subject.collection)).json();
      if (keysOf(before.map((event) => event.object)) === keysOf(items)) return undefined;
      return `it streamed ${before.length} objects, and a list holds ${items?.length}`;
    });
  },
};
