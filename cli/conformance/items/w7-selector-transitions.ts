import { ensure, type Item, need } from '../item.ts';
import { keyOf, type Loose } from '../loose.ts';
import { type Equality, needChanges, type State } from '../recording.ts';
import type { WatchEvent } from '../watch.ts';

export const w7: Item = {
  number: 'W7',
  level: 'MUST',
  requirement:
    'An object that enters a selector arrives as ADDED, and one that leaves it as DELETED with its last body that matched.',
  breaks: 'Informers with a selector keep for ever what no longer matches.',
  async check(subject) {
    const { before, all, filtered } = await subject.changes();
    needChanges(subject, all.changes);
    let moved = 0;
    for (const { equality, run } of filtered) {
      const expected = expectedEvents(before, all.changes, equality);
      moved += expected.filter(({ moves }) => moves).length;
      const [should, did] = [expected.map(({ summary }) => summary), run.changes.map(summary)];
      ensure(
        should.join('\n') === did.join('\n'),
        `a watch with ${equality.query} saw ${did.join(', ') || 'nothing'}; it should have seen ${should.join(', ') || 'nothing'}`,
      );
      const stranger = run.changes.find(({ object }) => !equality.selects(object));
      ensure(
        !stranger,
        `a watch with ${equality.query} got ${stranger && keyOf(stranger.object)}, which does not match`,
      );
    }
    need(moved > 0, 'no object entered or left a selector');
  },
};

interface Expected {
  readonly summary: string;
  /** A MODIFIED of everybody else's that is an ADDED or a DELETED here. */
  readonly moves: boolean;
}

function expectedEvents(before: State, events: readonly WatchEvent[], { selects }: Equality): Expected[] {
  const last = new Map<string, Loose>(before.objects.map((object) => [keyOf(object), object]));
  return events.flatMap((event) => {
    const { type, object } = event;
    const previous = last.get(keyOf(object));
    if (type === 'DELETED') last.delete(keyOf(object));
    else last.set(keyOf(object), object);
    const was = previous !== undefined && selects(previous);
    const is = type !== 'DELETED' && selects(object);
    if (!was && !is) return [];
    const now = was ? (is ? 'MODIFIED' : 'DELETED') : 'ADDED';
    return [{ summary: summary({ ...event, type: now }), moves: now !== type }];
  });
}

function summary({ type, object }: WatchEvent): string {
  return `${type} ${keyOf(object)} ${object.metadata?.resourceVersion}`;
}
