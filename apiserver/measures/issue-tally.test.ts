import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WatchCache } from '../kube/index.ts';
import { ArraySource } from '../kube/testing/array-source.ts';
import { type Widget, widget, widgetDefinition } from '../kube/testing/widgets.ts';
import { IssueTally } from './issue-tally.ts';

/** Widgets whose color says what is counted of an issue: state, severity, type. */
const fields = ({ spec }: Widget): Record<string, string> => {
  const [state = '', severity = '', type = ''] = spec.color.split(' ');
  return { 'status.state': state, 'spec.severity': severity, 'spec.type': type };
};

function following(source: ArraySource<Widget>, window = { events: 4_096, bytes: 1 << 20 }) {
  const cache = new WatchCache({ ...widgetDefinition(source), fields }, source, { window, identityInterval: 0 });
  cache.start();
  return cache;
}

const issue = (namespace: string, name: string, color: string): Widget => widget({ namespace, name, color });
const told = (tally: IssueTally): Record<string, number> =>
  Object.fromEntries(
    [...tally.counts()].map(({ namespace, severity, type, active }) => [`${namespace} ${severity} ${type}`, active]),
  );

/** What a scan would say. */
function scanned(issues: Iterable<Widget>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { metadata, spec } of issues) {
    const [state, severity, type] = spec.color.split(' ');
    const key = `${metadata.namespace} ${severity} ${type}`;
    if (state === 'Active') counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

test('counts what changes as a scan of all issues would, also when changes fell out of memory', async () => {
  const step = fc.record({
    namespace: fc.constantFrom('shop', 'bank'),
    name: fc.constantFrom('a', 'b', 'c'),
    color: fc.constantFrom(
      'Active major build',
      'Active critical build',
      'Active major test',
      'Resolved major build',
      '',
    ),
    pause: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.constantFrom(2, 4_096), async (steps, events) => {
      const source = new ArraySource<Widget>(fields);
      await using cache = following(source, { events, bytes: 1 << 20 });
      using tally = new IssueTally(cache);
      const stored = new Map<string, Widget>();
      for (const { namespace, name, color, pause } of steps) {
        const key = `${namespace}/${name}`;
        if (color !== '') stored.set(key, source.put(issue(namespace, name, color)));
        else if (stored.delete(key)) source.remove(namespace, name);
        if (pause) await cache.untilLatest();
      }
      await cache.untilLatest();
      expect(told(tally)).toEqual(scanned(stored.values()));
    }),
    { numRuns: 60 },
  );
});

test('begins anew with another database', async () => {
  const source = new ArraySource<Widget>(fields);
  source.put(issue('shop', 'a', 'Active major build'));
  await using cache = following(source);
  using tally = new IssueTally(cache);
  await cache.untilLatest();
  source.restore([issue('bank', 'b', 'Active minor test')], 5_000);
  await expect.poll(() => told(tally)).toEqual({ 'bank minor test': 1 });
});
