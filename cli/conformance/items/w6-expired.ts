import { ensure, type Item, need } from '../item.ts';
import type { Loose } from '../loose.ts';
import { watchCollection } from '../watching.ts';

export const w6: Item = {
  number: 'W6',
  level: 'MUST',
  requirement:
    'A watch from a version that is not retained is 200 with one ERROR event: Status 410 Expired, then the end.',
  breaks: 'Clients that do not list again keep what was deleted; Python reads code, reason and message.',
  async check(subject) {
    const watch = await watchCollection(subject, 'resourceVersion=1', { seconds: 2 });
    ensure(watch.status !== 410, 'it is a plain 410: clients in JavaScript lose it');
    const { events } = watch;
    need(events[0]?.type === 'ERROR' || watch.changes.length === 0, 'everything since version 1 is retained');
    ensure(events.length === 1 && events[0]?.type === 'ERROR', `it sent ${events.length} events, and no ERROR first`);
    const status = events[0].object as Loose;
    ensure(
      status.kind === 'Status' && status.code === 410,
      `the error is a ${status.kind} with the code ${status.code}`,
    );
    ensure(['Expired', 'Gone'].includes(status.reason ?? ''), `the reason is ${status.reason}`);
    ensure(status.message, 'the error has no message');
    ensure(watch.end === 'server', 'the watch went on after the error');
  },
};
