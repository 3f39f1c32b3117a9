import { ensure, type Item } from '../item.ts';
import { keyOf } from '../loose.ts';
import { needChanges } from '../recording.ts';
import type { WatchRun } from '../watch.ts';

export const w8: Item = {
  number: 'W8',
  level: 'MUST',
  requirement: 'DELETED carries the last full object with the version of the deletion; versions never go back.',
  breaks: "Clients resume from before the deletion and see it again; Argo CD's watcher gives up.",
  async check(subject) {
    const { before, all, filtered } = await subject.changes();
    needChanges(subject, all.changes);
    const known = new Map(before.objects.map((object) => [keyOf(object), object]));
    const runs = [all, ...filtered.map(({ run }) => run)];
    for (const run of runs) checkOrder(run);
    const deletions = runs.flatMap(({ changes }) => changes.filter(({ type }) => type === 'DELETED'));
    needChanges(subject, deletions, 'no object was deleted or left a selector');
    for (const { object } of deletions) {
      const old = known.get(keyOf(object));
      const lost = Object.keys(old ?? {}).filter((field) => !(field in object));
      ensure(lost.length === 0, `the deleted ${keyOf(object)} came without ${lost.join(', ')}`);
      const [then, now] = [old?.metadata?.resourceVersion ?? 0, object.metadata?.resourceVersion ?? 0].map(BigInt);
      ensure(
        (now ?? 0n) > (then ?? 0n),
        `the deletion of ${keyOf(object)} has the version ${now}, which it had before`,
      );
    }
  },
};

function checkOrder({ events, question }: WatchRun): void {
  let last = 0n;
  for (const { type, object } of events) {
    const version = object.metadata?.resourceVersion;
    ensure(version, `${question} sent ${type} without a resourceVersion`);
    ensure(BigInt(version) >= last, `${question} went back from ${last} to ${version}`);
    last = BigInt(version);
  }
}
