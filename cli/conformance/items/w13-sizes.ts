import { ensure, type Item } from '../item.ts';
import { watchCollection } from '../watching.ts';

/** Where client-go's decoder of streams gives up. */
const MAX_BYTES = 16 * 1024 * 1024;

export const w13: Item = {
  number: 'W13',
  level: 'MUST',
  requirement: 'No event is 16 MiB or longer.',
  breaks: 'client-go ends the watch at such an event, and meets it again at each restart.',
  async check(subject) {
    const { lines, rest } = await watchCollection(subject, 'resourceVersion=0', { seconds: 2 });
    const longest = Math.max(0, ...[...lines.map(({ raw }) => raw), rest].map((line) => Buffer.byteLength(line)));
    ensure(longest < MAX_BYTES, `an event is ${longest} bytes long`);
  },
};
