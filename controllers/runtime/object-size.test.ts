import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { ObjectCache } from './cache.ts';
import type { ClusterObject } from './object.ts';
import { createStrip } from './strip.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** As a watch brings it: parsed on its own, so that no text is shared. */
function parsed(index: number): ClusterObject {
  const conditions = [1, 2].map((each) => ({
    type: `Condition${each}`,
    status: 'False',
    reason: 'SomethingFailed',
    message: `the task ${index} failed with exit code ${each}: ${'x'.repeat(index % 200)}`,
    lastTransitionTime: '2026-11-21T08:00:00Z',
  }));
  const labels = Object.fromEntries(
    Array.from({ length: 15 }, (_, each) => [`example.com/label-${each}`, `value ${index} ${each}`]),
  );
  const metadata = {
    name: `widget-${index}`,
    namespace: `team-${index % 50}`,
    uid: crypto.randomUUID(),
    labels,
    generation: 3,
  };
  const object = {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata,
    status: { conditions, results: [1.5, index] },
  };
  return JSON.parse(JSON.stringify(object)) as ClusterObject;
}

it('the estimate is within a third of what the heap shows', () => {
  const strip = createStrip(['status']);
  for (let warm = 0; warm < 50; warm++) strip(parsed(warm));
  collect();
  const before = process.memoryUsage().heapUsed;
  const cache = new ObjectCache();
  for (let index = 0; index < 4_000; index++) cache.apply('', strip(parsed(index)), true);
  collect();
  const grown = process.memoryUsage().heapUsed - before;
  const ratio = cache.bytes / grown;
  expect(ratio, `estimated ${cache.bytes}, grown ${grown}`).toBeGreaterThan(0.67);
  expect(ratio, `estimated ${cache.bytes}, grown ${grown}`).toBeLessThan(1.33);
  expect(cache.size).toBe(4_000);
});
