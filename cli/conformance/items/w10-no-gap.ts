import { ensure, type Item } from '../item.ts';
import { keyOf } from '../loose.ts';
import { needChanges, replay, type State } from '../recording.ts';
import type { WatchRun } from '../watch.ts';
import { watchCollection } from '../watching.ts';

export const w10: Item = {
  number: 'W10',
  level: 'MUST',
  requirement: 'Between the first state of a watch and what follows there is no gap and nothing comes twice.',
  breaks: 'Caches that are wrong until the next relist, hours later.',
  async check(subject) {
    checkOnce(await watchCollection(subject, 'resourceVersion=0'));
    const { after, all, late } = await subject.changes();
    needChanges(subject, all.changes);
    for (const run of late) checkEnd(run, after);
  },
};

/** An object is ADDED once, and again only after it was DELETED. */
function checkOnce({ changes, question }: WatchRun): void {
  const there = new Set<string>();
  for (const { type, object } of changes) {
    const key = keyOf(object);
    ensure(type !== 'ADDED' || !there.has(key), `${question} sent ${key} as ADDED twice`);
    if (type === 'DELETED') there.delete(key);
    else there.add(key);
  }
}

function checkEnd(run: WatchRun, after: State): void {
  checkOnce(run);
  const state = replay([], run.changes);
  const final = BigInt(after.resourceVersion);
  for (const object of after.objects) {
    const { resourceVersion = '' } = object.metadata ?? {};
    const version = state.get(keyOf(object));
    // What changed after the last list is newer in the watch.
    const same = version !== undefined && (version === resourceVersion || BigInt(version) > final);
    ensure(
      same,
      `a watch that began in between believes in ${keyOf(object)} ${version}, and the list says ${resourceVersion}`,
    );
  }
  const listed = new Set(after.objects.map(keyOf));
  for (const [key, version] of state) {
    ensure(listed.has(key) || BigInt(version) > final, `a watch that began in between still believes in ${key}`);
  }
}
