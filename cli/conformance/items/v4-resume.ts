import { ensure, type Item } from '../item.ts';
import { keyOf } from '../loose.ts';
import { needChanges } from '../recording.ts';
import type { WatchEvent } from '../watch.ts';

export const v4: Item = {
  number: 'V4',
  level: 'MUST',
  requirement: 'A watch that resumes gets the changes since then once more, deletions too.',
  breaks: 'Clients that reconnect miss what happened meanwhile, and believe for ever in what is gone.',
  async check(subject) {
    const { before, all } = await subject.changes();
    needChanges(subject, all.changes);
    const query = `watch=true&timeoutSeconds=2&resourceVersion=${before.resourceVersion}`;
    const again = await subject.api.watch(`${subject.collection}?${query}`, { forMs: 10_000 });
    const [then, now] = [all.changes.map(summary), again.changes.map(summary).slice(0, all.changes.length)];
    ensure(
      then.join('\n') === now.join('\n'),
      `live came ${then.join(', ')}; afterwards from the same version ${now.join(', ')}`,
    );
  },
};

function summary({ type, object }: WatchEvent): string {
  return `${type} ${keyOf(object)} ${object.metadata?.resourceVersion}`;
}
