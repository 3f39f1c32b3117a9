import { expect, it } from 'vitest';
import { Random } from '../../tests/faults/random.ts';
import { componentsOf } from './cluster.ts';
import { BEGIN, month, type SimulatedRun } from './month.ts';
import { changesOf, taskRunsOf } from './objects.ts';

const SIZE = { namespaces: 60, runs: 5_000, days: 30 };
const DAY = 86_400_000;

function runsOf(seed: number): SimulatedRun[] {
  return [...month(SIZE, seed)].flatMap(({ runs }) => runs);
}

function facts({ component: { namespace, name }, ...run }: SimulatedRun): unknown {
  return { ...run, namespace, name };
}

it('a month is the same for the same seed, and another one for another', () => {
  const first = runsOf(1).map(facts);
  expect(runsOf(1).map(facts)).toEqual(first);
  expect(runsOf(2).map(facts)).not.toEqual(first);
});

it('a month has as many hours and runs as were asked for, in order, and no two runs of one line end at once', () => {
  const hours = [...month(SIZE, 3)];
  const runs = hours.flatMap((hour) => hour.runs);
  expect(hours).toHaveLength(SIZE.days * 24);
  expect(hours.at(-1)?.endsAt).toBe(BEGIN + SIZE.days * DAY);
  expect(new Set(runs.map(({ index }) => index)).size).toBe(SIZE.runs);
  for (const { endsAt, runs } of hours) {
    const ends = runs.map(({ completedAt }) => completedAt);
    expect(ends).toEqual([...ends].sort((a, b) => a - b));
    // The engine refuses what ends more than a minute ahead of the clock.
    for (const end of ends) expect(end).toBeLessThan(endsAt + 60_000);
  }
  const ends = runs.map(
    (run) => `${run.component.namespace}/${run.component.name}/${run.pullRequest}/${run.completedAt}`,
  );
  expect(new Set(ends).size).toBe(ends.length);
});

it('tenants are of very different sizes: most have three components at most, few have dozens', () => {
  const sizes = new Map<string, number>();
  for (const { namespace } of componentsOf(2_000, new Random(4))) {
    sizes.set(namespace, (sizes.get(namespace) ?? 0) + 1);
  }
  const sorted = [...sizes.values()].sort((a, b) => a - b);
  expect(sorted).toHaveLength(2_000);
  expect(sorted[1_000]).toBeLessThanOrEqual(3);
  expect(sorted[1_900]).toBeGreaterThan(15);
  expect(sorted.at(-1)).toBeGreaterThan(60);
});

it('failures of code begin and heal, some runs are cancelled, and an outage fails runs of many components', () => {
  const runs = runsOf(5);
  const failed = runs.filter(({ result }) => result === 'failed');
  expect(failed.length / runs.length).toBeGreaterThan(0.1);
  expect(failed.length / runs.length).toBeLessThan(0.5);
  expect(runs.some(({ result }) => result === 'cancelled')).toBe(true);
  expect(runs.some(({ type }) => type === 'test')).toBe(true);
  const outage = failed.filter(({ cause }) => cause === 'outage');
  expect(new Set(outage.map(({ component }) => component)).size).toBeGreaterThan(5);
  const line = new Map<string, boolean>();
  let healed = 0;
  for (const { component, pullRequest, type, result } of runs) {
    const id = `${component.namespace}/${component.name}/${pullRequest}/${type}`;
    if (result === 'succeeded' && line.get(id)) healed++;
    if (result !== 'cancelled') line.set(id, result === 'failed');
  }
  expect(healed).toBeGreaterThan(100);
});

it('the changes of a run begin without a status and end with its result, and a failed one has a failed task', () => {
  for (const run of runsOf(6).slice(0, 200)) {
    const changes = [...changesOf(run)];
    expect(changes).toHaveLength(run.tasks + 2);
    expect(changes[0]?.status).toEqual({});
    const last = changes.at(-1)?.status as { conditions: { status: string }[] };
    expect(last.conditions[0]?.status).toBe(run.result === 'succeeded' ? 'True' : 'False');
    expect(taskRunsOf(run)).toHaveLength(run.result === 'failed' ? 1 : 0);
  }
});
