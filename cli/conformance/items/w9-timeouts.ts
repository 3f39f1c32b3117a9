import { ensure, type Item } from '../item.ts';
import { NOTHING, watchCollection } from '../watching.ts';

/** Longer than any reason to end early, shorter than any patience. */
const SECONDS = 3;

export const w9: Item = {
  number: 'W9',
  level: 'MUST',
  requirement: 'timeoutSeconds ends a watch, cleanly, without an ERROR and not before.',
  breaks:
    'client-go takes a watch below one second for a fault and lists again; an error at the end makes everybody relist.',
  async check(subject) {
    const watch = await watchCollection(subject, `${NOTHING}&resourceVersion=0`, { seconds: SECONDS });
    const after = `${Math.round(watch.endedMs)} ms`;
    ensure(
      watch.end === 'server',
      `the watch of ${SECONDS} s was ${watch.end === 'broken' ? 'broken off' : 'still open'} after ${after}`,
    );
    ensure(watch.endedMs > SECONDS * 1_000 - 200, `the watch of ${SECONDS} s ended after ${after}`);
    const error = watch.events.find(({ type }) => type === 'ERROR');
    ensure(!error, `it ended with an ERROR: ${JSON.stringify(error?.object.message)}`);
  },
};
